"""The path that records take just now in a conversation: the end this side works on, and whether it has broken."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from peerseal.transfer.lock import Lock
from peerseal.transport.transport import cut


class Abortable(Protocol):
    """A bulk end that another thread can cut."""

    def abort(self) -> None:
        """Make its blocked calls fail."""


class PathInUse:
    """One at a time. Any thread may cut it: whoever works on it, or waits for what comes of it, is told."""

    def __init__(self, lock: Lock, check: Callable[[], None]) -> None:
        """`lock` is the conversation's; `check` raises why that is over, if it is."""
        self._lock = lock
        self._check = check
        self._bulk: Abortable | None = None
        #: It was cut here, or the other side said that it broke.
        self._broken = False

    def begin(self, *, broken: bool = False) -> None:
        """A new one is announced, or none is in use: what was said of the one before counts no more.

        `broken`: the other side has given it up already.
        """
        with self._lock:
            self._broken = broken

    def attach(self, bulk: Abortable) -> None:
        """From now on this end is cut with the path, and when the conversation ends. Raises if that has ended."""
        with self._lock:
            self._check()
            self._bulk = bulk
            if self._broken:
                bulk.abort()

    def detach(self) -> None:
        """The end is closed by its owner."""
        with self._lock:
            self._bulk = None

    def cut(self) -> None:
        """It is broken."""
        with self._lock:
            self._broken = True
            self.abort()
            self._lock.notify()

    def abort(self) -> None:
        """A thread that is blocked in its end wakes up; with the lock held."""
        if self._bulk is not None:
            self._bulk.abort()

    def check(self) -> None:
        """Raise Interrupted (`stream_cut`) if it is broken; with the lock held."""
        if self._broken:
            raise cut()
