"""The one lock of a transfer and what waits on it; cancelling wakes every waiter."""

from __future__ import annotations

import threading
from types import TracebackType


class Lock:
    """A re-entrant lock with a condition. Waiting is cut into pieces so that Ctrl-C and `Cancel` are heard."""

    def __init__(self) -> None:
        self._condition = threading.Condition(threading.RLock())

    def __enter__(self) -> None:
        self._condition.acquire()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._condition.release()

    def wait(self, seconds: float | None) -> None:
        """Give the lock up until `notify` or until `seconds` have passed (None: a long while)."""
        self._condition.wait(60.0 if seconds is None else min(seconds, 60.0))

    def notify(self) -> None:
        """Wake every waiter; call it with the lock held."""
        self._condition.notify_all()
