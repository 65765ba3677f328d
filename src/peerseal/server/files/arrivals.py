"""Wakes those who wait for a chunk when it, or the end of its upload or park, has come: nobody else."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Generator
from typing import TypeAlias

from peerseal.server.files.tickets import WholeKey

_Waiter: TypeAlias = tuple[asyncio.AbstractEventLoop, asyncio.Event]


class Arrivals:
    """Told from any thread; waited for in the event loop."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[WholeKey, dict[str, set[_Waiter]]] = {}

    @contextlib.contextmanager
    def of(self, whole: WholeKey, chunk: str) -> Generator[asyncio.Event]:
        """An event that is set whenever something happens to this chunk (`c0`, `m3`), or to all of it."""
        entry = (asyncio.get_running_loop(), asyncio.Event())
        with self._lock:
            self._waiting.setdefault(whole, {}).setdefault(chunk, set()).add(entry)
        try:
            yield entry[1]
        finally:
            with self._lock:
                self._left(whole, chunk, entry)

    def came(self, whole: WholeKey, chunk: str) -> None:
        """This chunk is there."""
        with self._lock:
            waiting = list(self._waiting.get(whole, {}).get(chunk, ()))
        _wake(waiting)

    def tell(self, whole: WholeKey) -> None:
        """Something happened to all of it: perhaps nothing will come any more."""
        with self._lock:
            waiting = [entry for entries in self._waiting.get(whole, {}).values() for entry in entries]
        _wake(waiting)

    def tell_all(self) -> None:
        """Everybody should look again."""
        with self._lock:
            wholes = list(self._waiting)
        for whole in wholes:
            self.tell(whole)

    def _left(self, whole: WholeKey, chunk: str, entry: _Waiter) -> None:
        chunks = self._waiting[whole]
        chunks[chunk].discard(entry)
        if not chunks[chunk]:
            del chunks[chunk]
        if not chunks:
            del self._waiting[whole]


def _wake(waiting: list[_Waiter]) -> None:
    for loop, event in waiting:
        with contextlib.suppress(RuntimeError):  # the loop has ended, and with it whoever waited
            loop.call_soon_threadsafe(event.set)
