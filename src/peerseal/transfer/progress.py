"""How far and how fast: turns counted bytes into `Progress` events, at most ten a second."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from peerseal.transfer.events import Event, Progress

INTERVAL_SECONDS: Final = 0.1
_SMOOTHING_SECONDS: Final = 2.0


class Meter:
    """Counts bytes. `advance` is called per record, so it does next to nothing between two events."""

    def __init__(
        self,
        total: int | None,
        on_event: Callable[[Event], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.done = 0
        self.total = total
        self._on_event = on_event
        self._clock = clock
        self._started = self._last_time = clock()
        self._last_done = 0
        self._rate = 0.0

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return self._clock() - self._started

    def advance(self, count: int, file: str) -> None:
        """`count` more bytes are done; `file` is the one at hand."""
        self.done += count
        now = self._clock()
        if now - self._last_time >= INTERVAL_SECONDS:
            self._tell(now, file)

    def go_back(self, done: int) -> None:
        """After a break: so many bytes are done."""
        self.done = self._last_done = done
        self._last_time = self._clock()

    def finish(self, file: str) -> None:
        """All bytes are done: one last event."""
        self.total = self.done
        self._tell(self._clock(), file)

    def _tell(self, now: float, file: str) -> None:
        passed = max(now - self._last_time, 1e-6)
        rate = (self.done - self._last_done) / passed
        weight = min(1.0, passed / _SMOOTHING_SECONDS) if self._rate else 1.0
        self._rate += (rate - self._rate) * weight
        self._last_time, self._last_done = now, self.done
        eta = None
        if self.total is not None and self._rate > 0:
            eta = int((self.total - self.done) / self._rate + 0.999)
        self._on_event(Progress(self.done, self.total, int(self._rate), eta, file))
