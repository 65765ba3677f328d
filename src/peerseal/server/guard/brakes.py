"""Brakes on guessing: budgets of wrong ones that stop whoever spent them, and that operators see, lift and undo.

They hold in every mode: they are no judgement, only a limit. What is on the allow-list has none.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from peerseal.server.guard.budgets import Budget
from peerseal.server.guard.problems import HttpProblem
from peerseal.wire.guard import SubjectKind

#: So many spent ones are remembered for operators; they hold whether they are remembered or not.
_TOLD_MAX: Final = 5_000
#: Between who is held and what they were wrong about; neither has one.
_BETWEEN: Final = "\n"
_OF_ACCOUNTS: Final = ("account", "device", "session")
_MINUTE: Final = 60


class Brake(Budget):
    """At most so many wrong ones of one who is held by it: of an address, an account, a device, a link.

    `point`: what each of them is to the detector; `what`: in words, as in `10 wrong passwords within 10 minutes`.
    """

    def __init__(
        self,
        kind: SubjectKind,
        point: str,
        what: str,
        *,
        most: int,
        seconds: float,
        clock: Callable[[], float],
    ) -> None:
        super().__init__(most, seconds, clock)
        self.kind: Final = kind
        self.point: Final = point
        self.most: Final = most
        self.seconds: Final = seconds
        minutes = int(seconds) // _MINUTE
        self.why: Final = f"{most} {what} within {'a minute' if minutes == 1 else f'{minutes} minutes'}"


class Count(NamedTuple):
    """One try as a brake counts it: who is held by it, and what they tried (nothing if that does not matter)."""

    brake: Brake
    held: str
    about: str = ""

    @property
    def key(self) -> str:
        """What it is counted under."""
        return f"{self.held}{_BETWEEN}{self.about}" if self.about else self.held


class Closed(NamedTuple):
    """A brake that is spent by so many `wrong` ones. Times in seconds of the clock."""

    kind: SubjectKind
    key: str
    point: str
    since: float
    until: float
    wrong: int
    most: int
    seconds: float
    why: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.key}"


class Brakes:
    """All of a server. `allows` tells whether an address, or (None) nobody but this account, is on the allow-list.

    `closed` is told of each that has just been spent, from the thread that spent it.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        allows: Callable[[str, str | None], bool] = lambda _address, _account: False,
        closed: Callable[[Closed], None] = lambda _closed: None,
    ) -> None:
        self._clock = clock
        self._allows = allows
        self._closed = closed
        self._all: list[Brake] = []
        self._told: OrderedDict[tuple[Brake, str], tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def make(self, kind: SubjectKind, point: str, what: str, most: int, seconds: float) -> Brake:
        """A new one."""
        brake = Brake(kind, point, what, most=most, seconds=seconds, clock=self._clock)
        self._all.append(brake)
        return brake

    def that_hold(self, counts: list[Count], source: str, user: str | None = None) -> list[Count]:
        """Those that are not lifted: an address on the allow-list has none, an account there none of its own."""
        if self._allows(source, None):
            return []
        if user is not None and self._allows("", user):
            return [one for one in counts if one.brake.kind not in _OF_ACCOUNTS]
        return counts

    def take(self, counts: Iterable[Count]) -> None:
        """Count one of each. Raises HttpProblem 429, and counts nothing, if one is spent."""
        taken: list[Count] = []
        for one in counts:
            try:
                one.brake.take(one.key)
            except HttpProblem:
                self.give_back(taken)
                raise
            taken.append(one)

    def give_back(self, counts: Iterable[Count]) -> None:
        """They do not count after all."""
        for one in counts:
            one.brake.give_back(one.key)

    def wrong(self, counts: Iterable[Count]) -> None:
        """What was counted was wrong: say so if that spent one."""
        for one in counts:
            found = self._found(one.brake, one.key, self._clock())
            if found is not None and self._is_news(one, found):
                self._closed(found)

    def standing(self) -> list[Closed]:
        """Those that hold somebody now; of several of one subject the one that holds longest."""
        longest: dict[tuple[str, str], Closed] = {}
        with self._lock:
            told = list(self._told.items())
        for (brake, key), (since, _) in told:
            one = self._found(brake, key, since)
            if one is None:
                with self._lock:
                    self._told.pop((brake, key), None)
                continue
            if self._is_lifted(one):
                continue
            before = longest.get((one.kind, one.key))
            if before is None or before.until < one.until:
                longest[one.kind, one.key] = one
        return list(longest.values())

    def release(self, kind: str, held: str) -> bool:
        """Forget what was counted against it; False if nothing of that held it."""
        held_now = any((one.kind, one.key) == (kind, held) for one in self.standing())
        for brake in self._all:
            if brake.kind == kind:
                brake.forget(held, held + _BETWEEN)
        return held_now

    def _is_news(self, one: Count, found: Closed) -> bool:
        """Whether it did not hold before this try."""
        key = (one.brake, one.key)
        with self._lock:
            since, until = self._told.get(key, (found.since, 0.0))
            news = until <= found.since
            self._told[key] = (found.since if news else since, found.until)
            self._told.move_to_end(key)
            if len(self._told) > _TOLD_MAX:
                self._told.popitem(last=False)
        return news

    def _found(self, brake: Brake, key: str, since: float) -> Closed | None:
        spent = brake.spent(key)
        if spent is None:
            return None
        count, until = spent
        held = key.partition(_BETWEEN)[0]
        return Closed(
            brake.kind, held, brake.point, since, until, count, brake.most, brake.seconds, brake.why
        )

    def _is_lifted(self, one: Closed) -> bool:
        if one.kind == "ip":
            return self._allows(one.key, None)
        return one.kind == "account" and self._allows("", one.key)
