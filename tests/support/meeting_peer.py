"""A bare client of the meeting and the relay, for tests of the server: raw JSON frames and raw sockets."""

from __future__ import annotations

import json
import socket
import time
from types import TracebackType
from typing import Any, Self

from websockets.sync.client import ClientConnection, connect

TIMEOUT = 10.0


class MeetingPeer:
    """One plain WebSocket to the meeting; a context manager."""

    def __init__(self, port: int, name: str = "", headers: dict[str, str] | None = None, **join: Any) -> None:
        self.port = port
        self.join: dict[str, Any] = {"role": "receiver", "name": name, "room": None, "listed": True, **join}
        self._headers = headers or {}
        self._refs = 0
        self._inbox: list[dict[str, Any]] = []
        self._opening: Any = None
        self.socket: ClientConnection
        self.joined: dict[str, Any] = {}

    def __enter__(self) -> Self:
        self._opening = connect(
            f"ws://127.0.0.1:{self.port}/api/v1/meet",
            subprotocols=["peerseal.meet.1"],  # type: ignore[list-item] # a NewType of str
            additional_headers=self._headers,
            open_timeout=TIMEOUT,
            close_timeout=2,
            proxy=None,
        )
        self.socket = self._opening.__enter__()
        if self.join["name"]:
            self.joined = self.ask("join", **self.join)
            assert self.joined["ok"], self.joined
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opening.__exit__(kind, error, trace)

    @property
    def id(self) -> str:
        """This peer's id, as the server gave it."""
        return str(self.joined["you"]["id"])

    def ask(self, kind: str, **fields: Any) -> dict[str, Any]:
        """Send a message; its reply."""
        self._refs += 1
        self.socket.send(json.dumps({"type": kind, "ref": self._refs, **fields}))
        return self._until(lambda m: m["type"] == "reply" and m["ref"] == self._refs)

    def wait(self, kind: str) -> dict[str, Any]:
        """The next message of that type."""
        return self._until(lambda m: m["type"] == kind)

    def heard(self, seconds: float = 0.5) -> list[dict[str, Any]]:
        """Everything that came and comes within this time, but replies."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            try:
                self._inbox.append(json.loads(self.socket.recv(timeout=left)))
            except TimeoutError:
                break
        heard, self._inbox = [m for m in self._inbox if m["type"] != "reply"], []
        return heard

    def ticket(self, room: str, end: str, stream: str = "AAAAAAAAAAA") -> str:
        """A ticket for one end of a stream."""
        reply = self.ask("ticket", room=room, stream=stream, end=end)
        assert reply["ok"], reply
        return str(reply["ticket"])

    def _until(self, wanted: Any) -> dict[str, Any]:
        for message in self._inbox:
            if wanted(message):
                self._inbox.remove(message)
                return message
        end = time.monotonic() + TIMEOUT
        while True:
            message = json.loads(self.socket.recv(timeout=max(0.0, end - time.monotonic())))
            if wanted(message):
                return dict(message)
            self._inbox.append(message)


def meet(asker: MeetingPeer, asked: MeetingPeer) -> str:
    """Connect and accept; the room."""
    request = asker.ask("connect", to=asked.id)
    assert request["ok"], request
    asked.ask("answer", request=asked.wait("request")["request"], accept=True)
    assert asked.wait("room")["room"]
    return str(asker.wait("room")["room"])


def raw_request(port: int, text: bytes, seconds: float = TIMEOUT) -> bytes:
    """Send bytes, read until the server closes or falls silent."""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as sock:
        sock.sendall(text)
        answer = b""
        try:
            while piece := sock.recv(65_536):
                answer += piece
        except (TimeoutError, ConnectionResetError):
            pass
        return answer


def open_pipe(port: int, ticket: str, early: bytes = b"", headers: str = "") -> socket.socket:
    """A raw relay pipe past its 101; `early` bytes go out together with the head."""
    sock = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT)
    head = (
        f"GET /api/v1/relay HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: Upgrade\r\n"
        f"Upgrade: peerseal-relay\r\nAuthorization: Ticket {ticket}\r\n{headers}\r\n"
    )
    sock.sendall(head.encode() + early)
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        piece = sock.recv(1)
        if not piece:
            break
        answer += piece
    if not answer.startswith(b"HTTP/1.1 101 "):
        sock.close()
        raise PermissionError(answer.split(b"\r\n", 1)[0].decode())
    return sock
