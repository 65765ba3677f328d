"""uvicorn's HTTP and WebSocket protocols with what they lack: time and size limits, and the raw relay pipe.

Subclasses of a pinned uvicorn: this is the only module that knows its insides.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.frames import Frame

from peerseal.server.direct import PIECE, DirectBody, SendFile, send_file
from peerseal.server.guard.headers import secured
from peerseal.server.guard.limits import Admission
from peerseal.server.guard.origin import header_values, origin_allowed, parse_host
from peerseal.server.guard.problems import PROBLEM_TYPE, code_of, problem_body
from peerseal.server.logs import silent_log
from peerseal.server.relay.relay_pipe import Pipe, SinkPipe, SourcePipe
from peerseal.server.relay.switchboard import Switchboard
from peerseal.wire.limits import CHUNKS_PATH, KIB, RELAY_PATH, RELAY_UPGRADE

#: uvicorn warns of every refused request; what strangers send is not the operator's news.
_QUIET: Final = silent_log("peerseal.server.requests")
HEAD_SECONDS: Final = 10
HEAD_MAX_BYTES: Final = 32 * KIB
FRAGMENTS_MAX: Final = 1024
AFTER_CLOSE_MAX_BYTES: Final = 1024 * KIB
UNREAD_MAX_BYTES: Final = 2048 * KIB

_SWITCHING: Final = (
    f"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: {RELAY_UPGRADE}\r\n\r\n".encode()
)


@dataclass(frozen=True, slots=True)
class Plumbing:
    """What a connection needs besides the ASGI app."""

    switchboard: Switchboard
    admission: Admission
    origins: tuple[str, ...]


class PeersealHttp(HttpToolsProtocol):
    """HTTP/1.1: a request head must be complete within 10 s and 32 KiB; may become a raw pipe."""

    def __init__(self, plumbing: Plumbing, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._plumbing = plumbing
        self._head_bytes = 0
        self._in_head = True
        self._head_begun = False
        self._head_timer: asyncio.TimerHandle | None = None
        self._admitted: str | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        super().connection_made(transport)
        self.logger = _QUIET
        self._admitted = self.client[0] if self.client else ""
        if not self._plumbing.admission.enter(self._admitted):
            self._refuse(429)
            return
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_done()
        self._release()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        if self.transport.is_closing():
            return
        if self._in_head:
            self._head_bytes += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserError:
            self._refuse(400)
        except httptools.HttpParserUpgrade as upgrade:
            if self.transport.is_closing():
                return
            if self._relay_wanted():
                self._become_pipe(data[upgrade.args[0] :])
            elif self._should_upgrade():
                self._head_done()
                self.handle_websocket_upgrade()
        else:
            if self._in_head and self._head_bytes > HEAD_MAX_BYTES:
                self._refuse(431)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head_begun = True
        self._await_head()

    def on_headers_complete(self) -> None:
        self._head_done()
        size = sum(len(name) + len(value) for name, value in self.headers) + len(self.url)
        if size > HEAD_MAX_BYTES:
            self._refuse(431)
            return
        if self._relay_wanted():
            self.scope["method"] = self.parser.get_method().decode("ascii")
            return
        super().on_headers_complete()
        scope: MutableMapping[str, Any] = self.scope  # type: ignore[assignment] # the names of ASGI and ours
        if scope.get("path", "").startswith(f"{CHUNKS_PATH}/"):  # none before an upgrade
            scope["peerseal.direct"] = Direct(self, self.cycle)

    def on_body(self, body: bytes) -> None:
        if self._has_cycle():
            super().on_body(body)

    def on_message_complete(self) -> None:
        if self._has_cycle() and not self._relay_wanted():
            super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        del msg
        self._refuse(400)

    def handle_websocket_upgrade(self) -> None:
        # The WebSocket protocol takes over this connection's place in the count.
        self._admitted = None
        super().handle_websocket_upgrade()

    def take_body(self, cycle: RequestResponseCycle, length: int) -> DirectBody | None:
        """The rest of a body of `length` bytes, past the parser; None if most of it is here already."""
        if self.cycle is not cycle or not cycle.more_body or cycle.disconnected:
            return None
        if len(cycle.body) >= min(length, PIECE) or self.transport.is_closing():
            return None
        self.transport.pause_reading()
        body = DirectBody(self.transport, cycle.body, length, self._body_over, self.connection_lost)
        cycle.body = bytearray()
        self.transport.set_protocol(body)
        if cycle.waiting_for_100_continue:
            cycle.waiting_for_100_continue = False
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        self.flow.read_paused = False
        self.transport.resume_reading()
        return body

    def _body_over(self) -> None:
        """The parser goes on behind a body it never saw the end of: with a new one, as nothing tells it to skip."""
        self.parser = httptools.HttpRequestParser(self)
        self.transport.set_protocol(self)
        self.cycle.more_body = False
        self.cycle.message_event.set()

    def _await_head(self) -> None:
        self._in_head = True
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(HEAD_SECONDS, self._head_late)

    def _head_done(self) -> None:
        self._in_head = self._head_begun = False
        self._head_bytes = 0
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _head_late(self) -> None:
        self._head_timer = None
        if self._head_begun:
            self._refuse(408)
        else:
            self.transport.close()

    def _release(self) -> None:
        if self._admitted is not None:
            self._plumbing.admission.leave(self._admitted)
            self._admitted = None

    def _relay_wanted(self) -> bool:
        return (
            self._get_upgrade() == RELAY_UPGRADE.encode()
            and self.parser.get_method() == b"GET"
            and self.url.partition(b"?")[0] == RELAY_PATH.encode()
        )

    def _become_pipe(self, early: bytes) -> None:
        """Check the ticket and hand the transport over; `early` bytes came in the same segment as the head."""
        names = {name for name, _ in self.headers}
        hosts = header_values(self.headers, b"host")
        origins = header_values(self.headers, b"origin")
        tickets = header_values(self.headers, b"authorization")
        if (
            names & {b"content-length", b"transfer-encoding"}
            or len(hosts) != 1
            or parse_host(hosts[0]) is None
        ):
            self._refuse(400)
            return
        if any(not origin_allowed(origin, hosts[0], self._plumbing.origins) for origin in origins):
            self._refuse(403)
            return
        scheme, _, ticket = tickets[0].partition(" ") if len(tickets) == 1 else ("", "", "")
        opened = self._plumbing.switchboard.open(ticket) if scheme.lower() == "ticket" else None
        if opened is None:
            self._refuse(401)
            return
        stream, end = opened
        admitted, self._admitted = self._admitted, None
        self.connections.discard(self)
        self.transport.write(_SWITCHING)

        def lost(pipe: Pipe) -> None:
            self.connections.discard(pipe)
            if admitted is not None:
                self._plumbing.admission.leave(admitted)

        if end == "send":
            source = SourcePipe(stream, self.transport, lost)
            self._hand_over(source)
            stream.attach_source(source)
            if early:
                stream.feed(early)
        else:
            sink = SinkPipe(stream, self.transport, lost)
            self._hand_over(sink)
            stream.attach_sink(sink)

    def _hand_over(self, pipe: Pipe) -> None:
        self.connections.add(pipe)  # type: ignore[arg-type] # has the one method uvicorn calls
        self.transport.set_protocol(pipe)

    def _has_cycle(self) -> bool:
        cycle: object = self.cycle  # None until the first request, whatever its annotation says
        return cycle is not None

    def _refuse(self, status: int) -> None:
        """Answer with an error made here, outside the ASGI app, and close."""
        if self.transport.is_closing():
            return
        if self._has_cycle() and not self.cycle.response_complete:
            self.transport.close()  # in the middle of another answer: only the end can be told
            return
        request_id = secrets.token_hex(8)
        body = problem_body(status, code_of(status), request_id)
        hosts = header_values(self.headers or [], b"host")
        headers = [
            *self.server_state.default_headers,
            (b"content-type", PROBLEM_TYPE.encode()),
            (b"content-length", str(len(body)).encode()),
            (b"connection", b"close"),
        ]
        head = b"".join(
            name + b": " + value + b"\r\n"
            for name, value in secured(headers, hosts[0] if hosts else "", request_id)
        )
        line = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n".encode()
        self.transport.write(line + head + b"\r\n" + body)
        self.transport.close()


class Direct:
    """What a request on such a connection can do past ASGI (see `direct`)."""

    def __init__(self, http: PeersealHttp, cycle: RequestResponseCycle) -> None:
        self._http = http
        self._cycle = cycle

    def body(self, length: int) -> DirectBody | None:
        """The request's body, of which nothing was received by events; None if those are as good."""
        return self._http.take_body(self._cycle, length)

    async def send_file(self, file: int, span: tuple[int, int], stall: float, in_thread: SendFile) -> bool:
        """As `direct.send_file`: a part of the response's body, once its head was sent."""
        sent = await send_file(self._http.transport, file, span, stall, in_thread)
        if sent:
            self._cycle.expected_content_length -= span[1] - span[0]
        return sent


class PeersealWebSocket(WebSocketsSansIOProtocol):
    """WebSocket: a message in a thousand pieces, or pings nobody reads the answers of, end the connection."""

    def __init__(self, plumbing: Plumbing, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._plumbing = plumbing
        self._admitted: str | None = None
        self._after_close = 0
        self.logger = _QUIET

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._admitted = self.client[0] if self.client else ""

    def connection_lost(self, exc: Exception | None) -> None:
        if self._admitted is not None:
            self._plumbing.admission.leave(self._admitted)
            self._admitted = None
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.close_sent:
            # Waiting for the client's close frame; whoever goes on talking instead is not waited for.
            self._after_close += len(data)
            if self._after_close > AFTER_CLOSE_MAX_BYTES:
                self.transport.abort()
                return
        super().data_received(data)

    def handle_cont(self, event: Frame) -> None:
        if len(self.frames) >= FRAGMENTS_MAX:
            self.frames = []
            self.conn.fail(1008, "too many fragments")
            self.handle_parser_exception()
            return
        super().handle_cont(event)

    def handle_ping(self) -> None:
        super().handle_ping()
        if self.transport.get_write_buffer_size() > UNREAD_MAX_BYTES:
            self.transport.abort()


def protocols(plumbing: Plumbing) -> tuple[Callable[..., asyncio.Protocol], Callable[..., asyncio.Protocol]]:
    """What uvicorn's `http` and `ws` settings take."""

    def http(
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> asyncio.Protocol:
        return PeersealHttp(plumbing, config, server_state, app_state, _loop)

    def websocket(config: Config, server_state: ServerState, app_state: dict[str, Any]) -> asyncio.Protocol:
        return PeersealWebSocket(plumbing, config, server_state, app_state)

    return http, websocket
