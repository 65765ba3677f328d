"""Meeting over Socket.IO: how the page does it. Control messages only; its queues must never carry files."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any, Final
from urllib.parse import parse_qs

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
from peerseal.wire.limits import HEARTBEAT_SECONDS, JOIN_WITHIN_SECONDS, JSON_MAX_BYTES, JSON_MAX_DEPTH
from peerseal.wire.messages import ClientMessage
from peerseal.wire.strict_json import JsonObject, JsonValue

#: Their logs would show session ids.
_SILENT: Final = silent_log("peerseal.server.socketio")
#: Packets that may wait for a page that does not read; more and it is cut.
_QUEUE_MAX: Final = 256
#: Event names that are not the message's type: Socket.IO keeps `connect` for itself.
_TYPES: Final = {"connect_to": "connect"}
_GOODBYE_SECONDS: Final = 1
#: Socket.IO keeps `connect` for itself.
_CONNECT_EVENT: Final = "connect_to"
_VISITOR: Final = "peerseal.visitor"
_SERVING: Final = "peerseal.serving"
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
    """One page, reached through its Engine.IO queue. Exists before the page said who it is."""

    def __init__(self, engine: engineio.AsyncServer, engine_sid: str) -> None:
        self._engine = engine
        self._sid = engine_sid
        self._closing: asyncio.Task[None] | None = None
        #: The task that serves the page's WebSocket, once there is one.
        self.serving: asyncio.Task[object] | None = None

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
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_GOODBYE_SECONDS):
                await self._engine.disconnect(self._sid)
        # A page closes by itself when it is told. Others would hold the connection as long as they talk.
        await asyncio.sleep(_GOODBYE_SECONDS)
        if self.serving is not None:
            self.serving.cancel()


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

    async def _handle_eio_connect(self, eio_sid: str, environ: dict[str, Any]) -> None:
        self._carrier.opened(eio_sid, environ["asgi.scope"])
        await super()._handle_eio_connect(eio_sid, environ)

    async def _handle_eio_disconnect(self, eio_sid: str, reason: str) -> None:
        self._carrier.closed(eio_sid)
        await super()._handle_eio_disconnect(eio_sid, reason)

    async def _handle_event(self, eio_sid: str, namespace: str | None, id: int | None, data: object) -> None:  # noqa: A002 - the library's name
        # Not by the library's table of handlers: there a client's event `disconnect` would be our own.
        reply = self._carrier.event(eio_sid, data)
        if id is not None and reply is not None:
            ack = socketio.packet.Packet(socketio.packet.ACK, namespace=namespace, id=id, data=[reply])
            await self._send_packet(eio_sid, ack)

    async def _handle_eio_message(self, eio_sid: str, data: object) -> None:
        # Types 5 and 6 announce attachments, which would wait in memory for as long as they do not come.
        if not isinstance(data, str) or data[:1] not in {"0", "1", "2"}:
            self._carrier.malformed(eio_sid)
            return
        try:
            await super()._handle_eio_message(eio_sid, data)
        except Exception:  # noqa: BLE001 - whatever the library trips over came from the client
            self._carrier.malformed(eio_sid)


class SocketIoMeeting:
    """The Socket.IO endpoint."""

    def __init__(self, meeting: Meeting) -> None:
        self._meeting = meeting
        self._connections: dict[str, Connection] = {}
        self._links: dict[str, SocketIoLink] = {}
        self._joined: dict[str, Connection] = {}
        self._server = _Server(self)
        self._server.on("connect", self._connect)
        self._server.on("disconnect", self._disconnect)

    async def __call__(self, visitor: Visitor, scope: Scope, receive: Receive, send: Send) -> None:
        """One HTTP request or WebSocket of the Engine.IO protocol."""
        if b"j=" in scope["query_string"]:
            raise HttpProblem(400)  # JSONP: a script of this origin that other pages could include
        scope[_VISITOR] = visitor
        if scope["type"] == "websocket":
            scope[_SERVING] = asyncio.current_task()
            session = parse_qs(scope["query_string"].decode("latin-1")).get("sid", [""])[0]
            if session in self._links:
                self._links[session].serving = scope[_SERVING]
        if scope["type"] == "http" and scope["method"] == "POST":
            receive = await _whole_body(scope, receive)
        await self._server.handle_request(scope, receive, send)

    async def shutdown(self) -> None:
        """Stop the library's own tasks."""
        await self._server.shutdown()

    def opened(self, engine_sid: str, scope: Scope) -> None:
        """An Engine.IO session began; it has 10 s to become a Socket.IO connection."""
        link = SocketIoLink(self._server.eio, engine_sid)
        link.serving = scope.get(_SERVING)
        self._links[engine_sid] = link
        asyncio.get_running_loop().call_later(JOIN_WITHIN_SECONDS, self._mind, engine_sid, link)

    def closed(self, engine_sid: str) -> None:
        """The Engine.IO session is over."""
        self._links.pop(engine_sid, None)
        self._joined.pop(engine_sid, None)

    def malformed(self, engine_sid: str) -> None:
        """A packet that is no message: counted, or the end for one who never connected."""
        connection = self._joined.get(engine_sid)
        link = self._links.get(engine_sid)
        if connection is not None:
            self._meeting.refuse(connection, "malformed", "not a message")
        elif link is not None:
            link.cut("malformed")

    def _mind(self, engine_sid: str, link: SocketIoLink) -> None:
        if engine_sid not in self._joined:
            link.cut("not_joined")

    def _connect(self, sid: str, environ: dict[str, Any], auth: object) -> None:
        del auth
        engine_sid = self._server.manager.eio_sid_from_sid(sid, "/")
        visitor: Visitor = environ["asgi.scope"][_VISITOR]
        connection = self._meeting.arrive(self._links[engine_sid], visitor, heartbeat=False)
        self._connections[sid] = self._joined[engine_sid] = connection

    def _disconnect(self, sid: str, reason: str) -> None:
        connection = self._connections.pop(sid, None)
        if connection is not None:
            silent = reason in {self._server.reason.PING_TIMEOUT, self._server.reason.TRANSPORT_ERROR}
            self._meeting.depart(connection, "vanished" if silent else "left")

    def event(self, engine_sid: str, packet: object) -> JsonObject | None:
        """A client's event; the object of its acknowledgement."""
        connection = self._joined.get(engine_sid)
        if connection is None:
            return None
        try:
            message = _read(packet)
        except IntegrityFailed as wrong:
            return write_reply(None, self._meeting.refuse(connection, wrong.code, wrong.message))
        return write_reply(message, self._meeting.receive(connection, message))


def _read(packet: object) -> ClientMessage:
    """The message in an event packet's list of name and at most one object."""
    name, *arguments = packet if isinstance(packet, list) and packet else [None]
    fields = arguments[0] if arguments else {}
    if not isinstance(name, str) or not isinstance(fields, dict) or len(arguments) > 1 or name == "connect":
        raise strict_json.malformed("an event has a name and one object")
    return read_client("connect" if name == _CONNECT_EVENT else name, fields)


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
