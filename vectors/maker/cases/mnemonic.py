"""mnemonic.json: a root as 24 words (§9)."""

from __future__ import annotations

from mnemonic import Mnemonic

from maker.basics import Case, VectorFile, hash_of
from maker.identities import ADA
from maker.wordlist import WORDS


def words_of_root(root: bytes) -> list[str]:
    """BIP-39 spelled out: 256 bits and 8 of their hash, 11 bits a word."""
    bits = int.from_bytes(root + hash_of(root)[:1], "big")
    words = [WORDS[(bits >> 11 * n) & 0x7FF] for n in range(23, -1, -1)]
    assert " ".join(words) == Mnemonic("english").to_mnemonic(root), "two ways to the words disagree"
    return words


def mnemonic() -> VectorFile:
    right = words_of_root(ADA.root)
    said = " ".join(right)
    cases = [
        Case(f"mnemonic-words-{i}", why, "words", {"root": root.hex()}, out={"words": words_of_root(root)})
        for i, why, root in [
            ("seeded", "any 32 bytes", ADA.root),
            ("zeros", "BIP-39's own vector: abandon, 23 times, and art", bytes(32)),
            ("ones", "BIP-39's own vector: zoo, 23 times, and vote", b"\xff" * 32),
            ("7f", "BIP-39's own vector: legal winner \u2026 title", b"\x7f" * 32),
        ]
    ]
    cases += [
        Case(f"mnemonic-root-{i}", why, "root", {"text": text}, out={"root": ADA.root.hex()})
        for i, why, text in [
            ("plain", "words as they are shown", said),
            ("upper", "capitals", said.upper()),
            (
                "lines",
                "one word a line, with tabs, spaces and an end of line",
                "\t" + " \r\n".join(right) + "\n",
            ),
            ("no-break", "NFKC makes other spaces U+0020", said.replace(" ", "\u00a0\u3000")),
            ("wide", "fullwidth letters", "".join(chr(ord(c) + 0xFEE0) if c != " " else c for c in said)),
        ]
    ]
    wrong = next(word for word in WORDS if not Mnemonic("english").check(" ".join([*right[:-1], word])))
    twelve = Mnemonic("english").to_mnemonic(bytes(16))
    swapped = [right[1], right[0], *right[2:]]
    assert not Mnemonic("english").check(" ".join(swapped))
    cases += [
        Case(f"mnemonic-bad-{i}", why, "root", {"text": text}, "words_malformed")
        for i, why, text in [
            ("empty", "nothing", ""),
            ("spaces", "only spaces", "   "),
            ("23", "a word is missing", " ".join(right[:-1])),
            ("25", "a word more", said + " " + right[-1]),
            ("12", "twelve words with a right checksum are no root", twelve),
            ("checksum", "another last word", " ".join([*right[:-1], wrong])),
            ("swapped", "two words in the wrong order", " ".join(swapped)),
            ("unknown", "a word that is not in the list", " ".join(["peerseal", *right[1:]])),
            ("prefix", "four letters of a word are not the word", " ".join([_long(right)[:4], *right[1:]])),
            ("commas", "commas are no white space", said.replace(" ", ", ")),
            ("hyphens", "neither are hyphens", said.replace(" ", "-")),
            ("line-separator", "U+2028 is none of this white space", said.replace(" ", "\u2028")),
            ("next-line", "neither is U+0085", said.replace(" ", "\u0085")),
            ("unit-separator", "neither is U+001F", said.replace(" ", "\u001f")),
            ("zero-width", "a zero width no-break space before the first word", "\ufeff" + said),
        ]
    ]
    return VectorFile("mnemonic", "24 words for a root (§9)", cases)


def _long(words: list[str]) -> str:
    return next(word for word in words if len(word) > 4)
