"""dh14.json: Diffie-Hellman in group 14 (§2.1)."""

from __future__ import annotations

from collections.abc import Callable

from maker.agreement import (
    P,
    dh_public,
    dh_secret,
    exponent,
    padded,
    seeded_exponent,
)
from maker.basics import Case, VectorFile, seeded


def dh14() -> VectorFile:
    cases = []
    for i, why, drawn in [
        ("zeros", "the top bit is set", bytes(32)),
        ("ones", "the lowest bit is cleared", b"\xff" * 32),
        ("seeded", "all other bits stay", seeded("dh drawn", 32)),
    ]:
        cases.append(
            Case(
                f"dh14-exponent-{i}",
                why,
                "exponent",
                {"random": drawn.hex()},
                out={"exponent": exponent(drawn).hex()},
            )
        )
    private = seeded_exponent("dh one")
    short_public = _exponent_with_zero_first(dh_public, "dh short public")
    for i, why, x, g in [
        ("two", "g = 2", private, 2),
        (
            "code",
            "another generator, as in code mode",
            private,
            pow(int.from_bytes(seeded("dh g", 256), "big"), 2, P),
        ),
        ("left-padded", "a value whose first byte is zero keeps it", short_public, 2),
        ("smallest", "the smallest exponent there is", exponent(bytes(32)), 2),
    ]:
        given = {"exponent": x.hex(), "generator": padded(g).hex()}
        cases.append(Case(f"dh14-public-{i}", why, "public", given, out={"public": dh_public(x, g).hex()}))
    peer = dh_public(seeded_exponent("dh peer"))
    short_secret = _exponent_with_zero_first(
        lambda x: dh_public(x, int.from_bytes(peer, "big")), "dh short secret"
    )
    residues = [n for n in range(P - 40, P - 1) if pow(n, (P - 1) // 2, P) == 1]
    good = [
        ("plain", "any two keys", private, peer),
        ("left-padded", "a secret whose first byte is zero keeps it", short_secret, peer),
        ("padded-peer", "a peer's value whose first byte is zero", private, dh_public(short_public)),
        ("smallest", "2 is in the subgroup and not below the range", private, padded(2)),
        ("four", "4 is a square", private, padded(4)),
        ("largest", "the largest value of the subgroup near p", private, padded(residues[-1])),
    ]
    for i, why, x, y in good:
        given = {"exponent": x.hex(), "public": y.hex()}
        cases.append(Case(f"dh14-shared-{i}", why, "shared", given, out={"secret": dh_secret(x, y).hex()}))
    outside = P - int.from_bytes(peer, "big")
    for i, why, wrong, code in [
        ("zero", "0", padded(0), "invalid_peer_key"),
        ("one", "1", padded(1), "invalid_peer_key"),
        ("p-minus-1", "p - 1, of order 2", padded(P - 1), "invalid_peer_key"),
        ("p", "p", padded(P), "invalid_peer_key"),
        ("p-plus-1", "p + 1, which is 1", padded(P + 1), "invalid_peer_key"),
        ("p-plus-2", "p + 2, which is 2 in another spelling", padded(P + 2), "invalid_peer_key"),
        ("p-plus-4", "p + 4, a square in another spelling", padded(P + 4), "invalid_peer_key"),
        ("all-ones", "the largest 256 bytes", b"\xff" * 256, "invalid_peer_key"),
        ("p-minus-2", "p - 2 is no square", padded(P - 2), "invalid_peer_key"),
        ("outside", "a legal value times -1, of order 2q", padded(outside), "invalid_peer_key"),
        ("empty", "no bytes", b"", "malformed"),
        ("short", "255 bytes: the zero in front was dropped", dh_public(short_public)[1:], "malformed"),
        ("long", "257 bytes: a zero in front", b"\0" + peer, "malformed"),
    ]:
        given = {"exponent": private.hex(), "public": wrong.hex()}
        cases.append(Case(f"dh14-peer-{i}", why, "shared", given, code))
    return VectorFile("dh14", "DH in group 14 (§2.1)", cases)


def _exponent_with_zero_first(value: Callable[[bytes], bytes], name: str) -> bytes:
    """An exponent for which `value` begins with a zero byte: one in 256 does."""
    return next(x for x in (seeded_exponent(f"{name} {n}") for n in range(100_000)) if value(x)[0] == 0)
