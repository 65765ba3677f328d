"""uvicorn's WebSocket protocol with what it lacks: limits on small frames and fragments, and an end that is one."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from uvicorn._types import ASGIReceiveEvent, ASGISendEvent
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame
from websockets.http11 import Request

from peerseal.server.guard.tls import is_secure
from peerseal.server.light_queue import LightQueue
from peerseal.server.live.connection import RateWindow
from peerseal.server.plumbing import QUIET, Plumbing
from peerseal.server.protocol_refusal import point_of, refusal
from peerseal.wire.limits import KIB

FRAGMENTS_MAX: Final = 1024
#: Texts, pings and pongs. Of what carries files there may be any number.
FRAMES_PER_SECOND: Final = 2000
#: So long is the client's answer to our close waited for.
CLOSE_SECONDS: Final = 3
AFTER_CLOSE_MAX_BYTES: Final = 1024 * KIB
UNREAD_MAX_BYTES: Final = 2048 * KIB
#: The parser is given so much at a time: of a flood it takes no more apart than it takes to see that it is one.
_SLICE: Final = 8 * KIB
_SWITCHING: Final = 101


class PeersealWebSocket(WebSocketsSansIOProtocol):
    """WebSocket: a message in a thousand pieces, or pings nobody reads the answers of, end the connection."""

    def __init__(self, plumbing: Plumbing, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._plumbing = plumbing
        self._admitted: str | None = None
        self._after_close = 0
        self._closing: asyncio.TimerHandle | None = None
        self._frames = RateWindow(1.0)
        self.logger = QUIET
        self.queue: LightQueue[ASGIReceiveEvent] = LightQueue()  # type: ignore[assignment] # what is called of it

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._admitted = self.client[0] if self.client else ""

    def connection_lost(self, exc: Exception | None) -> None:
        if self._admitted is not None:
            self._plumbing.admission.leave(self._admitted)
            self._admitted = None
        if self._closing is not None:
            self._closing.cancel()
        super().connection_lost(exc)

    def handle_connect(self, event: Request) -> None:
        """A handshake that is none (RFC 6455 §4.2.1) is answered as every other refused request is."""
        status = self.conn.accept(event).status_code
        if status == _SWITCHING:
            super().handle_connect(event)
            return
        self.handshake_initiated = self.handshake_complete = self.close_sent = True
        point = point_of(status, b"")
        if point is not None:
            self._plumbing.note(self.client[0] if self.client else "", point, status)
        headers = [
            (name.lower().encode(), value.encode("latin-1", "surrogateescape"))
            for name, value in event.headers.raw_items()
        ]
        asked = {"scheme": self.scheme, "client": self.client, "headers": headers}
        secure = is_secure(asked, self._plumbing.trusted)
        self.transport.write(refusal(status, headers, self.default_headers, secure=secure))
        self.transport.close()

    async def send(self, message: ASGISendEvent) -> None:
        await super().send(message)
        if message["type"] == "websocket.accept":
            del self.request, self.response  # nobody needs their headers any more
        if self.close_sent and self._closing is None:
            # A client that is there answers a close with its own; one that is not must not stay.
            self._closing = self.loop.call_later(CLOSE_SECONDS, self.transport.abort)

    def data_received(self, data: bytes) -> None:
        if self.close_sent:
            # Waiting for the client's close frame; whoever goes on talking instead is not waited for.
            self._after_close += len(data)
            if self._after_close > AFTER_CLOSE_MAX_BYTES:
                self.transport.abort()
                return
        if len(data) <= _SLICE:
            super().data_received(data)
            return
        for start in range(0, len(data), _SLICE):
            super().data_received(data[start : start + _SLICE])
            if self.transport.is_closing():
                return

    def handle_cont(self, event: Frame) -> None:
        if len(self.frames) >= FRAGMENTS_MAX:
            self.frames = []
            self._end("too many fragments")
            return
        super().handle_cont(event)

    def handle_text(self, event: Frame) -> None:
        if not self._flooded():
            super().handle_text(event)

    def handle_pong(self, event: Frame) -> None:
        if not self._flooded():
            super().handle_pong(event)

    def handle_ping(self) -> None:
        if self._flooded():
            return
        super().handle_ping()
        if self.transport.get_write_buffer_size() > UNREAD_MAX_BYTES:
            self.transport.abort()

    def _flooded(self) -> bool:
        """One more small frame; True, and the connection ends, if that is far more than anybody has to say."""
        if self._frames.add(self.loop.time()) <= FRAMES_PER_SECOND:
            return False
        if not self.close_sent:
            self._end("too many frames")
        return True

    def _end(self, why: str) -> None:
        self._plumbing.note(self.client[0] if self.client else "", "malformed", 0)
        self.conn.fail(1008, why)
        self.handle_parser_exception()
