"""Wakes those who wait for a chunk when it, or the end of its upload, has come."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Generator


class Arrivals:
    """Told from any thread; waited for in the event loop."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[int, set[tuple[asyncio.AbstractEventLoop, asyncio.Event]]] = {}

    @contextlib.contextmanager
    def of(self, version_number: int) -> Generator[asyncio.Event]:
        """An event that is set whenever something happens to the upload."""
        entry = (asyncio.get_running_loop(), asyncio.Event())
        with self._lock:
            self._waiting.setdefault(version_number, set()).add(entry)
        try:
            yield entry[1]
        finally:
            with self._lock:
                waiting = self._waiting[version_number]
                waiting.discard(entry)
                if not waiting:
                    del self._waiting[version_number]

    def tell(self, version_number: int) -> None:
        """Something happened: a chunk is there, or none will come any more."""
        with self._lock:
            waiting = list(self._waiting.get(version_number, ()))
        for loop, event in waiting:
            _call(loop, event.set)

    def tell_all(self) -> None:
        """Everybody should look again."""
        with self._lock:
            numbers = list(self._waiting)
        for number in numbers:
            self.tell(number)


def _call(loop: asyncio.AbstractEventLoop, action: Callable[[], None]) -> None:
    with contextlib.suppress(RuntimeError):  # the loop has ended, and with it whoever waited
        loop.call_soon_threadsafe(action)
