"""Account names: the one spelling under which the server knows somebody (docs/protocol.md §10)."""

from __future__ import annotations

import unicodedata
from typing import Final

from peerseal.server.guard.problems import HttpProblem
from peerseal.wire.invisible import is_invisible
from peerseal.wire.limits import ACCOUNT_NAME_MAX_CHARACTERS

_ALSO: Final = frozenset(". _-'")


def canonical(name: str) -> str:
    """The canonical form of `name`. Raises HttpProblem 422 `name_malformed`."""
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).lower())
    if not 1 <= len(text) <= ACCOUNT_NAME_MAX_CHARACTERS or text != text.strip(" ") or "  " in text:
        raise HttpProblem(422, "name_malformed")
    kinds = [_kind(character) for character in text]
    somebody = "L" in kinds or "N" in kinds
    if "" in kinds or kinds[0] == "M" or not somebody:
        raise HttpProblem(422, "name_malformed")
    return text


def _kind(character: str) -> str:
    """`L`etter, `M`ark, `N`umber, ` ` for a sign; nothing for what no name may hold."""
    if character in _ALSO:
        return " "
    kind = unicodedata.category(character)[0]
    return kind if kind in "LMN" and not is_invisible(character) else ""
