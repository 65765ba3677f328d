"""Whose turn it is at something costly: few at once, few waiting of one network, and known devices have places of their own."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Generator
from typing import Final

from peerseal.server.guard.problems import HttpProblem

#: Of one source network.
WAITING_PER_SOURCE: Final = 2
#: Of strangers, and besides them of devices that proved the password lately.
STRANGERS_WAITING: Final = 16
KNOWN_WAITING: Final = 8
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
        self._lines: tuple[list[_Waiting], list[_Waiting]] = ([], [])
        self._next_known = True
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def turn(self, source: str, *, known: bool = False) -> Generator[None]:
        """The block is one turn. Raises HttpProblem 503 `busy` if it would not come soon."""
        mine = self._line_up(source, known=known)
        if mine is not None and not mine.called.wait(self._seconds):
            self._leave(mine)
        try:
            yield
        finally:
            self._call_next()

    def _line_up(self, source: str, *, known: bool) -> _Waiting | None:
        with self._lock:
            if self._free:
                self._free -= 1
                return None
            line, most = self._lines[known], KNOWN_WAITING if known else STRANGERS_WAITING
            same = sum(other.source == source for other in line)
            if len(line) >= most or same >= WAITING_PER_SOURCE:
                raise HttpProblem(503, "busy", retry_after=_RETRY_SECONDS)
            line.append(mine := _Waiting(source))
            return mine

    def _leave(self, mine: _Waiting) -> None:
        with self._lock:
            for line in self._lines:
                if mine in line:
                    line.remove(mine)
                    raise HttpProblem(503, "busy", retry_after=_RETRY_SECONDS)
        # Called in the last moment: it is a turn after all.

    def _call_next(self) -> None:
        with self._lock:
            # By turns, so that neither line can starve the other.
            known, self._next_known = self._next_known, not self._next_known
            line = self._lines[known] or self._lines[not known]
            if line:
                line.pop(0).called.set()
            else:
                self._free += 1
