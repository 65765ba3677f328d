"""An end of a stream over plain HTTP requests, for networks that block WebSocket.

Every request names the offset it speaks of, so repeating one after a lost answer is harmless.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections import deque
from collections.abc import Callable
from typing import Final

from peerseal.server.asgi_types import Receive, Scope, Send
from peerseal.server.guard.limits import Admission
from peerseal.server.guard.origin import header_values
from peerseal.server.guard.problems import HttpProblem
from peerseal.server.http import ClientGone, authorization, respond, respond_json
from peerseal.server.live.discovery import Visitor
from peerseal.server.relay.stream import Stream
from peerseal.server.relay.switchboard import STREAMS_PER_ROOM, Switchboard
from peerseal.wire.encoding import base64url_encode
from peerseal.wire.limits import (
    HTTP_PIECE_MAX_BYTES,
    HTTP_SESSION_SECONDS,
    HTTP_WAIT_MAX_SECONDS,
    INTEGER_MAX,
    KIB,
)

#: With what one read of the source may bring on top, a stream stays within its 1 MiB.
_HIGH_WATER: Final = 640 * KIB
#: Sessions need no open socket, so the limit on sockets does not hold them.
SESSIONS_PER_SOURCE: Final = 128
#: Two ends of each stream a room may have.
SESSIONS_PER_ROOM: Final = 2 * STREAMS_PER_ROOM
#: So long is a client waited for whose request broke off: it makes the same one again within a second or two.
BROKEN_OFF_SECONDS: Final = 5
_OCTETS: Final = (b"content-type", b"application/octet-stream")
_ALLOW: Final = [(b"allow", b"GET, POST, PUT")]


class _Session:
    """One end, as its requests find it again."""

    def __init__(self, stream: Stream, now: float) -> None:
        self.stream = stream
        self.used = now
        self.address = ""
        self.broken_off = False
        self.busy = 0
        self.lock = asyncio.Lock()
        self.changed = asyncio.Event()

    def cut(self) -> None:
        self.changed.set()

    async def until(self, condition: Callable[[], bool], deadline: float) -> bool:
        """Wait until the condition holds (True) or the loop's clock shows `deadline`."""
        try:
            async with asyncio.timeout_at(deadline):
                while not condition():
                    self.changed.clear()
                    await self.changed.wait()
        except TimeoutError:
            return False
        return True


class _Source(_Session):
    """The send end: `taken` bytes went into the stream."""

    def __init__(self, stream: Stream, now: float) -> None:
        super().__init__(stream, now)
        self.taken = 0
        self.ended = False

    def pause(self) -> None:
        self.changed.clear()

    def resume(self) -> None:
        self.changed.set()

    def finished(self) -> None:
        self.changed.set()


class _Sink(_Session):
    """The receive end: bytes from `start` on are kept until the client asks for later ones."""

    def __init__(self, stream: Stream, now: float) -> None:
        super().__init__(stream, now)
        self.start = 0
        self.ended = False
        self._pieces: deque[bytes] = deque()
        self._size = 0

    @property
    def end(self) -> int:
        """The offset after the last byte that is here."""
        return self.start + self._size

    def write(self, piece: bytes) -> None:
        self._pieces.append(piece)
        self._size += len(piece)
        if self._size >= _HIGH_WATER:
            self.stream.full()
        self.changed.set()

    def finish(self) -> None:
        self.ended = True
        self.changed.set()

    def cut(self) -> None:
        self._pieces.clear()  # nobody will be given them
        self._size = 0
        super().cut()

    def forget(self, offset: int) -> None:
        """The client has everything before `offset`. Raises `HttpProblem` 409 if that cannot be."""
        if not self.start <= offset <= self.end:
            raise HttpProblem(409, "offset")
        rest = offset - self.start
        while rest:
            piece = self._pieces.popleft()
            if len(piece) > rest:
                self._pieces.appendleft(piece[rest:])
            rest -= min(rest, len(piece))
        self._size -= offset - self.start
        self.start = offset
        if self._size < _HIGH_WATER and not self.stream.over:
            self.stream.ready()

    def read(self) -> bytes:
        """Everything that is here, at most what one answer may hold."""
        return b"".join(self._pieces)[:HTTP_PIECE_MAX_BYTES]


class HttpRelay:
    """Every HTTP end of every stream."""

    def __init__(self, switchboard: Switchboard, clock: Callable[[], float]) -> None:
        self._switchboard = switchboard
        self._clock = clock
        self._sessions: dict[bytes, _Source | _Sink] = {}
        self._rooms: dict[str, dict[bytes, None]] = {}  # the oldest session first
        self._admission = Admission(SESSIONS_PER_SOURCE, ())

    async def __call__(self, visitor: Visitor, scope: Scope, receive: Receive, send: Send) -> None:
        """`POST`, `PUT` and `GET /api/v1/relay`."""
        if scope["method"] == "POST":
            await self._open(visitor, scope, send)
            return
        if scope["method"] not in ("PUT", "GET"):
            await respond(send, 405, headers=_ALLOW)
            return
        session = self._sessions.get(_key(authorization(scope, "Stream")))
        if session is None:
            raise HttpProblem(404)
        session.used = self._clock()
        session.busy += 1
        session.broken_off = False
        try:
            if scope["method"] == "PUT" and isinstance(session, _Source):
                await _put(session, scope, receive, send)
            elif scope["method"] == "GET" and isinstance(session, _Sink):
                await _get(session, scope, receive, send)
            else:
                await respond(send, 405, headers=_ALLOW)
        except ClientGone:
            session.broken_off = True
            raise
        finally:
            session.busy -= 1
            session.used = self._clock()

    def __len__(self) -> int:
        return len(self._sessions)

    def tick(self) -> None:
        """Cut the streams of sessions nobody used for a while, and forget the sessions."""
        now = self._clock()
        for key, session in list(self._sessions.items()):
            patience = BROKEN_OFF_SECONDS if session.broken_off else HTTP_SESSION_SECONDS
            if not session.busy and session.used < now - patience:
                # A receiver that was told of the end may just stop asking.
                self._forget(key)

    async def _open(self, visitor: Visitor, scope: Scope, send: Send) -> None:
        if not self._admission.enter(visitor.address):
            self._admission.leave(visitor.address)
            raise HttpProblem(429)
        opened = self._switchboard.open(authorization(scope, "Ticket"))
        if opened is None:
            self._admission.leave(visitor.address)
            raise HttpProblem(401)
        stream, end = opened
        text = base64url_encode(secrets.token_bytes(32))
        if end == "send":
            source = _Source(stream, self._clock())
            self._keep(_key(text), source, visitor)
            stream.attach_source(source)
        else:
            sink = _Sink(stream, self._clock())
            self._keep(_key(text), sink, visitor)
            stream.attach_sink(sink)
        await respond_json(send, 201, {"session": text})

    def _keep(self, key: bytes, session: _Source | _Sink, visitor: Visitor) -> None:
        session.address = visitor.address
        of_room = self._rooms.setdefault(session.stream.room, {})
        if len(of_room) >= SESSIONS_PER_ROOM:
            # What a finished stream left here for a client that will not come back for it.
            self._forget(next(iter(of_room)))
        self._rooms.setdefault(session.stream.room, {})[key] = None
        self._sessions[key] = session

    def _forget(self, key: bytes) -> None:
        session = self._sessions.pop(key)
        session.stream.cut()
        self._admission.leave(session.address)
        of_room = self._rooms[session.stream.room]
        del of_room[key]
        if not of_room:
            del self._rooms[session.stream.room]


async def _put(source: _Source, scope: Scope, receive: Receive, send: Send) -> None:
    offset, final = _offset(scope), _flag(scope)
    length = _length(scope)
    deadline = asyncio.get_running_loop().time() + HTTP_WAIT_MAX_SECONDS
    async with source.lock:
        if offset > source.taken:
            raise HttpProblem(409, "offset")
        whole = await _take(source, offset, length, receive, deadline)
        if source.stream.was_cut:
            raise HttpProblem(409, "cut")
        if final and whole and not source.ended:
            if source.taken != offset + length:
                raise HttpProblem(409, "offset")
            source.ended = True
            source.stream.end()
        taken = source.taken
    await respond_json(send, 200, {"offset": taken})


async def _take(source: _Source, offset: int, length: int, receive: Receive, deadline: float) -> bool:
    """Feed the body's new bytes as there is room; whether that was all of it."""
    stream, position = source.stream, offset
    while position < offset + length:
        if not await source.until(lambda: stream.has_room or stream.over, deadline) or stream.over:
            break
        try:
            async with asyncio.timeout_at(deadline):
                event = await receive()
        except TimeoutError:
            return False
        if event["type"] == "http.disconnect":
            raise ClientGone
        piece: bytes = event.get("body", b"")
        new = piece[max(0, source.taken - position) :]
        position += len(piece)
        if new and not source.ended:
            stream.feed(new)
            source.taken += len(new)
        if not event.get("more_body", False):
            break
    return position == offset + length


async def _get(sink: _Sink, scope: Scope, receive: Receive, send: Send) -> None:
    gone = asyncio.ensure_future(_gone(receive, sink))
    try:
        await _give(sink, scope, send, gone)
    finally:
        gone.cancel()
        await asyncio.gather(gone, return_exceptions=True)


async def _gone(receive: Receive, sink: _Sink) -> None:
    """Until the client is gone; then who waits for bytes for it is woken."""
    while (await receive())["type"] != "http.disconnect":
        pass
    sink.changed.set()


async def _give(sink: _Sink, scope: Scope, send: Send, gone: asyncio.Future[None]) -> None:
    offset = _offset(scope)
    deadline = asyncio.get_running_loop().time() + HTTP_WAIT_MAX_SECONDS
    async with sink.lock:
        if sink.stream.was_cut:
            raise HttpProblem(409, "cut")
        sink.forget(offset)
        await sink.until(
            lambda: sink.end > sink.start or sink.ended or sink.stream.was_cut or gone.done(), deadline
        )
        if gone.done():
            raise ClientGone
        if sink.stream.was_cut:
            raise HttpProblem(409, "cut")
        body = sink.read()
        final = sink.ended and sink.start + len(body) == sink.end
    headers = [_OCTETS, (b"peerseal-final", b"1")] if final else [_OCTETS]
    if body or final:
        await respond(send, 200, body, headers)
    else:
        await respond(send, 204)


def _offset(scope: Scope) -> int:
    values = header_values(scope["headers"], b"peerseal-offset")
    if len(values) != 1 or not values[0].isascii() or not values[0].isdigit() or len(values[0]) > 16:
        raise HttpProblem(400)
    offset = int(values[0])
    if offset > INTEGER_MAX:
        raise HttpProblem(400)
    return offset


def _flag(scope: Scope) -> bool:
    values = header_values(scope["headers"], b"peerseal-final")
    if values not in ([], ["0"], ["1"]):
        raise HttpProblem(400)
    return values == ["1"]


def _length(scope: Scope) -> int:
    values = header_values(scope["headers"], b"content-length")
    if len(values) != 1 or not values[0].isascii() or not values[0].isdigit():
        raise HttpProblem(411)
    if len(values[0]) > 8 or int(values[0]) > HTTP_PIECE_MAX_BYTES:
        raise HttpProblem(413)
    return int(values[0])


def _key(session: str) -> bytes:
    return hashlib.sha256(session.encode("utf-8", "surrogateescape")).digest()
