"""identity.json: a root's keys, bundles and what is refused as one, the signature of a live channel (§9)."""

from __future__ import annotations

from maker.agreement import X25519_P, P, Q, padded
from maker.basics import Case, Json, VectorFile, flip, lp, seeded, u8, u32
from maker.curve import P as CURVE_P
from maker.curve import small_points, spelled, x_of
from maker.identities import ADA, BOB, Person, fingerprint_of, people


def identity() -> VectorFile:
    return VectorFile(
        "identity", "Identities and bundles (§9)", [*_keys(), *_bundles(), *_channel()], people("ada", "bob")
    )


def _keys() -> list[Case]:
    cases = []
    for i, why, root in [
        ("seeded", "any 32 bytes", ADA.root),
        ("zeros", "a root of zeros is a root like any other", bytes(32)),
        ("ones", "all bits set", b"\xff" * 32),
    ]:
        person = Person(root)
        out: dict[str, Json] = {"bundle": person.bundle.hex(), "fingerprint": person.fingerprint.hex()}
        cases.append(Case(f"identity-keys-{i}", why, "keys", {"root": root.hex()}, out=out))
    for kind in ("transcript", "opening", "closing", "access", "recover"):
        given: dict[str, Json] = {"root": ADA.root.hex(), "kind": kind, "body": b"what is signed".hex()}
        out = {"signature": ADA.sign(kind, b"what is signed").hex()}
        cases.append(
            Case(f"identity-sign-{kind}", f"the domain of {kind} stands in front", "sign", given, out=out)
        )
    given = {"root": ADA.root.hex(), "kind": "opening", "body": ""}
    out = {"signature": ADA.sign("opening", b"").hex()}
    cases.append(Case("identity-sign-empty", "an empty body", "sign", given, out=out))
    return cases


def _bundles() -> list[Case]:
    good = ADA.bundle

    def case(i: str, why: str, bundle: bytes, expect: str) -> Case:
        return Case(f"identity-bundle-{i}", why, "bundle", {"bundle": bundle.hex()}, expect)

    def with_part(n: int, part: bytes) -> bytes:
        return lp(*ADA.parts[:n], part, *ADA.parts[n + 1 :])

    cases = [
        Case(
            f"identity-bundle-{name}",
            "a bundle as its owner sends it",
            "bundle",
            {"bundle": person.bundle.hex()},
            out={"fingerprint": fingerprint_of(person.bundle).hex()},
        )
        for name, person in (("ada", ADA), ("bob", BOB))
    ]
    cases += [
        case(
            f"small-order-{n}",
            "\u25b8 a key of small order: others can sign for it",
            with_part(0, raw),
            "invalid_peer_key",
        )
        for n, raw in enumerate(point.encoded() for point in small_points())
    ]
    y = next(n for n in range(2, 19) if x_of(n) is not None)
    for i, why, n, part in [
        ("ed-p", "y = p, another spelling of 0", 0, spelled(CURVE_P, 0)),
        ("ed-p-plus-1", "y = p + 1, another spelling of the neutral point", 0, spelled(CURVE_P + 1, 0)),
        ("ed-not-canonical", "\u25b8 a point of large order, spelled with y + p", 0, spelled(CURVE_P + y, 0)),
        ("ed-not-canonical-sign", "the same with the other x", 0, spelled(CURVE_P + y, 1)),
        ("ed-ones", "all bits set", 0, b"\xff" * 32),
        ("ed-minus-zero", "the neutral point with the sign of x set", 0, spelled(1, 1)),
        ("x-top-bit", "an X25519 value with its top bit set", 1, flip(ADA.parts[1], 31, 7)),
        ("x-not-canonical", "an X25519 value of p + 9", 1, (X25519_P + 9).to_bytes(32, "little")),
        ("x-zero", "\u25b8 an X25519 value whose every secret is zero", 1, bytes(32)),
        ("x-low-order", "the X25519 value 1, of order 4", 1, (1).to_bytes(32, "little")),
        (
            "kem-modulus",
            "a coefficient of the ML-KEM key over the modulus",
            2,
            b"\xff" * 3 + ADA.parts[2][3:],
        ),
        ("dh-zero", "a DH value of 0", 3, padded(0)),
        ("dh-one", "a DH value of 1", 3, padded(1)),
        ("dh-minus-one", "a DH value of p - 1", 3, padded(P - 1)),
        ("dh-p-plus-4", "a DH value over p", 3, padded(P + 4)),
        ("dh-other-half", "\u25b8 a DH value outside the subgroup", 3, padded(_outside())),
    ]:
        cases.append(case(i, why, with_part(n, part), "invalid_peer_key"))
    for i, why, bundle in [
        ("empty", "no bytes", b""),
        ("cut", "a byte less", good[:-1]),
        ("longer", "a byte more", good + b"\0"),
        ("ed-short", "an Ed25519 key of 31 bytes", with_part(0, ADA.parts[0][:31])),
        ("kem-short", "an ML-KEM key of 1183 bytes, the DH value taking the byte", _shifted()),
        ("dh-short", "a DH value of 255 bytes", with_part(3, ADA.parts[3][1:])),
        ("five", "a fifth part", good + u32(0)),
        ("length-lies", "a length that reaches over the end", good[:1260] + u32(257) + good[1264:]),
        ("swapped", "the parts in another order", lp(*reversed(ADA.parts))),
    ]:
        cases.append(case(i, why, bundle, "malformed"))
    assert len(good) == 1520
    return cases


def _outside() -> int:
    return next(y for y in range(2, 100) if pow(y, Q, P) != 1)


def _shifted() -> bytes:
    ed, x, kem, dh = ADA.parts
    return lp(ed, x, kem[:-1], kem[-1:] + dh)


def _channel() -> list[Case]:
    transcript, other = seeded("identity transcript", 32), seeded("identity other transcript", 32)

    def case(i: str, why: str, role: int, signature: bytes, expect: str = "ok", person: str = "ada") -> Case:
        given: dict[str, Json] = {
            "person": person,
            "transcript": transcript.hex(),
            "role": role,
            "signature": signature.hex(),
        }
        return Case(f"identity-channel-{i}", why, "channel", given, expect)

    right = ADA.sign("transcript", lp(transcript, u8(1)))
    refused = [
        ("other-role", "\u25b8 the initiator's signature, reflected as the responder's", 2, right),
        (
            "other-transcript",
            "\u25b8 a signature from another channel",
            1,
            ADA.sign("transcript", lp(other, u8(1))),
        ),
        ("other-person", "another person's signature", 1, BOB.sign("transcript", lp(transcript, u8(1)))),
        ("other-type", "a signature of another type", 1, ADA.sign("access", lp(transcript, u8(1)))),
        ("no-role", "a signature over the transcript alone", 1, ADA.sign("transcript", lp(transcript))),
        ("flipped", "one bit of S", 1, flip(right, 40)),
    ]
    return [
        case("initiator", "what the initiator sends", 1, right),
        case("responder", "what the responder sends", 2, ADA.sign("transcript", lp(transcript, u8(2)))),
        *(case(i, why, role, signature, "signature_invalid") for i, why, role, signature in refused),
    ]
