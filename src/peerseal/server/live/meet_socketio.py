"""Meeting over Socket.IO: how the page does it. Control messages only; its queues must never carry files."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import engineio
import socketio
from engineio import packet as engine_packet

from peerseal.errors import IntegrityFailed
from peerseal.server.asgi_types import Event, Receive, Scope, Send
from peerseal.server.guard.origin import header_values
from peerseal.server.guard.problems import HttpProblem
from peerseal.server.http import read_body
from peerseal.server.live.connection import Connection
from peerseal.server.live.discovery import Visitor
from peerseal.server.live.outgoing import Outgoing
from peerseal.server.live.service import Meeting
from peerseal.server.logs import silent_log
from peerseal.wire import strict_json
from peerseal.wire.codec import read_client, write_reply
from peerseal.wire.limits import HEARTBEAT_SECONDS, JSON_MAX_BYTES, JSON_MAX_DEPTH
from peerseal.wire.strict_json import JsonObject, JsonValue

#: Their logs would show session ids.
_SILENT: Final = silent_log("peerseal.server.socketio")
#: Packets that may wait for a page that does not read; more and it is cut.
_QUEUE_MAX: Final = 256
#: Event names that are not the message's type: Socket.IO keeps `connect` for itself.
_TYPES: Final = {"connect_to": "connect"}
_VISITOR: Final = "peerseal.visitor"
_PACKET_MAX_BYTES: Final = JSON_MAX_BYTES


class StrictJson:
    """The strict decoder in the shape the libraries ask for: a module with `loads` and `dumps`."""

    @staticmethod
    def loads(text: str) -> JsonValue:
        """Raises ValueError, by which Engine.IO tells JSON from text. An event's list is one level more."""
        try:
            return strict_json.loads(text, max_depth=JSON_MAX_DEPTH + 1)
        except IntegrityFailed as wrong:
            raise ValueError(wrong.message) from wrong

    @staticmethod
    def dumps(value: JsonValue, **options: object) -> str:
        """Compact, whatever the options ask."""
        del options
        return strict_json.dumps(value)


class SocketIoLink:
    """One page, reached through its Engine.IO queue."""

    def __init__(self, engine: engineio.AsyncServer, engine_sid: str) -> None:
        self._engine = engine
        self._sid = engine_sid
        self._closing: asyncio.Task[None] | None = None

    def deliver(self, message: Outgoing) -> None:
        socket = self._engine.sockets.get(self._sid)
        if socket is None or socket.closed:
            return
        if socket.queue.qsize() > _QUEUE_MAX:
            self.cut("too_slow")
            return
        # Encoded once for a whole lobby and put straight into the queue: `emit` would encode for each peer.
        socket.queue.put_nowait(engine_packet.Packet(engine_packet.MESSAGE, data=message.event))

    def cut(self, code: str) -> None:
        del code
        if self._closing is None:
            self._closing = asyncio.ensure_future(self._close())

    async def _close(self) -> None:
        try:
            async with asyncio.timeout(5):
                await self._engine.disconnect(self._sid)
        except TimeoutError:
            return


class _Server(socketio.AsyncServer):  # type: ignore[misc] # published without types
    """Refuses what this protocol does not use: binary packets, other namespaces, undecodable texts."""

    def __init__(self, carrier: SocketIoMeeting) -> None:
        self._carrier = carrier
        super().__init__(
            async_mode="asgi",
            json=StrictJson,
            cors_allowed_origins=[],  # no CORS headers: the outermost layer checks the origin
            max_http_buffer_size=_PACKET_MAX_BYTES,
            ping_interval=HEARTBEAT_SECONDS,
            ping_timeout=HEARTBEAT_SECONDS,
            http_compression=False,
            async_handlers=False,  # a client's messages are handled in their order
            logger=_SILENT,
            engineio_logger=_SILENT,
        )

    async def _handle_eio_message(self, eio_sid: str, data: object) -> None:
        # Types 5 and 6 announce attachments, which would wait in memory for as long as they do not come.
        if not isinstance(data, str) or data[:1] not in {"0", "1", "2"}:
            await self._carrier.malformed(eio_sid)
            return
        try:
            await super()._handle_eio_message(eio_sid, data)
        except Exception:  # noqa: BLE001 - whatever the library trips over came from the client
            await self._carrier.malformed(eio_sid)


class SocketIoMeeting:
    """The Socket.IO endpoint."""

    def __init__(self, meeting: Meeting) -> None:
        self._meeting = meeting
        self._connections: dict[str, Connection] = {}
        self._by_engine: dict[str, str] = {}
        self._server = _Server(self)
        self._server.on("connect", self._connect)
        self._server.on("disconnect", self._disconnect)
        self._server.on("*", self._event)

    async def __call__(self, visitor: Visitor, scope: Scope, receive: Receive, send: Send) -> None:
        """One HTTP request or WebSocket of the Engine.IO protocol."""
        if b"j=" in scope["query_string"]:
            raise HttpProblem(400)  # JSONP: a script of this origin that other pages could include
        scope[_VISITOR] = visitor
        if scope["type"] == "http" and scope["method"] == "POST":
            receive = await _whole_body(scope, receive)
        await self._server.handle_request(scope, receive, send)

    async def shutdown(self) -> None:
        """Stop the library's own tasks."""
        await self._server.shutdown()

    async def malformed(self, engine_sid: str) -> None:
        """A packet that is no message: counted, or the end for one who never connected."""
        connection = self._connections.get(self._by_engine.get(engine_sid, ""))
        if connection is None:
            await self._server.eio.disconnect(engine_sid)
        else:
            self._meeting.refuse(connection, "malformed", "not a message")

    def _connect(self, sid: str, environ: dict[str, Any], auth: object) -> None:
        del auth
        engine_sid = self._server.manager.eio_sid_from_sid(sid, "/")
        visitor: Visitor = environ["asgi.scope"][_VISITOR]
        link = SocketIoLink(self._server.eio, engine_sid)
        self._connections[sid] = self._meeting.arrive(link, visitor, heartbeat=False)
        self._by_engine[engine_sid] = sid

    def _disconnect(self, sid: str, reason: str) -> None:
        connection = self._connections.pop(sid, None)
        if connection is not None:
            silent = reason in {self._server.reason.PING_TIMEOUT, self._server.reason.TRANSPORT_ERROR}
            self._meeting.depart(connection, "vanished" if silent else "left")
        for engine_sid in [key for key, value in self._by_engine.items() if value == sid]:
            del self._by_engine[engine_sid]

    def _event(self, event: str, sid: str, *arguments: object) -> JsonObject | None:
        connection = self._connections.get(sid)
        if connection is None:
            return None
        try:
            if len(arguments) > 1 or not isinstance(fields := arguments[0] if arguments else {}, dict):
                raise strict_json.malformed("an event has one object")
            message = read_client(_TYPES.get(event, event), fields)
        except IntegrityFailed as wrong:
            return write_reply(None, self._meeting.refuse(connection, wrong.code, wrong.message))
        return write_reply(message, self._meeting.receive(connection, message))


async def _whole_body(scope: Scope, receive: Receive) -> Receive:
    """Read a polling request's body under our limits; Engine.IO would wait for it without end."""
    if not header_values(scope["headers"], b"content-length"):
        raise HttpProblem(411)
    body: list[Event] = [
        {"type": "http.request", "body": await read_body(receive, _PACKET_MAX_BYTES), "more_body": False}
    ]

    async def replay() -> Event:
        return body.pop() if body else await receive()

    return replay
