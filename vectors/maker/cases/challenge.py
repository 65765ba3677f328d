"""challenge.json: the least solution of each part of a challenge, and what is asking too much (docs/guard.md §4)."""

from __future__ import annotations

from maker.basics import Case, Json, VectorFile, hash_of


def challenge() -> VectorFile:
    return VectorFile(
        "challenge", "The challenge of a server under attack (guard.md §4)", [*_solved(), *_refused()]
    )


def _solved() -> list[Case]:
    return [
        Case(
            f"challenge-{i}",
            why,
            "solve",
            _given(text, bits, count),
            out={"solutions": [_least(text, bits, part) for part in range(count)]},
        )
        for i, why, text, bits, count in [
            ("one-bit", "one zero bit: half of all numbers do", "A", 1, 4),
            ("seven-bits", "bits that do not fill a byte", "YWJj", 7, 3),
            ("byte", "a whole byte of zeros", "q3Jd-_x0", 8, 3),
            ("nine-bits", "one bit more than a byte", "q3Jd-_x0", 9, 3),
            ("two-digits", "parts 10 and 11: their numbers are decimal", "two digits", 5, 12),
            (
                "long",
                "a long text with signs of many kinds",
                "v1.1700000000000." + "Zm9v" * 40 + "~!/=",
                10,
                4,
            ),
            ("usual", "as servers ask for it", "eyJ0IjoxNzAwMDAwMDAwfQ.c2VhbGVk", 14, 16),
        ]
    ]


def _refused() -> list[Case]:
    return [
        Case(f"challenge-{i}", why, "solve", _given(text, bits, count), "challenge")
        for i, why, text, bits, count in [
            ("too-much", "one part more than 2^24 hashes", "A", 20, 17),
            ("too-many-bits", "25 bits alone", "A", 25, 1),
            ("huge-bits", "\u25b8 bits nobody can have", "A", 257, 1),
            ("no-bits", "nothing to compute", "A", 0, 16),
            ("no-parts", "nothing to answer", "A", 14, 0),
            ("too-many-parts", "\u25b8 as many parts as a number holds", "A", 1, 2**53 - 1),
            ("not-ascii", "a text that is not ASCII", "\u00e4", 1, 1),
        ]
    ]


def _given(text: str, bits: int, count: int) -> dict[str, Json]:
    return {"challenge": text, "bits": bits, "count": count}


def _least(text: str, bits: int, part: int) -> int:
    number = 0
    while int.from_bytes(hash_of(f"peerseal challenge/1 {text} {part} {number}".encode("ascii")), "big") >> (
        256 - bits
    ):
        number += 1
    return number
