"""kdf.json: LP and KDF (§1)."""

from __future__ import annotations

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from maker.basics import Case, Json, VectorFile, kdf, lp, seeded, u64


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
