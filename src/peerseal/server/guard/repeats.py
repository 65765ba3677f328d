"""Events that are much alike: the first are told one by one, then so many together in one line (docs/guard.md §6).

Else a flood from many addresses would fill both files, and what was in them would be lost.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

Line: TypeAlias = dict[str, Any]
_Kind: TypeAlias = tuple[str, str, str]

#: Lines of one kind (point, action, kind of subject) at once, and one more in each so many seconds.
AT_ONCE: Final = 20
EVERY_SECONDS: Final = 30.0
#: What is held back becomes a line of its own after this time.
TOGETHER_SECONDS: Final = 60.0
_DISTINCT_MAX: Final = 1000


@dataclass(slots=True)
class _Held:
    """What is known of one kind: how many lines it may still have, and what is held back."""

    left: float
    at: float
    count: int = 0
    since: float = 0.0
    last: Line = field(default_factory=dict)
    subjects: set[str] = field(default_factory=set)


class Repeats:
    """Decides which events are lines. There are few kinds, all named by the rules. Time is an argument, in seconds."""

    def __init__(self) -> None:
        self._held: dict[_Kind, _Held] = {}

    def see(self, event: Line, now: float) -> list[Line]:
        """The lines to write now: this one, or nothing yet, or one that stands for many."""
        kind = (event["point"], event["action"], event["subject"]["kind"])
        held = self._held.setdefault(kind, _Held(AT_ONCE, now))
        held.left = min(AT_ONCE, held.left + max(0.0, now - held.at) / EVERY_SECONDS)
        held.at = now
        if held.left >= 1 and not held.count:
            held.left -= 1
            return [event]
        if not held.count:
            held.since = now
        held.count += 1
        held.last = event
        if len(held.subjects) < _DISTINCT_MAX:
            held.subjects.add(event["subject"]["key"])
        return _together(held, now) if now - held.since >= TOGETHER_SECONDS else []

    def due(self, now: float, *, all_: bool = False) -> list[Line]:
        """What was held back for long enough, or all of it."""
        return [
            line
            for held in self._held.values()
            if held.count and (all_ or now - held.since >= TOGETHER_SECONDS)
            for line in _together(held, now)
        ]


def _together(held: _Held, now: float) -> list[Line]:
    """One line for what was held back: the last of it, how many there were, of how many subjects."""
    evidence = {
        "count": held.count,
        "seconds": max(0, int(now - held.since)),
        "distinct": len(held.subjects),
    }
    line = {**held.last, "repeats": held.count, "evidence": evidence}
    held.count, held.last = 0, {}
    held.subjects.clear()
    return [line]
