"""mlkem.json: ML-KEM-768 (§2.3)."""

from __future__ import annotations

from maker.agreement import (
    kem_decapsulate,
    kem_encapsulate,
    kem_public,
)
from maker.basics import Case, VectorFile, flip, seeded


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
