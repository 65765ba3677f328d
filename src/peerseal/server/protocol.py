"""uvicorn's HTTP protocol with what it lacks: time and size limits, room for everybody, a way out to the raw pipe.

Subclass of a pinned uvicorn: this module, `protocol_bulk` and `protocol_websocket` are all that know its insides.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

import httptools
from uvicorn._types import ASGI3Application
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle
from uvicorn.server import ServerState

from peerseal.server.guard.problems import HttpProblem
from peerseal.server.guard.tls import is_secure
from peerseal.server.head import HEAD_MAX_BYTES, Head
from peerseal.server.plumbing import QUIET, Plumbing
from peerseal.server.protocol_bulk import BulkHttp
from peerseal.server.protocol_refusal import point_of, refusal
from peerseal.server.protocol_websocket import PeersealWebSocket
from peerseal.server.relay.relay_pipe import Pipe
from peerseal.server.relay.relay_upgrade import SWITCHING, opened_end, pipe_of, upgrade_wanted
from peerseal.server.unread import Unread
from peerseal.wire.limits import CHUNKS_PATH, KIB, RELAY_PATH

#: Requests that may wait for the answer of an earlier one on their connection.
PIPELINED_MAX: Final = 8
#: So long may the rest of a body come, at some pace, that was answered before its end.
REST_SECONDS: Final = 900
#: After this time at no less than this pace, in bytes a second.
REST_UNPACED_SECONDS: Final = 10
REST_PACE: Final = KIB
#: Whoever holds a ticket is minded where the ticket counts, not as one that reads no answer.
_TICKETED: Final = (f"{CHUNKS_PATH}/", RELAY_PATH)
#: Connections this machine's own address may have beyond all others: its operator comes in while strangers hold all.
KEPT_FOR_THIS_MACHINE: Final = 8
_THIS_MACHINE: Final = ("127.0.0.1", "::/64")
#: So long is an answer still made once the client says that it sends no more: most that say so are gone.
HALF_CLOSED_SECONDS: Final = 2


class _Unwanted(Exception):
    """Raised in the parser's callbacks: of what it was given, nothing more is to be parsed."""


class PeersealHttp(BulkHttp):
    """HTTP/1.1: a request head must be complete within 10 s and 32 KiB; may become a raw pipe.

    A connection that has no request under way ends after uvicorn's keep-alive time, whatever comes but a request.
    """

    def __init__(self, plumbing: Plumbing, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._plumbing = plumbing
        self._admitted: str | None = None
        self._source = ""
        self._running: RequestResponseCycle | None = None
        self._in_body = False
        self._body_bytes = self._body_seen = 0
        self._answered = 0.0
        self._half_closed = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        super().connection_made(transport)
        self.logger = QUIET
        self._unread = Unread(self.loop, transport, self._ticketed, self._nothing_taken)
        self._admitted = self.client[0] if self.client else ""
        admission = self._plumbing.admission
        self._source = admission.source(self._admitted)
        self._head = Head(self.loop, self._plumbing.half_open, self._source, self, self._head_late)
        if not admission.enter(self._admitted) and not self._plumbing.made_room(self._source):
            self._refuse(429)
        elif not self._has_place(admission.total):
            self._refuse(503)
        else:
            self._head.wait()

    def _has_place(self, total: int) -> bool:
        """Whether so many connections are not too many, or somebody gave up a place; a few are kept for this machine."""
        most = self._plumbing.most
        if total <= most or self._plumbing.made_room():
            return True
        # Not for a proxy in front, which brings everybody: its connections are counted under no source.
        return self._source in _THIS_MACHINE and total <= most + KEPT_FOR_THIS_MACHINE

    def make_room(self) -> None:
        """Its place is needed, and it has no request under way."""
        self._head.done()
        self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head.done()
        self._unread.forget()
        self._plumbing.resting.leave(self._source, self)
        self._release()
        self._unset_keepalive_if_required()
        self.pipeline.clear()
        if self._running is not None and not self._running.response_complete:
            self._running.disconnected = True
            self._running.message_event.set()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        self._head.take(len(data))
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserError:
            self._refuse(400, data[:16])
        except httptools.HttpParserUpgrade as upgrade:
            if self.transport.is_closing():
                return
            if self._relay_wanted():
                self._become_pipe(data[upgrade.args[0] :])
            elif self._should_upgrade():
                self._head.done()
                self.handle_websocket_upgrade()
        else:
            if self._head.too_long:
                self._refuse(431)

    def eof_received(self) -> bool | None:  # type: ignore[override] # uvicorn never keeps it open
        """Whether to stay open: for the answers to requests that are complete."""
        running = self._running is not None and not self._running.response_complete
        if not running or self._in_body or self._head.begun or self.scheme == "https":
            return None
        self.cycle.keep_alive = False
        if not self._half_closed:
            self._half_closed = True
            self.loop.call_later(HALF_CLOSED_SECONDS, self._half_closed_late)
        return True

    def _half_closed_late(self) -> None:
        running = self._running
        chunk = running is not None and running.response_started and "peerseal.direct" in running.scope
        if not chunk:  # a chunk on its way ends by itself, if nobody takes it
            self.transport.close()

    def on_message_begin(self) -> None:
        if self.transport.is_closing() or len(self.pipeline) >= PIPELINED_MAX:
            raise _Unwanted
        self._unset_keepalive_if_required()
        self._plumbing.resting.leave(self._source, self)
        super().on_message_begin()
        self._head.begin()

    def on_headers_complete(self) -> None:
        self._head.done()
        size = sum(len(name) + len(value) for name, value in self.headers) + len(self.url)
        if size > HEAD_MAX_BYTES:
            self._refuse(431)
            return
        if self._relay_wanted():
            self.scope["method"] = self.parser.get_method().decode("ascii")
            return
        if self.parser.should_upgrade() and self._should_upgrade() and self._body_announced():
            self._refuse(400)
            return
        self._in_body = True
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        if self._has_cycle():
            super().on_body(body)

    def on_message_complete(self) -> None:
        self._in_body = False
        if self._has_cycle() and not self._relay_wanted():
            super().on_message_complete()
            self._await_next()

    def on_response_complete(self) -> None:
        self._answered = self.loop.time()
        self._body_seen = self._body_came()
        super().on_response_complete()
        if not self._rests() and self._head.begun:  # the next one's head has a time of its own
            self._unset_keepalive_if_required()

    def timeout_keep_alive_handler(self) -> None:
        self.timeout_keep_alive_task = None
        came, since = self._body_came(), self.loop.time() - self._answered
        enough = 1 if since < REST_UNPACED_SECONDS else REST_PACE * self.timeout_keep_alive
        if self._in_body and since < REST_SECONDS and came - self._body_seen >= enough:
            self._body_seen = came
            self._await_next()
        else:
            super().timeout_keep_alive_handler()
            self._unread.mind()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._unread.mind()

    def resume_writing(self) -> None:
        self._unread.forget()
        super().resume_writing()

    def _ticketed(self) -> bool:
        return self._has_cycle() and self.scope.get("path", "").startswith(_TICKETED)

    def _nothing_taken(self) -> None:
        self._plumbing.note(self.client[0] if self.client else "", "slow_client", 0)
        self.transport.abort()

    def send_400_response(self, msg: str) -> None:
        del msg
        self._refuse(400)

    def handle_websocket_upgrade(self) -> None:
        # The WebSocket protocol takes over this connection's place in the count.
        self._admitted = None
        super().handle_websocket_upgrade()

    def body_over(self) -> None:
        super().body_over()
        self._in_body = False
        self._await_next()

    def _body_came(self) -> int:
        return self._body_bytes + self.past_parser

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._unset_keepalive_if_required()
        self._running = cycle
        super()._start_asgi_task(cycle, _told(cycle, app) if cycle.waiting_for_100_continue else app)

    def _await_next(self) -> None:
        """The keep-alive time from now, if nothing is under way."""
        if self._rests():
            self._unset_keepalive_if_required()
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def _rests(self) -> bool:
        """Whether nothing is under way; then its place may be needed more elsewhere."""
        answered = self._running is not None and self._running.response_complete and not self.pipeline
        if not answered or self._head.begun or self.transport.is_closing():
            return False
        # Of an answer nothing may be lost.
        if not self._in_body and not self.transport.get_write_buffer_size():
            self._plumbing.resting.enter(self._source, self)
        return True

    def _head_late(self) -> None:
        if self._head.begun:
            self._refuse(408)
        else:
            self.transport.close()

    def _release(self) -> None:
        if self._admitted is not None:
            self._plumbing.admission.leave(self._admitted)
            self._admitted = None

    def _relay_wanted(self) -> bool:
        return upgrade_wanted(self._get_upgrade(), self.parser.get_method(), self.url)

    def _body_announced(self) -> bool:
        return any(name in (b"content-length", b"transfer-encoding") for name, _ in self.headers)

    def _become_pipe(self, early: bytes) -> None:
        """Check the ticket and hand the transport over; `early` bytes came in the same segment as the head."""
        if self._body_announced():
            self._refuse(400)
            return
        try:
            opened = opened_end(self.headers, self._plumbing.origins, self._plumbing.switchboard)
        except HttpProblem as problem:
            self._refuse(problem.status)
            return
        admitted, self._admitted = self._admitted, None
        self.connections.discard(self)
        self.transport.write(SWITCHING)

        def lost(pipe: Pipe) -> None:
            self.connections.discard(pipe)
            if admitted is not None:
                self._plumbing.admission.leave(admitted)

        pipe = pipe_of(opened, self.transport, lost)
        self.connections.add(pipe)  # type: ignore[arg-type] # has the one method uvicorn calls
        pipe.begin(early)

    def _has_cycle(self) -> bool:
        cycle: object = self.cycle  # None until the first request, whatever its annotation says
        return cycle is not None

    def _refuse(self, status: int, first: bytes = b"") -> None:
        """Answer with an error made here, outside the ASGI app, and close. `first`: of what could not be read."""
        if self.transport.is_closing():
            return
        if self._has_cycle() and not self.cycle.response_complete:
            self.transport.close()  # in the middle of another answer: only the end can be told
            return
        point = point_of(status, first)
        if point is not None:
            self._plumbing.note(self.client[0] if self.client else "", point, status)
        self.transport.write(
            refusal(status, self.headers or [], self.server_state.default_headers, secure=self._secure())
        )
        self.transport.close()

    def _secure(self) -> bool:
        asked = {"scheme": self.scheme, "client": self.client, "headers": self.headers or []}
        return is_secure(asked, self._plumbing.trusted)


def _told(cycle: RequestResponseCycle, app: ASGI3Application) -> ASGI3Application:
    """`app` for a client that waits to be told to go on: answered before it was, nobody knows what it sends next."""

    async def telling(scope: Any, receive: Any, send: Any) -> None:
        async def answer(event: Any) -> None:
            if cycle.waiting_for_100_continue and cycle.more_body:
                cycle.keep_alive = False
            await send(event)

        await app(scope, receive, answer)

    return telling


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
