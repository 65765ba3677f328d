"""Account names: the one spelling under which the server knows somebody (docs/protocol.md §10)."""

from __future__ import annotations

import unicodedata
from typing import Final

from peerseal.server.guard.problems import HttpProblem
from peerseal.wire.limits import ACCOUNT_NAME_MAX_CHARACTERS

_ALSO: Final = frozenset(". _-'")


def canonical(name: str) -> str:
    """The canonical form of `name`. Raises HttpProblem 422 `name_malformed`."""
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).lower())
    if not 1 <= len(text) <= ACCOUNT_NAME_MAX_CHARACTERS or not all(map(_allowed, text)):
        raise HttpProblem(422, "name_malformed")
    if text != text.strip(" ") or "  " in text:
        raise HttpProblem(422, "name_malformed")
    return text


def _allowed(character: str) -> bool:
    return character in _ALSO or unicodedata.category(character)[0] in "LMN"
