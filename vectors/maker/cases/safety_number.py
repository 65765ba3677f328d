"""safety_number.json: sixty digits of two fingerprints (§9.2)."""

from __future__ import annotations

from maker.basics import Case, VectorFile, kdf, seeded
from maker.identities import ADA, BOB


def half(fingerprint: bytes) -> str:
    raw = kdf(fingerprint, b"", "safety-number", b"", 30)
    groups = (int.from_bytes(raw[at : at + 5], "big") % 100_000 for at in range(0, 30, 5))
    return "".join(f"{group:05}" for group in groups)


def number(a: bytes, b: bytes) -> str:
    return "".join(half(fingerprint) for fingerprint in sorted([a, b]))


def safety_number() -> VectorFile:
    zeros = next(
        fingerprint
        for fingerprint in (seeded(f"safety {n}", 32) for n in range(10_000))
        if half(fingerprint).startswith("00")
    )
    low, high = bytes(31) + b"\x7f", b"\x80" + bytes(31)
    cases = []
    for i, why, a, b in [
        ("people", "two people", ADA.fingerprint, BOB.fingerprint),
        ("people-swapped", "the other sees the same", BOB.fingerprint, ADA.fingerprint),
        ("zeros", "a group keeps its leading zeros", zeros, ADA.fingerprint),
        ("unsigned", "bytes are compared as unsigned", low, high),
        ("unsigned-swapped", "whichever comes first", high, low),
        ("last-byte", "fingerprints that differ in the last byte", bytes(32), bytes(31) + b"\x01"),
    ]:
        cases.append(
            Case(f"safety-{i}", why, "number", {"a": a.hex(), "b": b.hex()}, out={"digits": number(a, b)})
        )
    return VectorFile("safety_number", "The safety number of two fingerprints (§9.2)", cases)
