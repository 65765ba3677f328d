"""Codes people read to each other (protocol.md §3) and the generator a code gives the handshake (§6)."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from peerseal.crypto.dh14 import PRIME
from peerseal.crypto.kdf import derive
from peerseal.crypto.primitives import random_bytes
from peerseal.crypto.words import WORDS
from peerseal.errors import UsageError

WORDS_MAX_BYTES: Final = 200
_FORM: Final = re.compile(r"([1-9][0-9]{0,8})-([a-z0-9](?:[a-z0-9-]*[a-z0-9])?)")
_GAPS: Final = re.compile("[ _-]+")
_WHITE_SPACE: Final = "\t\n\v\f\r "
_HINT: Final = "A code looks like 7-harbor-velvet: a number, then words."


class Code(NamedTuple):
    """A nameplate (public, the server knows it) and words (secret, only the two people do)."""

    nameplate: str
    words: str

    @property
    def text(self) -> str:
        """What one person reads to the other, for example `7-harbor-velvet`."""
        return f"{self.nameplate}-{self.words}"

    def __repr__(self) -> str:
        return f"Code({self.nameplate}-…)"


def parse_code(text: str) -> Code:
    """The code in what somebody typed, forgiving case, spaces and look-alike characters.

    Raises `UsageError` (`code_malformed`).
    """
    from unicodedata import normalize

    folded = normalize("NFKC", normalize("NFKC", text).lower()).strip(_WHITE_SPACE)
    found = _FORM.fullmatch(_GAPS.sub("-", folded))
    if found is None or len(found[2]) > WORDS_MAX_BYTES:
        raise _malformed("this is not a code")
    return Code(found[1], found[2])


def new_code(nameplate: str, count: int = 2) -> Code:
    """A fresh code of `count` words of the list, 11 bits each."""
    picks = (int.from_bytes(random_bytes(2), "big") % len(WORDS) for _ in range(count))
    return parse_code("-".join([nameplate, *(WORDS[pick] for pick in picks)]))


def check_strength(code: Code) -> None:
    """Refuses a code a person made up that is too easy to guess: `code_malformed`.

    Two different words of the list, or 10 characters with 5 different ones, not counting `-`.
    """
    parts = code.words.split("-")
    characters = "".join(parts)
    if len(set(parts) & set(WORDS)) < 2 and (len(characters) < 10 or len(set(characters)) < 5):
        raise _malformed("this code is too easy to guess")


def code_generator(code: Code, room: bytes) -> int:
    """The group 14 generator both sides of a code use in this room: a hash of the code, squared (SPEKE)."""
    seed = derive(code.words.encode("ascii"), code.nameplate.encode("ascii"), "code-generator", room, 272)
    generator = pow(int.from_bytes(seed, "big") % PRIME, 2, PRIME)
    if generator in (0, 1):
        raise _malformed("this code gives no generator")
    return generator


def _malformed(why: str) -> UsageError:
    return UsageError(why, code="code_malformed", hint=_HINT)
