"""Whose turn it is at something costly: few at once, few waiting of one network, and three lines that take turns.

Devices the owner signed in with before have a line of their own, and so have strangers who paid a challenge: a flood of
those who did not fills only its own.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Generator
from typing import Final, Literal, TypeAlias

from peerseal.server.guard.problems import HttpProblem

Line: TypeAlias = Literal["known", "paid", "strangers"]

#: Of one source network.
WAITING_PER_SOURCE: Final = 2
#: In each line.
WAITING: Final[dict[Line, int]] = {"known": 8, "paid": 16, "strangers": 16}
STRANGERS_WAITING: Final = WAITING["strangers"]
KNOWN_WAITING: Final = WAITING["known"]
_LINES: Final[tuple[Line, ...]] = ("known", "paid", "strangers")
_RETRY_SECONDS: Final = 1


class _Waiting:
    """One who waits; `called` once it is their turn."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.called = threading.Event()


class Turns:
    """Lets `at_once` threads through; the others wait up to `seconds`, or get 503 `busy`."""

    def __init__(self, at_once: int, seconds: float) -> None:
        self._free = at_once
        self._seconds = seconds
        self._lines: dict[Line, list[_Waiting]] = {line: [] for line in _LINES}
        self._next = 0
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def turn(self, source: str, *, line: Line = "strangers") -> Generator[None]:
        """The block is one turn. Raises HttpProblem 503 `busy` if it would not come soon."""
        mine = self._line_up(source, line)
        if mine is not None and not mine.called.wait(self._seconds):
            self._leave(mine)
        try:
            yield
        finally:
            self._call_next()

    def _line_up(self, source: str, line: Line) -> _Waiting | None:
        with self._lock:
            if self._free:
                self._free -= 1
                return None
            waiting = self._lines[line]
            same = sum(other.source == source for other in waiting)
            if len(waiting) >= WAITING[line] or same >= WAITING_PER_SOURCE:
                raise HttpProblem(503, "busy", retry_after=_RETRY_SECONDS)
            waiting.append(mine := _Waiting(source))
            return mine

    def _leave(self, mine: _Waiting) -> None:
        with self._lock:
            for line in self._lines.values():
                if mine in line:
                    line.remove(mine)
                    raise HttpProblem(503, "busy", retry_after=_RETRY_SECONDS)
        # Called in the last moment: it is a turn after all.

    def _call_next(self) -> None:
        with self._lock:
            # By turns, so that no line can starve another.
            for n in range(self._next, self._next + len(_LINES)):
                waiting = self._lines[_LINES[n % len(_LINES)]]
                if waiting:
                    self._next = n + 1
                    waiting.pop(0).called.set()
                    return
            self._free += 1
