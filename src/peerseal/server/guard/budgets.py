"""How often something may happen within a time: exact sliding windows, a bounded number of them."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Final

from peerseal.server.guard.problems import HttpProblem

_KEYS_MAX: Final = 20_000
#: So many spent budgets are passed over to find one that can be forgotten.
_SPARED: Final = 64


class Budget:
    """At most `most` events for each key within `seconds`. Used from many threads."""

    def __init__(self, most: int, seconds: float, clock: Callable[[], float]) -> None:
        self._most = most
        self._seconds = seconds
        self._clock = clock
        self._events: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = threading.Lock()

    def check(self, key: str) -> None:
        """Raises HttpProblem 429 with the time to wait if nothing is left."""
        with self._lock:
            self._refuse_if_spent(key)

    def take(self, key: str) -> None:
        """Count one. Raises HttpProblem 429, and counts nothing, if nothing is left."""
        with self._lock:
            self._add(key, self._refuse_if_spent(key), 1)

    def used(self, key: str) -> int:
        """How many were counted within the time."""
        with self._lock:
            since = self._clock() - self._seconds
            return sum(at > since for at in self._events.get(key, ()))

    def spent(self, key: str) -> tuple[int, float] | None:
        """How many count and until when (of the clock) nothing is left; None while something is."""
        with self._lock:
            events = self._events.get(key)
            now = self._clock()
            count = sum(now - at < self._seconds for at in events or ())
            return None if not events or count < self._most else (count, events[-self._most] + self._seconds)

    def forget(self, key: str, start: str) -> None:
        """Nothing was counted for this key, nor for those that begin with `start`."""
        with self._lock:
            for one in [one for one in self._events if one == key or one.startswith(start)]:
                del self._events[one]

    def owe(self, key: str, times: int) -> None:
        """One that was counted was as much as so many more: they count, whatever is left."""
        with self._lock:
            self._add(key, self._events.get(key, deque()), min(times, self._most))

    def give_back(self, key: str) -> None:
        """The latest one does not count after all."""
        with self._lock:
            events = self._events.get(key)
            if events:
                events.pop()

    def _add(self, key: str, events: deque[float], times: int) -> None:
        events.extend([self._clock()] * times)
        self._events[key] = events
        self._events.move_to_end(key)
        self._make_room()

    def _refuse_if_spent(self, key: str) -> deque[float]:
        events = self._events.get(key, deque())
        now = self._clock()
        while events and now - events[0] >= self._seconds:
            events.popleft()
        over = len(events) + 1 - self._most
        if over > 0:
            # Room comes when the oldest that stand in the way are forgotten.
            wait = self._seconds - (now - events[over - 1]) if over <= len(events) else self._seconds
            raise HttpProblem(429, retry_after=max(1, math.ceil(wait)))
        return events

    def _make_room(self) -> None:
        # A stranger with many names must not make the server forget whom it has stopped.
        for _ in range(_SPARED):
            if len(self._events) <= _KEYS_MAX:
                return
            key, events = next(iter(self._events.items()))
            if len(events) < self._most or self._clock() - events[-1] >= self._seconds:
                del self._events[key]
            else:
                self._events.move_to_end(key)
        if len(self._events) > _KEYS_MAX:
            self._events.popitem(last=False)
