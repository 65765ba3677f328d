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
from peerseal.server.accounts.asking import Asking
from peerseal.server.asgi_types import Event, Receive, Scope, Send
from peerseal.server.guard.limits import Admission
from peerseal.server.guard.origin import header_values
from peerseal.server.guard.problems import HttpProblem
from peerseal.server.http import ClientGone, read_body
from peerseal.server.light_queue import LightQueue
from peerseal.server.live.callers import Callers
from peerseal.server.live.connection import BACKLOG_MAX_BYTES, Connection
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
#: Sessions that poll need no open socket, so the limit on sockets does not hold them.
POLLING_PER_SOURCE: Final = 256
#: Event names that are not the message's type: Socket.IO keeps `connect` for itself.
_TYPES: Final = {"connect_to": "connect"}
_GOODBYE_SECONDS: Final = 1
#: Socket.IO keeps `connect` for itself.
_CONNECT_EVENT: Final = "connect_to"
_VISITOR: Final = "peerseal.visitor"
_SERVING: Final = "peerseal.serving"
_PLACE: Final = "peerseal.place"
_PACKET_MAX_BYTES: Final = JSON_MAX_BYTES
#: More than any page sends in a query.
_FIELDS_MAX: Final = 32
#: What the library still needs of a request once the page has connected.
_NEEDED: Final = ("asgi.scope", "asgi.receive", "asgi.send")
#: What still counts of its head then: who may come again by it.
_ASKED_BY: Final = frozenset({b"host", b"origin", b"cookie", b"authorization"})


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


class _Queue(LightQueue[engine_packet.Packet | None]):
    """Packets on their way to one page, and how many bytes they are that nobody takes yet."""

    __slots__ = ("waiting_bytes",)

    def __init__(self) -> None:
        super().__init__()
        self.waiting_bytes = 0

    def _added(self, item: engine_packet.Packet | None) -> None:
        self.waiting_bytes += _size(item)

    def _taken(self, item: engine_packet.Packet | None) -> None:
        self.waiting_bytes -= _size(item)


def _size(item: engine_packet.Packet | None) -> int:
    # The small packets count too: a thousand of them are not nothing.
    return 64 + (len(item.data.encode()) if item is not None and isinstance(item.data, str) else 0)


class _Engine(engineio.AsyncServer):  # type: ignore[misc] # published without types
    """Engine.IO with queues that know their size."""

    def create_queue(self) -> _Queue:
        return _Queue()


class _Place:
    """One polling session's part of what its source may have."""

    def __init__(self, admission: Admission, address: str) -> None:
        self._admission = admission
        self._address = address
        self._taken = False
        #: Whether a session has it, which then gives it back.
        self.used = False

    def take(self) -> bool:
        """Count it; False if that is too many."""
        self._taken = True
        return self._admission.enter(self._address)

    def free(self) -> None:
        """Count it no more; doing it twice is harmless."""
        if self._taken:
            self._taken = False
            self._admission.leave(self._address)


class SocketIoLink:
    """One page, reached through its Engine.IO queue. Exists before the page said who it is."""

    def __init__(self, engine: engineio.AsyncServer, engine_sid: str, place: _Place | None) -> None:
        self._engine = engine
        self._sid = engine_sid
        self._place = place
        self._closing: asyncio.Task[None] | None = None
        #: The task that serves the page's WebSocket, once there is one.
        self.serving: asyncio.Task[object] | None = None
        #: The request that last brought something. A browser tells the origin of those, not of one that polls.
        self.asking: Asking | None = None

    @property
    def backlog(self) -> int:
        socket = self._engine.sockets.get(self._sid)
        return socket.queue.waiting_bytes if socket is not None else 0

    def deliver(self, message: Outgoing) -> None:
        self.put(message.event)

    def put(self, event: str) -> None:
        """Send a packet's text, unless the page does not read: then it is cut."""
        socket = self._engine.sockets.get(self._sid)
        if socket is None or socket.closed or self._closing is not None:
            return
        # Encoded once for a whole lobby and put straight into the queue: `emit` would encode for each peer.
        socket.queue.put_nowait(engine_packet.Packet(engine_packet.MESSAGE, data=event))
        if socket.queue.waiting_bytes > BACKLOG_MAX_BYTES:
            while not socket.queue.empty():
                socket.queue.get_nowait()
                socket.queue.task_done()
            self.cut("too_slow")

    def cut(self, code: str) -> None:
        del code
        if self._closing is None:
            self._closing = asyncio.ensure_future(self._close())

    def start_polling(self) -> None:
        """Its WebSocket did not last: it counts among the polling sessions again."""
        if self._place is not None:
            self._place.take()

    def stop_polling(self) -> None:
        """It has a WebSocket, or is over."""
        if self._place is not None:
            self._place.free()

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

    def _engineio_server_class(self) -> type[_Engine]:
        return _Engine

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
            self._carrier.acknowledge(eio_sid, ack.encode())

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

    def __init__(self, meeting: Meeting, callers: Callers) -> None:
        self._meeting = meeting
        self._callers = callers
        self._connections: dict[str, Connection] = {}
        self._links: dict[str, SocketIoLink] = {}
        self._joined: dict[str, Connection] = {}
        self._polling = Admission(POLLING_PER_SOURCE, ())
        self._server = _Server(self)
        self._server.on("connect", self._connect)
        self._server.on("disconnect", self._disconnect)

    async def __call__(self, visitor: Visitor, scope: Scope, receive: Receive, send: Send) -> None:
        """One HTTP request or WebSocket of the Engine.IO protocol."""
        query = parse_qs(scope["query_string"].decode("latin-1"))
        if "j" in query:
            raise HttpProblem(400)  # JSONP: a script of this origin that other pages could include
        scope[_VISITOR] = visitor
        if scope["type"] == "websocket":
            scope[_SERVING] = asyncio.current_task()
            await self._serve_socket(query.get("sid", [""])[0], scope, receive, send)
            return
        if scope["method"] == "POST":
            receive = await _whole_body(scope, receive)
            polling = self._links.get(query.get("sid", [""])[0])
            if polling is not None:
                polling.asking = Asking.of(scope)
        if "sid" not in query:
            await self._serve_new(visitor, scope, receive, send)
        else:
            await self._serve(scope, receive, send)

    def holds(self, query: bytes) -> bool:
        """Whether a request with this query goes on with a session that is there."""
        try:
            named = parse_qs(query.decode("latin-1"), max_num_fields=_FIELDS_MAX).get("sid", [])
        except ValueError:
            return False
        return len(named) == 1 and named[0] in self._links

    async def _serve_socket(self, engine_sid: str, scope: Scope, receive: Receive, send: Send) -> None:
        """A WebSocket, which may take over a polling session; while it lasts, the socket is what is counted."""
        link = self._links.get(engine_sid)
        if link is None or link.serving is not None:
            await self._serve(scope, receive, send)
            return
        link.serving = scope[_SERVING]
        link.asking = Asking.of(scope)
        link.stop_polling()
        try:
            await self._serve(scope, receive, send)
        finally:
            if self._links.get(engine_sid) is link:
                link.serving = None
                link.start_polling()

    async def _serve_new(self, visitor: Visitor, scope: Scope, receive: Receive, send: Send) -> None:
        """A request that may begin a polling session: within the limit of its source."""
        place = _Place(self._polling, visitor.address)
        try:
            if not place.take():
                raise HttpProblem(429)
            scope[_PLACE] = place
            await self._serve(scope, receive, send)
        finally:
            if not place.used:
                place.free()

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._server.handle_request(scope, receive, send)
        except (HttpProblem, ClientGone):
            raise
        except Exception as wrong:
            # Such as a request of a session that has just ended: whatever the library trips over, the client sent.
            raise HttpProblem(400) from wrong

    def end_polls(self) -> None:
        """The server stops: nobody who polls is kept waiting for an answer. WebSockets are closed by their protocol."""
        for link in list(self._links.values()):
            if link.serving is None:
                link.cut("stopping")

    async def shutdown(self) -> None:
        """Stop the library's own tasks."""
        await self._server.shutdown()

    def opened(self, engine_sid: str, scope: Scope) -> None:
        """An Engine.IO session began; it has 10 s to become a Socket.IO connection."""
        place: _Place | None = scope.get(_PLACE)
        if place is not None:
            place.used = True
        link = SocketIoLink(self._server.eio, engine_sid, place)
        link.serving = scope.get(_SERVING)
        link.asking = Asking.of(scope)
        self._links[engine_sid] = link
        asyncio.get_running_loop().call_later(JOIN_WITHIN_SECONDS, self._mind, engine_sid, link)

    def closed(self, engine_sid: str) -> None:
        """The Engine.IO session is over."""
        link = self._links.pop(engine_sid, None)
        self._joined.pop(engine_sid, None)
        if link is not None:
            link.stop_polling()

    def acknowledge(self, engine_sid: str, packet: str) -> None:
        """The reply to a client's event."""
        link = self._links.get(engine_sid)
        if link is not None:
            link.put(packet)

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

    async def _connect(self, sid: str, environ: dict[str, Any], auth: object) -> None:
        del auth
        engine_sid = self._server.manager.eio_sid_from_sid(sid, "/")
        visitor: Visitor = environ["asgi.scope"][_VISITOR]
        asking = self._links[engine_sid].asking
        signed = None if asking is None else await self._callers.of_page(asking)
        link = self._links.get(engine_sid)
        if link is None:
            return  # it went while we looked
        connection = self._meeting.arrive(link, visitor, heartbeat=False, signed=signed)
        self._connections[sid] = self._joined[engine_sid] = connection
        if asking is not None:
            await self._callers.look_again(self._meeting, connection, asking)
        _lighten(environ)

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


def _lighten(environ: dict[str, Any]) -> None:
    """Drop what the library keeps of a request for as long as its page waits, and nobody looks at again."""
    needed: dict[str, Any] = {name: environ[name] for name in _NEEDED if name in environ}
    environ.clear()
    environ.update(needed)
    scope: Scope = environ["asgi.scope"]
    headers = scope["headers"]
    headers[:] = [line for line in headers if line[0] in _ASKED_BY]


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
