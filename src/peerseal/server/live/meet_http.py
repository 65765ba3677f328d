"""Meeting over plain HTTP, for networks that block WebSocket: sessions and numbered messages."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections import deque
from collections.abc import Callable
from typing import Final

from peerseal.server.accounts.asking import Asking
from peerseal.server.asgi_types import Receive, Scope, Send
from peerseal.server.guard.limits import Admission
from peerseal.server.guard.problems import HttpProblem
from peerseal.server.http import authorization, read_json, respond, respond_json
from peerseal.server.live.callers import Callers
from peerseal.server.live.connection import BACKLOG_MAX_BYTES, Connection
from peerseal.server.live.discovery import Visitor
from peerseal.server.live.frames import answer
from peerseal.server.live.outgoing import Outgoing
from peerseal.server.live.service import Meeting
from peerseal.wire import fields as f
from peerseal.wire.encoding import base64url_encode
from peerseal.wire.limits import (
    EXCHANGE_PATH,
    HTTP_OPEN_EXCHANGES_MAX,
    HTTP_WAIT_MAX_SECONDS,
    KIB,
    MEET_PATH,
)
from peerseal.wire.strict_json import JsonObject, malformed

#: Leaves room for the frame around the messages within the 64 KiB of a JSON text.
_ANSWER_MAX_BYTES: Final = 62 * KIB
#: Sessions need no open socket, so the limit on sockets does not hold them.
SESSIONS_PER_SOURCE: Final = 256


class HttpLink:
    """Messages for a client that fetches them: numbered, kept until it says it has them."""

    def __init__(self, ended: Callable[[], None]) -> None:
        self._ended = ended
        self._waiting: deque[tuple[int, bytes]] = deque()
        self.backlog = 0
        self._last = 0
        self._wake = asyncio.Event()
        self.over = False
        self.open = 0
        self.connection: Connection | None = None

    def deliver(self, message: Outgoing) -> None:
        self.put(message.frame)

    def put(self, text: str) -> None:
        piece = text.encode()
        self._last += 1
        self._waiting.append((self._last, piece))
        self.backlog += len(piece)
        self._wake.set()
        if self.backlog > BACKLOG_MAX_BYTES:
            self.cut("too_slow")

    def cut(self, code: str) -> None:
        del code  # a session that is gone answers 404, whatever ended it
        if self.over:
            return
        self.over = True
        self._waiting.clear()
        self._wake.set()
        self._ended()

    def forget(self, number: int) -> None:
        """The client has everything up to `number`."""
        while self._waiting and self._waiting[0][0] <= number:
            self.backlog -= len(self._waiting.popleft()[1])

    async def wait(self, seconds: float) -> None:
        """Until there is a message, the session is over, or the time is up."""
        if self._waiting or self.over:
            return
        self._wake.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            return

    def body(self, after: int) -> bytes:
        """The JSON of an answer: what waits, as far as one text may hold it."""
        pieces: list[bytes] = []
        size, last = 0, after
        for number, piece in self._waiting:
            if pieces and size + len(piece) > _ANSWER_MAX_BYTES:
                break
            pieces.append(piece)
            size, last = size + len(piece) + 1, number
        return b'{"messages":[' + b",".join(pieces) + b'],"last":' + str(last).encode() + b"}"


class HttpMeeting:
    """Every HTTP session."""

    def __init__(self, meeting: Meeting, callers: Callers) -> None:
        self._meeting = meeting
        self._callers = callers
        self._sessions: dict[bytes, HttpLink] = {}
        self._admission = Admission(SESSIONS_PER_SOURCE, ())

    async def __call__(self, visitor: Visitor, scope: Scope, receive: Receive, send: Send) -> None:
        """`POST` and `DELETE /api/v1/meet`, `POST /api/v1/meet/exchange`."""
        route = (scope["method"], scope["path"])
        if route == ("POST", MEET_PATH):
            await self._open(visitor, scope, receive, send)
        elif route == ("POST", EXCHANGE_PATH):
            await self._exchange(scope, receive, send)
        elif route == ("DELETE", MEET_PATH):
            link = self._find(scope)
            if link.connection is not None:
                self._meeting.depart(link.connection, "left")
            link.cut("left")
            await respond(send, 204)
        else:
            allowed = b"POST" if scope["path"] == EXCHANGE_PATH else b"DELETE, POST"
            await respond(send, 405, headers=[(b"allow", allowed)])

    def end_polls(self) -> None:
        """The server stops: nobody is kept waiting for an answer. Their rooms end with it, for all at once."""
        for link in list(self._sessions.values()):
            link.cut("stopping")

    async def _open(self, visitor: Visitor, scope: Scope, receive: Receive, send: Send) -> None:
        if await read_json(scope, receive):
            raise malformed("the body is an empty object")
        asking = Asking.of(scope)
        signed = await self._callers.of_program(asking)
        if not self._admission.enter(visitor.address):
            self._admission.leave(visitor.address)
            raise HttpProblem(429)
        session = base64url_encode(secrets.token_bytes(32))
        key = _key(session)

        def ended() -> None:
            del self._sessions[key]
            self._admission.leave(visitor.address)

        link = HttpLink(ended)
        self._sessions[key] = link
        link.connection = self._meeting.arrive(link, visitor, heartbeat=True, signed=signed)
        await self._callers.look_again(self._meeting, link.connection, asking)
        await respond_json(send, 201, {"session": session})

    async def _exchange(self, scope: Scope, receive: Receive, send: Send) -> None:
        link = self._find(scope)
        if link.connection is None or link.open >= HTTP_OPEN_EXCHANGES_MAX:
            raise HttpProblem(429)
        link.open += 1
        try:
            self._meeting.hear(link.connection)
            frames, after, seconds = _read(await read_json(scope, receive))
            link.forget(after)
            for frame in frames:
                link.put(answer(self._meeting, link.connection, frame))
            if not frames:
                await link.wait(seconds)
            body = link.body(after)
        finally:
            link.open -= 1
        await respond(send, 200, body, [(b"content-type", b"application/json")])

    def _find(self, scope: Scope) -> HttpLink:
        link = self._sessions.get(_key(authorization(scope, "Meet")))
        if link is None:
            raise HttpProblem(404)
        return link


def _read(body: JsonObject) -> tuple[list[JsonObject], int, int]:
    if body.keys() != {"messages", "after", "wait"}:
        raise malformed("messages, after and wait belong here")
    messages = body["messages"]
    frames = [item for item in messages if isinstance(item, dict)] if isinstance(messages, list) else []
    if frames != messages:
        raise malformed("messages is a list of objects")
    after: int = f.integer(0).read(body["after"])
    seconds: int = f.integer(0, HTTP_WAIT_MAX_SECONDS).read(body["wait"])
    return frames, after, seconds


def _key(session: str) -> bytes:
    return hashlib.sha256(session.encode("utf-8", "surrogateescape")).digest()
