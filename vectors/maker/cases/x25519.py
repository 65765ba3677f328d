"""x25519.json: X25519 and what it refuses (§2.2)."""

from __future__ import annotations

from maker.agreement import (
    X25519_P,
    x_public,
    x_secret,
)
from maker.basics import Case, VectorFile, flip, seeded

LOW_ORDER = {
    0,
    1,
    X25519_P - 1,
    int.from_bytes(
        bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"), "little"
    ),
    int.from_bytes(
        bytes.fromhex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"), "little"
    ),
}


def x25519() -> VectorFile:
    cases = []
    # RFC 7748 §5.2, first vector.
    scalar = bytes.fromhex("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4")
    point = bytes.fromhex("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c")
    secret = "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"
    assert x_secret(scalar, point).hex() == secret, "RFC 7748"
    # The second has the top bit set, which RFC 7748 ignores and this protocol refuses.
    masked = bytes.fromhex("e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493")
    private, peer = seeded("x one", 32), x_public(seeded("x peer", 32))
    for i, why, key in [
        ("seeded", "any 32 bytes", private),
        ("zeros", "clamping makes any 32 bytes a key", bytes(32)),
        ("ones", "all bits set", b"\xff" * 32),
    ]:
        cases.append(
            Case(
                f"x25519-public-{i}",
                why,
                "public",
                {"private": key.hex()},
                out={"public": x_public(key).hex()},
            )
        )
    nine = (9).to_bytes(32, "little")
    largest = next(n for n in range(X25519_P - 2, 0, -1) if n not in LOW_ORDER).to_bytes(32, "little")
    for i, why, key, public in [
        ("rfc7748", "RFC 7748 \u00a75.2, first vector", scalar, point),
        ("seeded", "any two keys", private, peer),
        ("base", "the base point is legal", private, nine),
        ("largest", "the largest canonical value that is not of low order", private, largest),
    ]:
        given = {"private": key.hex(), "public": public.hex()}
        cases.append(
            Case(f"x25519-shared-{i}", why, "shared", given, out={"secret": x_secret(key, public).hex()})
        )
    refused = [
        ("rfc7748-masked", "RFC 7748 \u00a75.2, second vector: its top bit is set", masked),
        ("top-bit", "a legal value with the top bit set", flip(peer, 31, 7)),
        ("p-plus-9", "p + 9, which is 9 in another spelling", (X25519_P + 9).to_bytes(32, "little")),
        ("p-plus-18", "the largest value without top bit", (2**255 - 1).to_bytes(32, "little")),
        ("p", "p, which is 0", X25519_P.to_bytes(32, "little")),
        ("p-plus-1", "p + 1, which is 1", (X25519_P + 1).to_bytes(32, "little")),
        ("all-ones", "all bits set", b"\xff" * 32),
    ]
    for n, low in enumerate(sorted(LOW_ORDER)):
        raw = low.to_bytes(32, "little")
        assert _is_low_order(raw)
        refused.append((f"low-order-{n}", "a point of low order: the result is zero", raw))
        refused.append((f"low-order-{n}-top-bit", "the same with the top bit set", flip(raw, 31, 7)))
    cases += [
        Case(
            f"x25519-peer-{i}",
            why,
            "shared",
            {"private": private.hex(), "public": raw.hex()},
            "invalid_peer_key",
        )
        for i, why, raw in refused
    ]
    for i, why, raw in [
        ("empty", "no bytes", b""),
        ("short", "31 bytes", peer[:31]),
        ("long", "33 bytes", peer + b"\0"),
    ]:
        cases.append(
            Case(
                f"x25519-peer-{i}",
                why,
                "shared",
                {"private": private.hex(), "public": raw.hex()},
                "malformed",
            )
        )
    return VectorFile("x25519", "X25519 (§2.2)", cases)


def _is_low_order(raw: bytes) -> bool:
    try:
        x_secret(seeded("x one", 32), raw)
    except ValueError:
        return True
    return False
