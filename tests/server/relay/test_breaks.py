"""A stream whose TCP connection is reset at one end is cut at the other within a second, whatever kinds they are."""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import socket
import struct
import time
from collections.abc import Iterator
from typing import Final

import pytest

from peerseal.server.relay.relay_http import BROKEN_OFF_SECONDS
from support.live_server import LiveServer
from support.meeting_peer import TIMEOUT, MeetingPeer, meet, open_pipe

KINDS: Final = ("pipe", "websocket")
#: Far less than any time-out that would end it otherwise; a busy machine is no failure.
SOON: Final = 5.0
PIECE: Final = bytes(32_768)
#: A masked binary frame of PIECE, its mask all zeros (RFC 6455 §5.2).
FRAME: Final = b"\x82\xfe" + struct.pack(">H", len(PIECE)) + bytes(4) + PIECE

#: A close frame with what says that the stream was cut.
CUT: Final = b"\x88\x02" + struct.pack(">H", 4001)


def open_end(port: int, kind: str, ticket: str) -> socket.socket:
    """A raw socket past its 101, by pipe or WebSocket."""
    if kind == "pipe":
        return open_pipe(port, ticket)
    sock = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT)
    sock.sendall(
        f"GET /api/v1/relay HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        f"Sec-WebSocket-Protocol: peerseal.relay.1, ticket.{ticket}\r\n\r\n".encode()
    )
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += sock.recv(1)
    assert head.startswith(b"HTTP/1.1 101 "), head
    return sock


def reset(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def seconds_until_cut(sock: socket.socket) -> float:
    """Read until the end, which is a reset or a close frame of a cut stream, never a clean one."""
    began = time.monotonic()
    sock.settimeout(TIMEOUT)
    tail = b""
    with contextlib.suppress(ConnectionResetError):
        while not tail.endswith(CUT):
            piece = sock.recv(1 << 20)
            assert piece, "a clean end"
            tail = tail[-4:] + piece
    return time.monotonic() - began


@pytest.fixture
def pair(server: LiveServer) -> Iterator[tuple[str, str]]:
    """A ticket for each end of one stream."""
    with MeetingPeer(server.port, "Alice") as alice, MeetingPeer(server.port, "Bob") as bob:
        room = meet(alice, bob)
        yield alice.ticket(room, "send"), bob.ticket(room, "receive")


def fill(sending: socket.socket, piece: bytes) -> None:
    """Send until nothing more is taken: the server has stopped reading."""
    sending.settimeout(0.5)
    with contextlib.suppress(TimeoutError):
        while True:
            sending.sendall(piece)


@pytest.mark.parametrize("kinds", list(itertools.product(KINDS, KINDS)), ids="-".join)
@pytest.mark.parametrize("broken", ["source", "sink"])
@pytest.mark.parametrize("full", [True, False], ids=["full", "idle"])
def test_a_reset_of_one_end_cuts_the_other_at_once(
    server: LiveServer, pair: tuple[str, str], kinds: tuple[str, str], broken: str, full: bool
) -> None:
    piece = PIECE if kinds[0] == "pipe" else FRAME
    with (
        open_end(server.port, kinds[0], pair[0]) as sending,
        open_end(server.port, kinds[1], pair[1]) as receiving,
    ):
        sending.sendall(piece)
        assert receiving.recv(100) != b""
        if full:
            fill(sending, piece)
        gone, other = (sending, receiving) if broken == "source" else (receiving, sending)
        reset(gone)
        assert seconds_until_cut(other) < SOON


class HttpEnd:
    """One end by requests, each on a connection of its own that may be broken off."""

    def __init__(self, port: int, ticket: str) -> None:
        self._port = port
        self._authorization = ""
        status, body = self.ask("POST", {"Authorization": f"Ticket {ticket}"}, b"")
        assert status == 201
        self._authorization = f"Stream {json.loads(body)['session']}"

    def ask(self, method: str, headers: dict[str, str], body: bytes | None = None) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        with contextlib.closing(connection):
            connection.request(
                method, "/api/v1/relay", body, {"Authorization": self._authorization, **headers}
            )
            response = connection.getresponse()
            return response.status, response.read()

    def put(self, offset: int, piece: bytes) -> tuple[int, bytes]:
        return self.ask("PUT", {"Peerseal-Offset": str(offset)}, piece)

    def get(self, offset: int) -> tuple[int, bytes]:
        return self.ask("GET", {"Peerseal-Offset": str(offset)})

    def break_off(self, method: str, offset: int) -> None:
        """Begin a request and reset its connection in the middle."""
        sock = socket.create_connection(("127.0.0.1", self._port), timeout=TIMEOUT)
        length = "Content-Length: 1000\r\n" if method == "PUT" else ""
        sock.sendall(
            f"{method} /api/v1/relay HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\n{length}"
            f"Authorization: {self._authorization}\r\nPeerseal-Offset: {offset}\r\n\r\n".encode()
        )
        time.sleep(0.2)
        reset(sock)


@pytest.mark.parametrize("method", ["PUT", "GET"])
def test_a_request_that_breaks_off_is_just_made_again(
    server: LiveServer, pair: tuple[str, str], method: str
) -> None:
    sending, receiving = HttpEnd(server.port, pair[0]), HttpEnd(server.port, pair[1])
    (sending if method == "PUT" else receiving).break_off(method, 0)
    assert sending.put(0, b"hello")[0] == 200
    assert receiving.get(0) == (200, b"hello")


@pytest.mark.parametrize("method", ["PUT", "GET"])
def test_an_end_whose_request_broke_off_and_that_does_not_come_again_is_cut_soon(
    server: LiveServer, pair: tuple[str, str], method: str
) -> None:
    sending, receiving = HttpEnd(server.port, pair[0]), HttpEnd(server.port, pair[1])
    began = time.monotonic()
    if method == "PUT":
        sending.break_off("PUT", 0)
        status, _ = receiving.get(0)
    else:
        receiving.break_off("GET", 0)
        time.sleep(BROKEN_OFF_SECONDS + 1)
        status, _ = sending.put(0, b"x")
    assert status == 409
    assert time.monotonic() - began < BROKEN_OFF_SECONDS + 10
