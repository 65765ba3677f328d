"""words.json: check words (§5.1)."""

from __future__ import annotations

import hashlib

from maker.basics import Case, VectorFile, kdf, seeded
from maker.wordlist import WORDS, words_of


def words() -> VectorFile:
    listed = hashlib.sha256("".join(f"{word}\n" for word in WORDS).encode()).hexdigest()
    cases = [
        Case(
            "words-list",
            "the whole list",
            "list",
            {},
            out={"count": 2048, "sha256": listed, "first": WORDS[0], "last": WORDS[-1]},
        )
    ]
    for i, why, raw in [
        ("zeros", "four times the first word", bytes(8)),
        ("ones", "four times the last word", b"\xff" * 8),
        (
            "order",
            "indices 1, 2, 3, 4, big-endian",
            (1 << 53 | 2 << 42 | 3 << 31 | 4 << 20).to_bytes(8, "big"),
        ),
        ("rest", "the last 20 bits count for nothing", b"\x00" * 5 + b"\x0f\xff\xff"),
        ("seeded", "any eight bytes", seeded("words", 8)),
    ]:
        cases.append(
            Case(f"words-{i}", why, "from_bytes", {"bytes": raw.hex()}, out={"words": words_of(raw)})
        )
    ikm, transcript = seeded("words ikm", 332), seeded("words transcript", 32)
    derived = kdf(ikm, transcript, "words", b"", 8)
    cases.append(
        Case(
            "words-derive",
            "from key material and transcript",
            "derive",
            {"ikm": ikm.hex(), "transcript": transcript.hex()},
            out={"words": words_of(derived)},
        )
    )
    return VectorFile("words", "Check words (§5.1)", cases)
