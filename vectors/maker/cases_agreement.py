"""kdf.json, dh14.json, x25519.json, mlkem.json: the agreement primitives (§1, §2)."""

from __future__ import annotations

from collections.abc import Callable

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from maker.agreement import (
    X25519_P,
    P,
    dh_public,
    dh_secret,
    exponent,
    kem_decapsulate,
    kem_encapsulate,
    kem_public,
    padded,
    seeded_exponent,
    x_public,
    x_secret,
)
from maker.basics import Case, Json, VectorFile, flip, kdf, lp, seeded, u64

TWO = padded(2).hex()


def key_derivation() -> VectorFile:
    cases = []
    for i, why, parts in [
        ("none", "no parts, no bytes", ()),
        ("empty", "an empty part still has its length", (b"",)),
        ("two", "where one part ends is part of the bytes", (b"ab", b"c")),
        ("two-moved", "the same letters, cut elsewhere", (b"a", b"bc")),
        ("integers", "an id and a u64, big-endian", (bytes(range(16)), u64(0x0102030405060708))),
    ]:
        cases.append(
            Case(
                f"lp-{i}",
                why,
                "lp",
                {"parts": [part.hex() for part in parts]},
                out={"bytes": lp(*parts).hex()},
            )
        )
    ikm, salt, context = seeded("kdf ikm", 32), seeded("kdf salt", 32), seeded("kdf context", 16)
    for i, why, label, given_salt, given_context, length in [
        ("plain", "salt and context", "content", salt, context, 32),
        ("no-salt", "the empty salt", "commit", b"", context, 32),
        ("no-context", "the empty context has its length in info", "words", salt, b"", 8),
        ("neither", "neither salt nor context", "export-park", b"", b"", 32),
        ("long", "several blocks", "code-generator", salt, context, 272),
        ("one-byte", "less than a block", "words", salt, context, 1),
        (
            "long-salt",
            "a salt longer than a block of SHA-256",
            "words",
            seeded("kdf long salt", 100),
            context,
            32,
        ),
    ]:
        okm = kdf(ikm, given_salt, label, given_context, length)
        info = lp(b"peerseal/1 " + label.encode(), given_context)
        assert okm == HKDF(SHA256(), length, given_salt, info).derive(ikm), (
            "HKDF by hand and by library differ"
        )
        given: dict[str, Json] = {
            "ikm": ikm.hex(),
            "salt": given_salt.hex(),
            "label": label,
            "context": given_context.hex(),
            "length": length,
        }
        cases.append(Case(f"kdf-{i}", why, "kdf", given, out={"bytes": okm.hex()}))
    return VectorFile("kdf", "LP and KDF (§1)", cases)


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


def _is_low_order(raw: bytes) -> bool:
    try:
        x_secret(seeded("x one", 32), raw)
    except ValueError:
        return True
    return False


def mlkem() -> VectorFile:
    seed, other = seeded("kem seed", 64), seeded("kem other", 64)
    public, message = kem_public(seed), seeded("kem message", 32)
    ciphertext, secret = kem_encapsulate(public, message)
    assert kem_decapsulate(seed, ciphertext) == secret
    cases = [
        Case(
            "mlkem-public",
            "the key of a seed d \u2016 z",
            "public",
            {"seed": seed.hex()},
            out={"public": public.hex()},
        ),
        Case("mlkem-check", "a good key", "check", {"public": public.hex()}, out={}),
        Case(
            "mlkem-encapsulate",
            "with the randomness given",
            "encapsulate",
            {"public": public.hex(), "seed": seed.hex(), "message": message.hex()},
            out={"ciphertext": ciphertext.hex(), "secret": secret.hex()},
        ),
        Case(
            "mlkem-decapsulate",
            "the same secret",
            "decapsulate",
            {"seed": seed.hex(), "ciphertext": ciphertext.hex()},
            out={"secret": secret.hex()},
        ),
    ]
    for i, why, given_seed, wrong in [
        ("changed", "a changed ciphertext gives another secret, not an error", seed, flip(ciphertext, 0)),
        ("changed-last", "the same at its end", seed, flip(ciphertext, 1087, 7)),
        ("other-key", "another key gives another secret", other, ciphertext),
        ("zeros", "any 1088 bytes give some secret", seed, bytes(1088)),
    ]:
        rejected = kem_decapsulate(given_seed, wrong)
        assert rejected != secret
        cases.append(
            Case(
                f"mlkem-decapsulate-{i}",
                why,
                "decapsulate",
                {"seed": given_seed.hex(), "ciphertext": wrong.hex()},
                out={"secret": rejected.hex()},
            )
        )
    # The first coefficient is the low 12 bits of the first 3 bytes, the last the high 12 bits of bytes 1149-1151.
    highest = bytes([0x00, public[1] & 0xF0 | 0x0D]) + public[2:]
    cases.append(
        Case(
            "mlkem-check-largest", "a coefficient of q - 1 = 3328", "check", {"public": highest.hex()}, out={}
        )
    )
    for i, why, raw, code in [
        (
            "q",
            "the first coefficient is q = 3329",
            bytes([0x01, public[1] & 0xF0 | 0x0D]) + public[2:],
            "invalid_peer_key",
        ),
        (
            "4095",
            "the first coefficient is 4095",
            bytes([0xFF, public[1] | 0x0F]) + public[2:],
            "invalid_peer_key",
        ),
        (
            "last-q",
            "the last coefficient is q",
            public[:1150] + bytes([public[1150] & 0x0F | 0x10, 0xD0]) + public[1152:],
            "invalid_peer_key",
        ),
        ("all-ones", "all coefficients are 4095", b"\xff" * 1184, "invalid_peer_key"),
        ("empty", "no bytes", b"", "malformed"),
        ("short", "1183 bytes", public[:-1], "malformed"),
        ("long", "1185 bytes", public + b"\0", "malformed"),
        ("kem-1024", "a key of ML-KEM-1024's length", seeded("kem 1024", 1568), "malformed"),
    ]:
        cases.append(Case(f"mlkem-check-{i}", why, "check", {"public": raw.hex()}, code))
    for i, why, raw in [
        ("empty", "no bytes", b""),
        ("short", "1087 bytes", ciphertext[:-1]),
        ("long", "1089 bytes", ciphertext + b"\0"),
    ]:
        cases.append(
            Case(
                f"mlkem-ciphertext-{i}",
                why,
                "decapsulate",
                {"seed": seed.hex(), "ciphertext": raw.hex()},
                "malformed",
            )
        )
    return VectorFile("mlkem", "ML-KEM-768 (§2.3)", cases)
