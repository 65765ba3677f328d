"""A root as 24 words (protocol.md §9): BIP-39 English, 256 bits of entropy and 8 of SHA-256, no PBKDF2."""

from __future__ import annotations

from typing import Final

from peerseal.crypto.identity import Root
from peerseal.crypto.primitives import sha256
from peerseal.crypto.words import WORD_BITS, WORDS
from peerseal.errors import UsageError
from peerseal.wire.limits import ROOT_BYTES

ROOT_WORDS: Final = 24
_GAPS: Final = str.maketrans("\t\n\v\f\r", " " * 5)


def words_of(root: Root) -> tuple[str, ...]:
    """The 24 words a person keeps; whoever has them is this person."""
    bits = int.from_bytes(root + sha256(root)[:1], "big")
    shifts = range(WORD_BITS * (ROOT_WORDS - 1), -1, -WORD_BITS)
    return tuple(WORDS[bits >> shift & 2**WORD_BITS - 1] for shift in shifts)


def root_of(text: str) -> Root:
    """The root in what somebody typed, forgiving case, white space and look-alike characters.

    Raises `UsageError` (`words_malformed`); the message names no word.
    """
    words = _split(text)
    place = {word: number for number, word in enumerate(WORDS)}
    if len(words) != ROOT_WORDS:
        raise _malformed(f"{len(words)} words where {ROOT_WORDS} belong")
    unknown = unknown_word(text)
    if unknown is not None:
        raise _malformed(f"word {unknown} is not in the list")
    bits = 0
    for word in words:
        bits = bits << WORD_BITS | place[word]
    spelled = bits.to_bytes(ROOT_BYTES + 1, "big")
    root = Root(spelled[:ROOT_BYTES])
    if sha256(root)[:1] != spelled[ROOT_BYTES:]:
        raise _malformed("these words do not belong together")
    return root


def unknown_word(text: str) -> int | None:
    """Which of 24 typed words is the first that is not in the list, counted from 1; None if all are, or are not 24."""
    words, listed = _split(text), frozenset(WORDS)
    if len(words) != ROOT_WORDS:
        return None
    return next((number for number, word in enumerate(words, 1) if word not in listed), None)


def _split(text: str) -> list[str]:
    from unicodedata import normalize

    given = normalize("NFKC", normalize("NFKC", text).lower()).translate(_GAPS).split(" ")
    return [word for word in given if word]


def _malformed(why: str) -> UsageError:
    return UsageError(
        why,
        code="words_malformed",
        hint="Check the spelling and the order of the 24 words against your note.",
    )
