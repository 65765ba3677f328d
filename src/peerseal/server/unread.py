"""A client that takes nothing of what was written to it for ten seconds is not waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

#: So long may a client take nothing of an answer.
UNREAD_SECONDS: Final = 10


class Unread:
    """What waits in one transport. `late` is called once nothing of it was taken for that time.

    Nobody is minded while `exempt` says so.
    """

    __slots__ = ("_exempt", "_late", "_loop", "_timer", "_transport")

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        transport: asyncio.WriteTransport,
        exempt: Callable[[], bool],
        late: Callable[[], None],
    ) -> None:
        self._loop = loop
        self._transport = transport
        self._exempt = exempt
        self._late = late
        self._timer: asyncio.TimerHandle | None = None

    def mind(self) -> None:
        """Of what waits now, something must be taken from now on."""
        waits = self._transport.get_write_buffer_size()
        if waits and self._timer is None and not self._exempt():
            self._timer = self._loop.call_later(UNREAD_SECONDS, self._look, waits)

    def forget(self) -> None:
        """It was taken, or nobody is there any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self, before: int) -> None:
        self._timer = None
        if self._transport.get_write_buffer_size() >= before:
            self._late()
        else:
            self.mind()
