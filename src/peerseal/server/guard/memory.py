"""What the running server remembers of what it saw: for the operator's eyes, in memory, and not for long."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections import OrderedDict, deque
from dataclasses import dataclass
from typing import Final, NamedTuple

from peerseal.server.guard.points import NOWHERE
from peerseal.wire import guard as wire
from peerseal.wire.invisible import is_invisible

_MINUTE: Final = 60
_HOUR: Final = 3600
_DAY: Final = 24 * _HOUR
_STEPS: Final = {_MINUTE: 60, _HOUR: 24}
_SUBJECTS_MAX: Final = 4_000
_EACH_MAX: Final = 20
_LABELS_MAX: Final = 20_000
_PATH_MAX: Final = 120
#: Points of what this server never gave an address to.
_OF_NOBODY: Final = frozenset({"honeypot", "unknown_route", "bad_name"})


class Seen(NamedTuple):
    """One suspicious sighting: time (s), what it was, where, the answer, its weight, the address.

    `path`: what was asked for, "" where the route says it.
    """

    time: float
    point: str
    route: str
    status: int | None
    weight: float
    address: str
    path: str = ""


def shown_path(point: str, route: str, path: str) -> str:
    """The path for an operator's eyes, shortened and harmless, where none of ours says it: "" elsewhere."""
    if route != NOWHERE and point not in _OF_NOBODY:
        return ""
    marks = (
        mark if mark.isprintable() and not is_invisible(mark) else "\ufffd" for mark in path[: _PATH_MAX + 1]
    )
    shown = "".join(marks)
    return shown if len(shown) <= _PATH_MAX else shown[: _PATH_MAX - 1] + "…"


@dataclass(frozen=True, slots=True)
class Evidence:
    """How many sightings stand behind a decision, within how many seconds, of how many kinds and places."""

    count: int
    seconds: int
    distinct: int


class Memory:
    """The latest sightings of each subject (the least recently seen goes first)."""

    def __init__(self) -> None:
        self._of: OrderedDict[str, deque[Seen]] = OrderedDict()

    def add(self, subject: str, seen: Seen) -> None:
        """One more."""
        kept = self._of.get(subject)
        if kept is None:
            kept = self._of[subject] = deque(maxlen=_EACH_MAX)
            if len(self._of) > _SUBJECTS_MAX:
                self._of.popitem(last=False)
        else:
            self._of.move_to_end(subject)
        kept.append(seen)

    def of(self, subject: str, now: float) -> tuple[Seen, ...]:
        """Those of a day, newest first."""
        return tuple(seen for seen in reversed(self._of.get(subject, ())) if now - seen.time < _DAY)

    def evidence(self, subject: str, now: float) -> Evidence:
        """What stands behind a decision on it."""
        kept = self.of(subject, now)
        if not kept:
            return Evidence(0, 0, 0)
        places = {(seen.point, seen.route) for seen in kept}
        return Evidence(len(kept), int(kept[0].time - kept[-1].time), len(places))

    def forget(self, subject: str) -> None:
        """Nothing is held against it any more."""
        self._of.pop(subject, None)


class Labels:
    """Keyed hashes of addresses, names and sessions under a key of the day, and what they stand for until tomorrow."""

    def __init__(self) -> None:
        self._day = -1
        self._key = b""
        self._known: OrderedDict[str, tuple[str, float]] = OrderedDict()

    def key(self, kind: str, text: str, now: float) -> str:
        """The hash (32 hexadecimal digits) that events have instead of `text`."""
        day = int(now // _DAY)
        if day != self._day:
            self._day, self._key = day, secrets.token_bytes(32)
        made = hmac.digest(self._key, f"{kind} {text}".encode("utf-8", "surrogateescape"), hashlib.sha256)
        hashed = made[:16].hex()
        self._known[hashed] = (text, now)
        self._known.move_to_end(hashed)
        while len(self._known) > _LABELS_MAX:
            self._known.popitem(last=False)
        return hashed

    def label(self, key: str, now: float) -> str | None:
        """What it stands for, if that was seen within a day."""
        text, at = self._known.get(key, ("", 0.0))
        return text if text and now - at < _DAY else None


class Plots:
    """How often each point was seen: in each minute of the last hour, and in each hour of the last day."""

    def __init__(self) -> None:
        self._counts: dict[int, dict[str, OrderedDict[int, int]]] = {step: {} for step in _STEPS}

    def count(self, point: str, now: float) -> None:
        """One more, now."""
        for step, of in self._counts.items():
            at = int(now // step)
            counts = of.setdefault(point, OrderedDict())
            counts[at] = counts.get(at, 0) + 1
            while len(counts) > _STEPS[step]:
                counts.popitem(last=False)

    def minutes(self, now: float) -> wire.Plot:
        """The last hour."""
        return self._plot(_MINUTE, now)

    def hours(self, now: float) -> wire.Plot:
        """The last day."""
        return self._plot(_HOUR, now)

    def _plot(self, step: int, now: float) -> wire.Plot:
        steps = _STEPS[step]
        first = int(now // step) - steps + 1
        series = (
            wire.Series(point, tuple(counts.get(first + n, 0) for n in range(steps)))
            for point, counts in sorted(self._counts[step].items())
        )
        shown = tuple(one for one in series if any(one.counts))
        return wire.Plot(first * step * 1000, step * 1000, shown)
