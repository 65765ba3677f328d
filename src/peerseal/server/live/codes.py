"""Every open nameplate, the claims that wait for them or came too early, and the numbers that are free.

The secret words never come here. What limits guessing is the clients' one try per code; what limits how
many claims may be made is in `claim_budgets`.
"""

from __future__ import annotations

import contextlib
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import takewhile
from typing import Final

from peerseal.errors import Refused
from peerseal.server.live.claim_budgets import ClaimBudgets, SourceWindows
from peerseal.server.live.connection import Connection
from peerseal.server.live.nameplate import Nameplate, Waiting
from peerseal.wire.limits import CODE_SECONDS

#: Two people who agreed on a code start in either order: a claim waits this long for its nameplate.
EARLY_SECONDS: Final = 3.0
#: Far more codes than a person makes.
CODES_PER_MINUTE_PER_SOURCE: Final = 30
_EARLY_MAX: Final = 1000
_WAITING_PER_CONNECTION: Final = 2
#: A late guess at a closed code must not meet the next person's: its nameplate rests this long.
REST_SECONDS: Final = 600.0
_RESTING_MAX: Final = 10_000


@dataclass(frozen=True, slots=True, eq=False)
class Early:
    """A claim of a nameplate that is not open yet."""

    text: str
    waiting: Waiting
    until: float


class Codes:
    """Every open nameplate, and the brake on claims."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._open: dict[str, Nameplate] = {}
        self._early: dict[str, Early] = {}  # by request, in the order in which they end
        self._claims: dict[Connection, dict[str, str]] = {}  # request → nameplate of everybody who waits
        self._resting: OrderedDict[str, float] = OrderedDict()  # text → when it closed
        self._ousted: list[Waiting] = []
        self._budgets = ClaimBudgets()
        self._made = SourceWindows()
        self._next = 1  # no number from here on was ever picked
        self._again: list[int] = []  # a heap of smaller ones that may be free again
        self._in_heap: set[int] = set()

    def __len__(self) -> int:
        return len(self._open)

    def allocate(self, owner: Connection, wanted: str | None) -> Nameplate:
        """Open a nameplate. Raises `Refused` (`already_allocated`, `rate_limited`, `nameplate_taken`)."""
        if owner.nameplate is not None:
            raise Refused("you have a nameplate already", code="already_allocated")
        # Each number rests after its use: who took thousands would make the next person's code a long one.
        if self._made.add(owner.source, self._clock()) > CODES_PER_MINUTE_PER_SOURCE:
            raise Refused("too many codes made; wait a minute", code="rate_limited")
        text = wanted if wanted is not None else self._smallest_free()
        if text in self._open:
            raise Refused("this nameplate is in use", code="nameplate_taken")
        nameplate = Nameplate(text, owner, self._clock())
        self._open[text] = nameplate
        owner.nameplate = text
        for early in [early for early in self._early.values() if early.text == text]:
            if early.waiting.claimer is not owner:
                with contextlib.suppress(Refused):
                    self._oust(nameplate.enter(early.waiting))
                    del self._early[early.waiting.request]
        return nameplate

    def next_claim(self, nameplate: Nameplate) -> Waiting | None:
        """Take the next of the queue; None if nobody waits."""
        waiting = nameplate.take_next()
        if waiting is not None:
            self._unclaim(waiting)
        return waiting

    def claim(self, claimer: Connection, text: str, request: str) -> Nameplate | None:
        """Queue a claim; None if its nameplate is not open yet. Raises `Refused` (`rate_limited`, `not_found`)."""
        now = self._clock()
        nameplate = self._open.get(text)
        self._budgets.spend(claimer.source, None if nameplate is None else nameplate.owner.source, now)
        if nameplate is None:
            vain = text in self._resting or len(self._early) >= _EARLY_MAX
        else:
            vain = nameplate.owner is claimer
        if vain:
            raise Refused("no such code", code="not_found")
        waiting = Waiting.of(request, claimer)
        if nameplate is None:
            self._early[request] = Early(text, waiting, now + EARLY_SECONDS)
        else:
            self._oust(nameplate.enter(waiting))
        self._claims.setdefault(claimer, {})[request] = text
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
        waiting = list(nameplate.queue.values())
        nameplate.queue.clear()
        for one in waiting:
            self._unclaim(one)
        return waiting

    def withdraw(self, claimer: Connection, request: str | None = None) -> bool:
        """Take the claimer's waiting claims (or the one named) out of the queues; whether there was any."""
        found = False
        of_claimer = self._claims.get(claimer, {})
        for one in [one for one in of_claimer if request in (None, one)]:
            text = of_claimer[one]
            early = self._early.pop(one, None)
            self._unclaim(self._open[text].queue.pop(one) if early is None else early.waiting)
            found = True
        return found

    def take_ousted(self) -> list[Waiting]:
        """Remove and return the claims that made place for others."""
        ousted, self._ousted = self._ousted, []
        return ousted

    def hoards(self, claimer: Connection) -> bool:
        """Whether somebody's claims wait where nobody's do who has a code: in several queues, or many in one."""
        queues = Counter(
            text for one, text in self._claims.get(claimer, {}).items() if one not in self._early
        )
        return len(queues) > 1 or queues.total() > _WAITING_PER_CONNECTION

    def take_in_vain(self) -> list[tuple[Waiting, str]]:
        """Remove and return the claims whose nameplate did not come in time, each with that nameplate."""
        now = self._clock()
        over = list(takewhile(lambda early: early.until <= now, self._early.values()))
        for early in over:
            del self._early[early.waiting.request]
            self._unclaim(early.waiting)
        return [(early.waiting, early.text) for early in over]

    def _oust(self, waiting: Waiting | None) -> None:
        if waiting is not None:
            self._unclaim(waiting)
            self._ousted.append(waiting)

    def _unclaim(self, waiting: Waiting) -> None:
        of_claimer = self._claims[waiting.claimer]
        del of_claimer[waiting.request]
        if not of_claimer:
            del self._claims[waiting.claimer]

    def expired(self) -> list[Nameplate]:
        """Nameplates that lived long enough; those that rested long enough are free again."""
        rested = self._clock() - REST_SECONDS
        while self._resting and (
            len(self._resting) > _RESTING_MAX or next(iter(self._resting.values())) <= rested
        ):
            self._free(self._resting.popitem(last=False)[0])
        latest = self._clock() - CODE_SECONDS
        return [nameplate for nameplate in self._open.values() if nameplate.opened <= latest]

    def _smallest_free(self) -> str:
        while self._again:
            number = heappop(self._again)
            self._in_heap.remove(number)
            text = str(number)
            if not self._taken(text):
                return text
        while self._taken(str(self._next)):
            self._next += 1
        self._next += 1
        return str(self._next - 1)

    def _taken(self, text: str) -> bool:
        return text in self._open or text in self._resting

    def _free(self, text: str) -> None:
        number = int(text)
        if 0 < number < self._next and str(number) == text and number not in self._in_heap:
            heappush(self._again, number)
            self._in_heap.add(number)
