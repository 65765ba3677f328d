"""Wakes those who wait for a chunk when it, or the end of its upload or park, has come."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Generator

from peerseal.server.files.tickets import WholeKey


class Arrivals:
    """Told from any thread; waited for in the event loop."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[WholeKey, set[tuple[asyncio.AbstractEventLoop, asyncio.Event]]] = {}

    @contextlib.contextmanager
    def of(self, whole: WholeKey) -> Generator[asyncio.Event]:
        """An event that is set whenever something happens to it."""
        entry = (asyncio.get_running_loop(), asyncio.Event())
        with self._lock:
            self._waiting.setdefault(whole, set()).add(entry)
        try:
            yield entry[1]
        finally:
            with self._lock:
                waiting = self._waiting[whole]
                waiting.discard(entry)
                if not waiting:
                    del self._waiting[whole]

    def tell(self, whole: WholeKey) -> None:
        """Something happened: a chunk is there, or none will come any more."""
        with self._lock:
            waiting = list(self._waiting.get(whole, ()))
        for loop, event in waiting:
            _call(loop, event.set)

    def tell_all(self) -> None:
        """Everybody should look again."""
        with self._lock:
            wholes = list(self._waiting)
        for whole in wholes:
            self.tell(whole)


def _call(loop: asyncio.AbstractEventLoop, action: Callable[[], None]) -> None:
    with contextlib.suppress(RuntimeError):  # the loop has ended, and with it whoever waited
        loop.call_soon_threadsafe(action)
