"""A page's end of a stream: binary WebSocket frames are pieces of it, without meaning of their own."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final

from peerseal.server.asgi_types import Receive, Scope, Send
from peerseal.server.guard.problems import HttpProblem
from peerseal.server.relay.stream import Stream
from peerseal.server.relay.switchboard import Switchboard
from peerseal.wire.limits import (
    KIB,
    RELAY_CUT_CLOSE_CODE,
    RELAY_SUBPROTOCOL,
    TICKET_SUBPROTOCOL_PREFIX,
)

#: The sink takes this much before it says it is full, and more again when half of it is gone.
_HIGH_WATER: Final = 512 * KIB
_LOW_WATER: Final = 256 * KIB


async def relay_websocket(switchboard: Switchboard, scope: Scope, receive: Receive, send: Send) -> None:
    """One connection, from handshake to end. Raises `HttpProblem` 400 or 401 before it is accepted."""
    offered: list[str] = scope["subprotocols"]
    tickets = [name for name in offered if name.startswith(TICKET_SUBPROTOCOL_PREFIX)]
    if RELAY_SUBPROTOCOL not in offered or len(tickets) > 1:
        raise HttpProblem(400)
    opened = switchboard.open(tickets[0].removeprefix(TICKET_SUBPROTOCOL_PREFIX)) if tickets else None
    if opened is None:
        raise HttpProblem(401)
    stream, end = opened
    await receive()
    try:
        await send({"type": "websocket.accept", "subprotocol": RELAY_SUBPROTOCOL})
        if stream.over or stream.has(end):
            await send({"type": "websocket.close", "code": RELAY_CUT_CLOSE_CODE})
        elif end == "send":
            await _send_end(stream, receive, send)
        else:
            await _receive_end(stream, receive, send)
    except BaseException:
        stream.cut()
        raise


class _Source:
    """Tells the reading loop when to go on."""

    def __init__(self) -> None:
        self.may_read = asyncio.Event()
        self.may_read.set()
        self.over = asyncio.Event()

    def pause(self) -> None:
        self.may_read.clear()

    def resume(self) -> None:
        self.may_read.set()

    def finished(self) -> None:
        self.over.set()

    def cut(self) -> None:
        self.over.set()


async def _send_end(stream: Stream, receive: Receive, send: Send) -> None:
    source = _Source()
    stream.attach_source(source)
    reader = asyncio.ensure_future(_read(stream, source, receive))
    over = asyncio.ensure_future(source.over.wait())
    try:
        await asyncio.wait((reader, over), return_when=asyncio.FIRST_COMPLETED)
        if reader.done():
            await reader
            return
        if stream.was_cut:
            await send({"type": "websocket.close", "code": RELAY_CUT_CLOSE_CODE})
    finally:
        for task in (reader, over):
            task.cancel()
        await asyncio.gather(reader, over, return_exceptions=True)


async def _read(stream: Stream, source: _Source, receive: Receive) -> None:
    while True:
        await source.may_read.wait()
        event = await receive()
        if event["type"] == "websocket.disconnect":
            if event.get("code") == 1000:
                stream.end()
            else:
                stream.cut()
            return
        piece = event.get("bytes")
        if piece is None:
            stream.cut()
            return
        stream.feed(piece)


class _Sink:
    """A bounded queue, written by one task."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._pieces: deque[bytes] = deque()
        self._size = 0
        self._wake = asyncio.Event()
        self._close_code: int | None = None

    def write(self, piece: bytes) -> None:
        self._pieces.append(piece)
        self._size += len(piece)
        self._wake.set()
        if self._size >= _HIGH_WATER:
            self._stream.full()

    def finish(self) -> None:
        self._close_code = 1000
        self._wake.set()

    def cut(self) -> None:
        self._pieces.clear()
        self._close_code = RELAY_CUT_CLOSE_CODE
        self._wake.set()

    async def run(self, send: Send) -> None:
        """Write until the stream is over, then close with what that means."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._pieces:
                piece = self._pieces.popleft()
                await send({"type": "websocket.send", "bytes": piece})
                was_full = self._size >= _LOW_WATER
                self._size -= len(piece)
                if was_full and self._size < _LOW_WATER:
                    self._stream.ready()
            if self._close_code is not None:
                await send({"type": "websocket.close", "code": self._close_code})
                return


async def _receive_end(stream: Stream, receive: Receive, send: Send) -> None:
    sink = _Sink(stream)
    stream.attach_sink(sink)
    writer = asyncio.ensure_future(sink.run(send))
    # Nothing flows from the receive end: whatever comes is its end, or a breach that ends it.
    reader = asyncio.ensure_future(receive())
    try:
        await asyncio.wait((writer, reader), return_when=asyncio.FIRST_COMPLETED)
        if not writer.done():
            event = reader.result()
            stream.cut()
            if event["type"] != "websocket.disconnect":
                await asyncio.wait((writer,), timeout=5)
    finally:
        stream.cut()  # unless it is over: also when the writer failed before the reader saw why
        for task in (writer, reader):
            task.cancel()
        await asyncio.gather(writer, reader, return_exceptions=True)
