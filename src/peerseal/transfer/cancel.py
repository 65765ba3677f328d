"""Stopping a transfer from another thread."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Cancel:
    """Give one to `send` or `receive` and call `cancel` from any thread: they end with `cancelled`."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._shields = 0
        self._pending: BaseException | None = None
        self._cancelled = False
        self._callbacks: list[Callable[[], None]] = []

    @property
    def cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self._cancelled

    def cancel(self) -> None:
        """Stop what uses this object. Further calls do nothing."""
        with self._lock:
            if self._cancelled:
                return
            self._cancelled = True
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()

    def on_cancel(self, callback: Callable[[], None]) -> None:
        """Call `callback` at `cancel`, or at once if that has been."""
        with self._lock:
            if not self._cancelled:
                self._callbacks.append(callback)
                return
        callback()

    def interrupt(self, reason: BaseException) -> None:
        """Raise `reason`, at once or when the present shield ends. For signal handlers, on the main thread."""
        if self._shields == 0:
            raise reason
        self._pending = reason

    @contextmanager
    def shield(self) -> Iterator[None]:
        """A step that a signal must not cut in two, such as sealing a message and sending it."""
        self._shields += 1
        try:
            yield
        finally:
            self._shields -= 1
            if self._shields == 0 and self._pending is not None:
                pending, self._pending = self._pending, None
                raise pending
