"""Bulk past the HTTP parser: a body received straight into two buffers, a file sent by the kernel.

What ASGI has for both copies every byte several times. A request may use these where its connection offers them
(`scope["peerseal.direct"]`, from `protocol`); anywhere else ASGI's own events do the same.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import sys
from collections import deque
from collections.abc import Callable
from typing import Final, Protocol

from peerseal.server.asgi_types import Receive
from peerseal.server.guard.problems import HttpProblem
from peerseal.server.http import ClientGone
from peerseal.wire.limits import KIB

#: Two of these a body; one is filled while the other is used.
PIECE: Final = 512 * KIB
_MOMENT_MS: Final = 5

#: Runs what sends a file's part (descriptor, offset, count) to a socket in a thread; how much it sent. A future, not
#: a task: it is over only when the thread is done with both descriptors.
SendFile = Callable[[Callable[[int, int, int, int], int], int, int, int, int], asyncio.Future[int]]


class Body(Protocol):
    """A request's body, piece by piece. `received`: bytes so far, to tell a slow client from a silent one."""

    received: int

    async def read(self) -> bytes | memoryview:
        """The next piece, good until the next call. Raises `ClientGone`. May be cancelled and called again."""

    def close(self) -> None:
        """No more of it is wanted; what still comes is dropped."""


class EventBody:
    """A body from ASGI's events, as every server has it."""

    def __init__(self, receive: Receive) -> None:
        self.received = 0
        self._receive = receive

    async def read(self) -> bytes | memoryview:
        """See `Body.read`. Raises 400 for an end that comes early."""
        while True:
            event = await self._receive()
            if event["type"] == "http.disconnect":
                raise ClientGone
            piece: bytes = event.get("body", b"")
            self.received += len(piece)
            if piece:
                return piece
            if not event.get("more_body", False):
                raise HttpProblem(400)

    def close(self) -> None:
        """See `Body.close`: the server drops it."""


class DirectBody(asyncio.BufferedProtocol):
    """A connection's protocol while a body comes: fills buffers, and nothing beyond the body's end.

    `early` is what of the body was read before; `ended` is called once nothing of it can come any more, `lost` if
    the connection is, `paused` with whether what is written meanwhile has to wait.
    """

    def __init__(
        self,
        transport: asyncio.Transport,
        early: bytes | bytearray,
        length: int,
        ended: Callable[[], None],
        lost: Callable[[Exception | None], None],
        *,
        paused: Callable[[bool], None] = lambda _: None,
    ) -> None:
        self.received = len(early)
        self._transport = transport
        self._left = length - len(early)
        self._ended = ended
        self._lost = lost
        self._paused = paused
        self._current: memoryview | None = memoryview(bytearray(min(PIECE, length)))
        self._spare: memoryview | None = memoryview(bytearray(min(PIECE, length)))
        self._current[: len(early)] = early
        self._filled = len(early)
        self._ready: deque[tuple[memoryview, int]] = deque()
        self._out: memoryview | None = None
        self._happened = asyncio.Event()
        self._gone = self._dropping = False

    async def read(self) -> bytes | memoryview:
        """See `Body.read`. At most `PIECE` bytes; the next are received meanwhile."""
        free, self._out = self._out, None
        if free is not None and self._current is None:
            self._current = free
            self._resume()
        elif free is not None:
            self._spare = free
        while not self._ready:
            if self._gone:
                raise ClientGone
            self._happened.clear()
            await self._happened.wait()
        self._out, filled = self._ready.popleft()
        return self._out[:filled]

    def close(self) -> None:
        """See `Body.close`."""
        if self._left and not self._gone:
            self._dropping = True
            self._filled = 0
            # The piece last handed out may still be in use by a thread: never that one.
            self._current = self._current or memoryview(bytearray(PIECE))
            self._resume()

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where the transport reads to."""
        del sizehint
        if self._current is None:
            raise BufferError("nothing is read while reading is paused")
        return self._current[self._filled :][: self._left]

    def buffer_updated(self, nbytes: int) -> None:
        """So many bytes are there."""
        self.received += nbytes
        self._left -= nbytes
        self._filled += nbytes
        if self._dropping:
            self._filled = 0
        elif self._current is not None and (self._filled == len(self._current) or not self._left):
            self._ready.append((self._current, self._filled))
            self._filled = 0
            self._current, self._spare = self._spare, None
            self._happened.set()
        if not self._left:
            self._ended()
        elif self._current is None:
            self._transport.pause_reading()

    def pause_writing(self) -> None:
        """The client takes no more of an answer for now."""
        self._paused(True)

    def resume_writing(self) -> None:
        """It does again."""
        self._paused(False)

    def eof_received(self) -> bool:
        """The client ended in the middle of its request."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self._gone = True
        self._happened.set()
        self._lost(exc)

    def _resume(self) -> None:
        if self._left and not self._transport.is_closing():
            self._transport.resume_reading()


async def send_file(
    transport: asyncio.Transport, file: int, span: tuple[int, int], stall: float, in_thread: SendFile
) -> bool:
    """Send bytes `span` (first, one after the last) of an open file; False, and nothing sent, if this cannot be done here.

    Everything written to the transport before must be on its way. Raises `ClientGone` if the client is, takes
    nothing for `stall` seconds, or the file is shorter. However this ends, no thread uses `file` any more.
    """
    sock = transport.get_extra_info("socket")
    if sys.platform == "win32" or sock is None or transport.get_extra_info("sslcontext") is not None:
        return False
    if not await _flushed(transport):
        return False
    first, last = span
    # A loop that knows a connection by its descriptor takes another watch only for another descriptor.
    out = os.dup(sock.fileno())
    try:
        while first < last:
            sent = await _to_its_end(in_thread(_send_some, out, file, first, last - first))
            first += sent
            if first < last:
                if not sent and os.fstat(file).st_size <= first:
                    raise ClientGone
                await _writable(out, stall)
    except (OSError, TimeoutError) as cut:
        raise ClientGone from cut
    finally:
        os.close(out)
    return True


async def _to_its_end(sending: asyncio.Future[int]) -> int:
    """Its result. Whoever cancels waits for its end: a descriptor closed before could be somebody else's by then."""
    try:
        return await asyncio.shield(sending)
    finally:
        while not sending.done():
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait([sending])


async def _flushed(transport: asyncio.Transport) -> bool:
    for _ in range(3):
        if not transport.get_write_buffer_size():
            return not transport.is_closing()
        await asyncio.sleep(0)
    return False


def _send_some(out: int, file: int, first: int, count: int) -> int:
    """As much as the socket takes, until it takes nothing for a moment: back in the event loop costs more."""
    room = select.poll()
    room.register(out, select.POLLOUT)
    done = 0
    while done < count and room.poll(_MOMENT_MS):
        try:
            step = os.sendfile(out, file, first + done, count - done)  # type: ignore[attr-defined,unused-ignore] # not on Windows
        except BlockingIOError:
            break
        if not step:
            break
        done += step
    return done


async def _writable(out: int, stall: float) -> None:
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_writer(out, ready.set)
    try:
        async with asyncio.timeout(stall):
            await ready.wait()
    finally:
        loop.remove_writer(out)
