"""Meeting over a plain WebSocket: how the command line does it."""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from typing import Final

from peerseal.server.accounts.asking import Asking
from peerseal.server.asgi_types import Receive, Scope, Send
from peerseal.server.guard.problems import HttpProblem
from peerseal.server.live.callers import Callers
from peerseal.server.live.connection import BACKLOG_MAX_BYTES, Connection
from peerseal.server.live.discovery import Visitor
from peerseal.server.live.frames import answer_text
from peerseal.server.live.outgoing import Outgoing
from peerseal.server.live.service import Meeting
from peerseal.wire.limits import JSON_MAX_BYTES, MEET_SUBPROTOCOL

_CLEAN: Final = frozenset({1000, 1001})
#: Messages of one connection that are answered before others are heard.
_IN_A_ROW: Final = 16


class WebSocketLink:
    """A bounded queue of texts, written by one task."""

    def __init__(self) -> None:
        self._texts: deque[bytes] = deque()  # UTF-8: counted as what it holds
        self.backlog = 0
        self._wake = asyncio.Event()
        self.end_code: str | None = None

    def deliver(self, message: Outgoing) -> None:
        self.put(message.frame)

    def put(self, text: str) -> None:
        if self.end_code is not None:
            return
        piece = text.encode()
        self._texts.append(piece)
        self.backlog += len(piece)
        if self.backlog > BACKLOG_MAX_BYTES:
            self._texts.clear()
            self.backlog = 0
            self.cut("too_slow")
        self._wake.set()

    def cut(self, code: str) -> None:
        self.end_code = self.end_code or code
        self._wake.set()

    async def write(self, send: Send) -> None:
        """Write until the link is cut, then close."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._texts:
                piece = self._texts.popleft()
                self.backlog -= len(piece)
                await send({"type": "websocket.send", "text": piece.decode()})
            if self.end_code is not None:
                close = 1009 if self.end_code == "too_large" else 1008
                await send({"type": "websocket.close", "code": close, "reason": self.end_code})
                return


async def meet_websocket(
    meeting: Meeting, visitor: Visitor, scope: Scope, receive: Receive, send: Send, *, callers: Callers
) -> None:
    """One connection, from handshake to end."""
    asking = Asking.of(scope)
    if MEET_SUBPROTOCOL not in scope["subprotocols"]:
        raise HttpProblem(400)
    signed = await callers.of_program(asking)
    await receive()
    await send({"type": "websocket.accept", "subprotocol": MEET_SUBPROTOCOL})
    link = WebSocketLink()
    connection = meeting.arrive(link, visitor, heartbeat=True, signed=signed)
    reader = asyncio.ensure_future(_read(meeting, connection, link, receive))
    writer = asyncio.ensure_future(link.write(send))
    reason = "vanished"
    try:
        await callers.look_again(meeting, connection, asking)
        await asyncio.wait((reader, writer), return_when=asyncio.FIRST_COMPLETED)
        if reader.done() and not reader.cancelled() and reader.exception() is None:
            reason = reader.result()
    finally:
        meeting.depart(connection, reason)
        if link.end_code is not None and not writer.done():
            await asyncio.wait((writer,), timeout=5)
        for task in (reader, writer):
            task.cancel()
        await asyncio.gather(reader, writer, return_exceptions=True)


async def _read(meeting: Meeting, connection: Connection, link: WebSocketLink, receive: Receive) -> str:
    """Answer frames until the client goes; how it went."""
    for number in itertools.count(1):
        if number % _IN_A_ROW == 0:
            await asyncio.sleep(
                0
            )  # what has come already is given without waiting: others have their turn too
        event = await receive()
        if link.end_code is not None:
            return "left"  # it may be that it does not read, so that the writer cannot end this
        if event["type"] == "websocket.disconnect":
            return "left" if event.get("code") in _CLEAN else "vanished"
        text = event.get("text")
        if text is None or len(text) > JSON_MAX_BYTES or len(text.encode()) > JSON_MAX_BYTES:
            link.cut("too_large" if text is not None else "malformed")
            return "left"
        link.put(answer_text(meeting, connection, text))
    raise AssertionError("there is always a next number")
