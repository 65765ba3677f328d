"""A peer that speaks the meeting protocol by hand (docs/wire.md §1), so that a test can say what no honest one says."""

from __future__ import annotations

import base64
import json
import socket
import time
from contextlib import ExitStack
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

Message = dict[str, object]


def encoded(value: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def decoded(text: object) -> bytes:
    """The bytes of unpadded base64url."""
    assert isinstance(text, str)
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class RawPeer:
    """One connection to `/api/v1/meet`; every message that is no reply is kept in `heard`."""

    def __init__(self, server: str, headers: dict[str, str] | None = None) -> None:
        self.server = server
        self.heard: list[Message] = []
        self._refs = 0
        self._replies: dict[int, Message] = {}
        self._open = ExitStack()
        self._socket: ClientConnection = self._open.enter_context(
            connect(
                server.replace("http", "ws", 1) + "/api/v1/meet",
                subprotocols=[Subprotocol("peerseal.meet.1")],
                compression=None,
                additional_headers=headers,
                open_timeout=10,
            )
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._open.close()

    def call(self, kind: str, **fields: object) -> Message:
        """Send one message; the reply, whatever it says."""
        self._refs += 1
        self._socket.send(json.dumps({"type": kind, "ref": self._refs, **fields}))
        end = time.monotonic() + 10
        while self._refs not in self._replies:
            self._listen(end)
        return self._replies.pop(self._refs)

    def join(
        self, name: str, role: str = "sender", *, listed: bool = True, room: str | None = None
    ) -> Message:
        reply = self.call("join", role=role, name=name, room=room, listed=listed)
        assert reply["ok"] is True, reply
        return reply

    def hear(self, kind: str, seconds: float = 10) -> Message:
        """The next message of a type, taken out of `heard`."""
        end = time.monotonic() + seconds
        while True:
            for message in self.heard:
                if message["type"] == kind:
                    self.heard.remove(message)
                    return message
            self._listen(end)

    def hears_nothing_of(self, *kinds: str, seconds: float = 1.0) -> bool:
        """Listen for a while; true if no message of these types came."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                self._listen(end)
            except TimeoutError:
                break
        return not [message for message in self.heard if message["type"] in kinds]

    def peer_called(self, name: str, joined: Message, seconds: float = 10) -> str:
        """The id of somebody in the lobby, from the join reply or from presence."""
        people = joined["peers"]
        while True:
            assert isinstance(people, list)
            for person in people:
                if person["name"] == name:
                    return str(person["id"])
            people = self.hear("presence", seconds)["joined"]

    def _listen(self, end: float) -> None:
        left = end - time.monotonic()
        if left <= 0:
            raise TimeoutError(f"heard only {self.heard}")
        message: Message = json.loads(self._socket.recv(timeout=left))
        if message["type"] == "reply":
            ref = message.pop("ref")
            assert isinstance(ref, int)
            self._replies[ref] = message
        elif message["type"] == "ping":
            self._socket.send(json.dumps({"type": "ping", "ref": 0}))
        else:
            self.heard.append(message)

    def open_pipe(self, room: str, stream: bytes, end: str) -> socket.socket:
        """One end of a relay stream as a raw pipe."""
        reply = self.call("ticket", room=room, stream=encoded(stream), end=end)
        assert reply["ok"] is True, reply
        place = urlsplit(self.server)
        assert place.hostname is not None
        assert place.port is not None
        pipe = socket.create_connection((place.hostname, place.port), timeout=30)
        pipe.sendall(
            f"GET /api/v1/relay HTTP/1.1\r\nHost: {place.netloc}\r\nConnection: Upgrade\r\n"
            f"Upgrade: peerseal-relay\r\nAuthorization: Ticket {reply['ticket']}\r\n\r\n".encode()
        )
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            piece = pipe.recv(1)
            assert piece, f"the server hung up: {head!r}"
            head += piece
        assert head.startswith(b"HTTP/1.1 101"), head
        return pipe
