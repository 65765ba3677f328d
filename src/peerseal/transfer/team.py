"""A few threads that do one job: the first failure stops all, and the caller hears of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Final, Protocol, TypeVar

_TICK_SECONDS: Final = 0.1
_END_SECONDS: Final = 10.0


class Abortable(Protocol):
    """What a thread may be blocked in."""

    def abort(self) -> None:
        """Make the blocked call raise; any thread may call this."""


_Own = TypeVar("_Own", bound=Abortable)


class Team:
    """Threads of one job. `lock` guards what they share."""

    def __init__(self) -> None:
        self.lock: Final = threading.Condition()
        self._threads: list[threading.Thread] = []
        self._owned: list[Abortable] = []
        self._running = 0
        self._error: BaseException | None = None
        self.stopped = False

    def start(self, count: int, job: Callable[[], None]) -> None:
        """Start `count` threads that run `job` each."""
        self._running = count
        # Daemons: one that reads from a terminal must not keep the program from ending.
        self._threads = [
            threading.Thread(target=self._run, args=(job,), daemon=True, name=f"team-{number}")
            for number in range(count)
        ]
        for thread in self._threads:
            thread.start()

    def own(self, blocking: _Own) -> _Own:
        """Remember what must be aborted to stop the thread that uses it."""
        with self.lock:
            self._owned.append(blocking)
            if self.stopped:
                blocking.abort()
        return blocking

    def wait(self) -> Iterator[None]:
        """Yields ten times a second until all have ended, and once more then. Raises the first failure.

        Leaving the loop early, by an exception of the caller's, stops the threads.
        """
        try:
            while True:
                with self.lock:
                    if self._running and self._error is None:
                        self.lock.wait(_TICK_SECONDS)
                    over = not self._running or self._error is not None
                if over:
                    break
                yield
        finally:
            self.stop()
        if self._error is not None:
            raise self._error
        yield

    def finish(self) -> None:
        """The job is done: whatever a thread still waits for is not needed, and failing at it is no failure."""
        with self.lock:
            self.stopped = True
            owned = list(self._owned)
            self.lock.notify_all()
        for blocking in owned:
            blocking.abort()

    def stop(self) -> None:
        """Let every thread end soon, and wait for that."""
        with self.lock:
            self.stopped = True
            owned = list(self._owned) if self._running else []
            self.lock.notify_all()
        for blocking in owned:
            blocking.abort()
        for thread in self._threads:
            thread.join(_END_SECONDS if not owned else 1.0)

    def _run(self, job: Callable[[], None]) -> None:
        error: BaseException | None = None
        try:
            job()
        except BaseException as failure:  # noqa: BLE001 - the caller's thread raises it
            error = failure
        with self.lock:
            self._running -= 1
            if self._error is None and not self.stopped:
                self._error = error
            self.stopped = self.stopped or error is not None
            self.lock.notify_all()
