"""Nameplates: the public half of a code. One allocator, and a queue of those who were told it.

The secret words never come here. What limits guessing is the clients' one try per code; what this file adds is
a brake on how many claims one network, and all together, may make.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from peerseal.errors import Refused
from peerseal.server.live.connection import Connection, RateWindow
from peerseal.wire.limits import (
    CLAIMS_PER_MINUTE_IN_ALL,
    CLAIMS_PER_MINUTE_PER_SOURCE,
    CODE_SECONDS,
)

_SOURCES_REMEMBERED: Final = 10_000
_QUEUE_MAX: Final = 100
#: Two people who agreed on a code start in either order: a claim waits this long for its nameplate.
EARLY_SECONDS: Final = 3.0
_EARLY_MAX: Final = 1000
#: A late guess at a closed code must not meet the next person's: its nameplate rests this long.
REST_SECONDS: Final = 600.0
_RESTING_MAX: Final = 10_000


@dataclass(frozen=True, slots=True, eq=False)
class Waiting:
    """A claim that has no room yet."""

    request: str
    claimer: Connection


@dataclass(frozen=True, slots=True, eq=False)
class Early:
    """A claim of a nameplate that is not open yet."""

    text: str
    waiting: Waiting
    until: float


@dataclass(slots=True, eq=False)
class Nameplate:
    """An open nameplate."""

    text: str
    owner: Connection
    opened: float
    queue: deque[Waiting] = field(default_factory=deque)


class Codes:
    """Every open nameplate, and the brake on claims."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._open: dict[str, Nameplate] = {}
        self._early: list[Early] = []
        self._resting: OrderedDict[str, float] = OrderedDict()  # text → when it closed
        self._sources: OrderedDict[str, RateWindow] = OrderedDict()
        self._all = RateWindow(60)

    def __len__(self) -> int:
        return len(self._open)

    def allocate(self, owner: Connection, wanted: str | None) -> Nameplate:
        """Open a nameplate. Raises `Refused` (`already_allocated`, `nameplate_taken`)."""
        if owner.nameplate is not None:
            raise Refused("you have a nameplate already", code="already_allocated")
        text = wanted if wanted is not None else self._smallest_free()
        if text in self._open:
            raise Refused("this nameplate is in use", code="nameplate_taken")
        nameplate = Nameplate(text, owner, self._clock())
        self._open[text] = nameplate
        owner.nameplate = text
        came = [early for early in self._early if early.text == text and early.waiting.claimer is not owner]
        self._early = [early for early in self._early if early not in came]
        nameplate.queue.extend(early.waiting for early in came[:_QUEUE_MAX])
        return nameplate

    def claim(self, claimer: Connection, text: str, request: str) -> Nameplate | None:
        """Queue a claim; None if its nameplate is not open yet. Raises `Refused` (`rate_limited`, `not_found`)."""
        now = self._clock()
        if self._count(claimer.source, now) > CLAIMS_PER_MINUTE_PER_SOURCE:
            raise Refused("too many codes tried; wait a minute", code="rate_limited")
        # Only claims that may go on count for all, so that one source cannot use up everybody's.
        if self._all.add(now) > CLAIMS_PER_MINUTE_IN_ALL:
            raise Refused("too many codes tried on this server; wait a minute", code="rate_limited")
        nameplate = self._open.get(text)
        waiting = self._early if nameplate is None else nameplate.queue
        vain = text in self._resting if nameplate is None else nameplate.owner is claimer
        if vain or len(waiting) >= (_EARLY_MAX if nameplate is None else _QUEUE_MAX):
            raise Refused("no such code", code="not_found")
        if nameplate is None:
            self._early.append(Early(text, Waiting(request, claimer), now + EARLY_SECONDS))
        else:
            nameplate.queue.append(Waiting(request, claimer))
        return nameplate

    def of(self, owner: Connection) -> Nameplate | None:
        """The nameplate `owner` holds."""
        return self._open.get(owner.nameplate) if owner.nameplate is not None else None

    def close(self, nameplate: Nameplate) -> list[Waiting]:
        """The nameplate is gone; those who still waited."""
        del self._open[nameplate.text]
        nameplate.owner.nameplate = None
        self._resting[nameplate.text] = self._clock()
        self._resting.move_to_end(nameplate.text)
        waiting = list(nameplate.queue)
        nameplate.queue.clear()
        return waiting

    def withdraw(self, claimer: Connection, request: str | None = None) -> bool:
        """Take the claimer's waiting claims (or the one named) out of the queues; whether there was any."""

        def stays(waiting: Waiting) -> bool:
            return waiting.claimer is not claimer or (request is not None and waiting.request != request)

        early = [early for early in self._early if stays(early.waiting)]
        found = len(early) < len(self._early)
        self._early = early
        for nameplate in self._open.values():
            kept = [waiting for waiting in nameplate.queue if stays(waiting)]
            if len(kept) < len(nameplate.queue):
                found = True
                nameplate.queue = deque(kept)
        return found

    def take_in_vain(self) -> list[Waiting]:
        """Remove and return the claims whose nameplate did not come in time."""
        now = self._clock()
        over = [early.waiting for early in self._early if early.until <= now]
        self._early = [early for early in self._early if early.until > now]
        return over

    def expired(self) -> list[Nameplate]:
        """Nameplates that lived long enough; those that rested long enough are free again."""
        rested = self._clock() - REST_SECONDS
        while self._resting and (
            len(self._resting) > _RESTING_MAX or next(iter(self._resting.values())) <= rested
        ):
            self._resting.popitem(last=False)
        latest = self._clock() - CODE_SECONDS
        return [nameplate for nameplate in self._open.values() if nameplate.opened <= latest]

    def _smallest_free(self) -> str:
        number = 1
        while str(number) in self._open or str(number) in self._resting:
            number += 1
        return str(number)

    def _count(self, source: str, now: float) -> int:
        window = self._sources.setdefault(source, RateWindow(60))
        self._sources.move_to_end(source)
        while len(self._sources) > _SOURCES_REMEMBERED:
            self._sources.popitem(last=False)
        return window.add(now)
