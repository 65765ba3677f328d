"""The head of a request on its way: complete within 10 s and 32 KiB, and until then it may have to give up its place."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from peerseal.server.guard.waiting_room import Cuttable, Waiting
from peerseal.wire.limits import KIB

HEAD_SECONDS: Final = 10
HEAD_MAX_BYTES: Final = 32 * KIB


class Head:
    """Of one connection, request after request. `late` is called once one has taken too long, or none has begun."""

    __slots__ = (
        "_bytes",
        "_connection",
        "_half_open",
        "_late",
        "_loop",
        "_source",
        "_timer",
        "awaited",
        "begun",
    )

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        half_open: Waiting,
        source: str,
        connection: Cuttable,
        late: Callable[[], None],
    ) -> None:
        """`connection` of `source` has its place in `half_open` while a head is waited for."""
        self._loop = loop
        self._half_open = half_open
        self._source = source
        self._connection = connection
        self._late = late
        self._timer: asyncio.TimerHandle | None = None
        self._bytes = 0
        #: The end of a head is waited for, or its beginning.
        self.awaited = True
        #: Its first bytes have come.
        self.begun = False

    def wait(self) -> None:
        """A head is to come; its time runs from now, if it does not yet."""
        self.awaited = True
        self._half_open.enter(self._source, self._connection)
        if self._timer is None:
            self._timer = self._loop.call_later(HEAD_SECONDS, self._out_of_time)

    def begin(self) -> None:
        """Its first bytes are here."""
        self.begun = True
        self.wait()

    def take(self, size: int) -> None:
        """So many bytes have come, of a head or not."""
        if self.awaited:
            self._bytes += size

    @property
    def too_long(self) -> bool:
        """Whether more has come than a head may have, and its end has not."""
        return self.awaited and self._bytes > HEAD_MAX_BYTES

    def done(self) -> None:
        """It is complete, or nobody waits for it any more."""
        self.awaited = self.begun = False
        self._bytes = 0
        self._half_open.leave(self._source, self._connection)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _out_of_time(self) -> None:
        self._timer = None
        self._late()
