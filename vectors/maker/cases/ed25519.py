"""ed25519.json: which signatures hold and which must not, however a library sees them (§9.1)."""

from __future__ import annotations

from itertools import product

from maker.basics import Case, Json, VectorFile, flip, lp
from maker.curve import (
    BASE,
    L,
    challenge,
    forced,
    nonces,
    order_8,
    scalar_of,
    sign,
    small_points,
    spelled,
    x_of,
)
from maker.curve import P as CURVE_P
from maker.identities import ADA, BOB, fingerprint_of, people, signed_text

BODY = b"what is signed"
A = scalar_of(ADA.ed25519)
PUBLIC = ADA.parts[0]
TEXT = signed_text("opening", ADA.fingerprint, BODY)


def ed25519() -> VectorFile:
    cases = [*_plain(), *_hostile(), *_mixed_key(), _no_key()]
    return VectorFile("ed25519", "Signatures, strictly verified (§9.1)", cases, people("ada"))


def _case(
    i: str,
    why: str,
    signature: bytes,
    expect: str,
    *,
    kind: str = "opening",
    body: bytes = BODY,
    bundle: bytes = b"",
) -> Case:
    given: dict[str, Json] = {
        "bundle": bundle.hex() if bundle else "ada",
        "kind": kind,
        "body": body.hex(),
        "signature": signature.hex(),
    }
    return Case(f"ed25519-{i}", why, "verify", given, expect)


def _plain() -> list[Case]:
    right = ADA.sign("opening", BODY)
    cases = [
        _case("right", "as RFC 8032 signs it", right, "ok"),
        _case("empty-body", "an empty body", ADA.sign("opening", b""), "ok", body=b""),
        _case("other-nonce", "another R than RFC 8032 derives is as good", _drawn(), "ok"),
    ]
    other = signed_text("opening", BOB.fingerprint, BODY)
    for i, why, signature in [
        ("flip-r", "one bit of R", flip(right, 3)),
        ("flip-sign", "the sign of R", flip(right, 31, 7)),
        ("flip-s", "one bit of S", flip(right, 40)),
        ("zeros", "sixty-four zeros", bytes(64)),
        ("other-key", "another person's signature over the same bytes", sign(BOB.ed25519, TEXT)),
        ("other-type", "\u25b8 the type closing where opening is asked", ADA.sign("closing", BODY)),
        ("no-domain", "\u25b8 the body alone, without its domain", sign(ADA.ed25519, BODY)),
        ("other-fingerprint", "another's fingerprint in the signed text", sign(ADA.ed25519, other)),
        ("other-body", "a signature for another body", ADA.sign("opening", BODY + b".")),
    ]:
        cases.append(_case(i, why, signature, "signature_invalid"))
    cases += [
        _case(i, why, signature, "malformed")
        for i, why, signature in [
            ("empty", "no signature", b""),
            ("short", "63 bytes", right[:-1]),
            ("long", "65 bytes", right + b"\0"),
        ]
    ]
    return cases


def _drawn() -> bytes:
    r = next(nonces("ed25519 drawn"))
    return forced(A, PUBLIC, r, BASE.times(r).encoded(), TEXT)


def _hostile() -> list[Case]:
    """Made by who has the private key: one signature, several spellings, or none that every verifier takes."""
    right = ADA.sign("opening", BODY)
    s = int.from_bytes(right[32:], "little")
    assert s + L < 2**256
    rows = [
        (
            "s-plus-l",
            "\u25b8 S + L: another spelling of a right signature",
            right[:32] + (s + L).to_bytes(32, "little"),
        ),
        ("s-plus-8l", "S + 8 L, its top bits set", right[:32] + (s + 8 * L).to_bytes(32, "little")),
        ("s-is-l", "S = L for a signature whose S is 0", _s_is_zero(L)),
    ]
    for n, point in enumerate(small_points()):
        # S·B = R + k·A does not hold for R of order over 1, but [8] of both sides does.
        rows.append(
            (f"r-small-order-{n}", "\u25b8 R of small order", forced(A, PUBLIC, 0, point.encoded(), TEXT))
        )
    rows += [
        (
            "r-p-plus-1",
            "\u25b8 R not canonical: y = p + 1",
            forced(A, PUBLIC, 0, spelled(CURVE_P + 1, 0), TEXT),
        ),
        (
            "r-minus-zero",
            "R is the neutral point with the sign of x set",
            forced(A, PUBLIC, 0, spelled(1, 1), TEXT),
        ),
        ("r-p", "R not canonical: y = p", forced(A, PUBLIC, 0, spelled(CURVE_P, 0), TEXT)),
        ("r-no-point", "R is no point", forced(A, PUBLIC, 0, spelled(_no_point(), 0), TEXT)),
    ]
    for n in (1, 2, 4):
        r = next(nonces("ed25519 mixed r"))
        mixed = (BASE.times(r) + order_8().times(n)).encoded()
        why = f"\u25b8 R with a part of order {8 // n}: only the equation with cofactor holds"
        rows.append((f"r-mixed-{8 // n}", why, forced(A, PUBLIC, r, mixed, TEXT)))
    return [_case(i, why, signature, "signature_invalid") for i, why, signature in rows]


def _s_is_zero(s: int) -> bytes:
    """Not a signature of anything: R of a real point, and S out of range."""
    return BASE.times(next(nonces("ed25519 s zero"))).encoded() + s.to_bytes(32, "little")


def _no_point() -> int:
    return next(y for y in range(2, 100) if x_of(y) is None)


def _mixed_key() -> list[Case]:
    """A public key with a part of order 8: legal as a key, so the equation must be the one without cofactor."""
    public = (BASE.times(A) + order_8()).encoded()
    bundle = lp(public, *ADA.parts[1:])
    text = signed_text("opening", fingerprint_of(bundle), BODY)
    cases = []
    for i, why, wanted, expect in [
        (
            "key-mixed",
            "\u25b8 a key with a part of order 8: only the equation with cofactor holds",
            1,
            "signature_invalid",
        ),
        ("key-mixed-lucky", "the same key where both equations hold", 0, "ok"),
    ]:
        for r in nonces("ed25519 mixed key"):
            encoded = BASE.times(r).encoded()
            k = challenge(encoded, public, text)
            if all((rest % 8 != 0) == bool(wanted) for rest in (k, k % L)):
                cases.append(_case(i, why, forced(A, public, r, encoded, text), expect, bundle=bundle))
                break
    both = _both_mixed(public, text)
    cases.append(
        _case(
            "both-mixed",
            "key and R with such parts that cancel out only times 8",
            both,
            "signature_invalid",
            bundle=bundle,
        )
    )
    assert len(cases) == 3
    return cases


def _no_key() -> Case:
    bundle = lp(spelled(_no_point(), 0), *ADA.parts[1:])
    signature = sign(ADA.ed25519, signed_text("opening", fingerprint_of(bundle), BODY))
    return _case(
        "key-no-point",
        "a key that is no point verifies nothing",
        signature,
        "signature_invalid",
        bundle=bundle,
    )


def _both_mixed(public: bytes, text: bytes) -> bytes:
    for r, n in product(nonces("ed25519 mixed both"), range(1, 8)):
        mixed = (BASE.times(r) + order_8().times(n)).encoded()
        k = challenge(mixed, public, text)
        if all((n + rest) % 8 != 0 for rest in (k, k % L)):
            return forced(A, public, r, mixed, text)
    raise AssertionError("no such signature")
