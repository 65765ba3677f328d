"""A WebSocket that floods with small frames is closed, whatever the frames are, and holds nothing but its own place."""

import contextlib
import socket
import struct
from collections.abc import Iterator

import pytest

from peerseal.server.protocol_websocket import FRAGMENTS_MAX, FRAMES_PER_SECOND
from support.live_server import LiveServer
from support.meeting_peer import raw_request

pytestmark = pytest.mark.e2e

MEET = ("/api/v1/meet", "Sec-WebSocket-Protocol: peerseal.meet.1\r\n")
SOCKET_IO = ("/socket.io/?EIO=4&transport=websocket", "")
PING, PONG, TEXT, CONTINUED = 0x89, 0x8A, 0x81, 0x00
POLICY_VIOLATION = 1008


def frame(kind: int, payload: bytes = b"") -> bytes:
    """A short masked frame, as clients send them (RFC 6455 §5.2); the mask is zero."""
    return bytes((kind, 0x80 | len(payload))) + bytes(4) + payload


@contextlib.contextmanager
def opened(server: LiveServer, where: tuple[str, str], more: str = "") -> Iterator[socket.socket]:
    path, protocol = where
    with socket.create_connection(("127.0.0.1", server.port), 6) as sock:
        sock.sendall(
            (
                f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n{protocol}{more}\r\n"
            ).encode()
        )
        head = b""
        while b"\r\n\r\n" not in head:
            head += sock.recv(1)
        assert head.startswith(b"HTTP/1.1 101 "), head
        assert b"extensions" not in head.lower()
        yield sock


def close_code(sock: socket.socket) -> int | None:
    """The code of the server's close frame; None if the connection ends without one."""
    got = b""
    with contextlib.suppress(ConnectionError):
        while piece := sock.recv(65_536):
            got += piece
    at = 0
    while at + 2 <= len(got):
        kind, length = got[at] & 0x0F, got[at + 1] & 0x7F
        at += 2
        if length == 126:
            (length,) = struct.unpack_from(">H", got, at)
            at += 2
        if kind == 8:
            return int.from_bytes(got[at : at + 2])
        at += length
    return None


@pytest.mark.parametrize("where", [MEET, SOCKET_IO], ids=["meet", "socket.io"])
@pytest.mark.parametrize("kind", [PING, PONG], ids=["pings", "pongs"])
def test_a_flood_of_control_frames_is_closed(server: LiveServer, where: tuple[str, str], kind: int) -> None:
    before = server.resident_kib()
    with opened(server, where) as sock:
        with contextlib.suppress(ConnectionError):
            sock.sendall(frame(kind) * (10 * FRAMES_PER_SECOND))
        assert close_code(sock) in {POLICY_VIOLATION, None}
    assert server.resident_kib() - before < 32 * 1024
    assert raw_request(server.port, b"GET /api/v1/health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")


def test_a_few_pings_are_answered(server: LiveServer) -> None:
    with opened(server, MEET) as sock:
        sock.sendall(frame(PING, b"hello") * 5)
        got = b""
        while len(got) < 35:
            got += sock.recv(100)
        assert got == b"\x8a\x05hello" * 5


@pytest.mark.parametrize("where", [MEET, SOCKET_IO], ids=["meet", "socket.io"])
def test_a_flood_of_texts_is_closed(server: LiveServer, where: tuple[str, str]) -> None:
    with opened(server, where) as sock:
        with contextlib.suppress(ConnectionError):
            sock.sendall(frame(TEXT, b"6") * (10 * FRAMES_PER_SECOND))
        assert close_code(sock) in {POLICY_VIOLATION, None}


def test_a_message_in_a_thousand_pieces_is_closed(server: LiveServer) -> None:
    with opened(server, MEET) as sock:
        with contextlib.suppress(ConnectionError):
            sock.sendall(frame(0x01, b"{") + frame(CONTINUED, b" ") * (2 * FRAGMENTS_MAX))
        assert close_code(sock) in {POLICY_VIOLATION, None}


def test_compression_is_never_agreed_to(server: LiveServer) -> None:
    offer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"
    for where in (MEET, SOCKET_IO):
        with opened(server, where, offer) as sock:
            # A compressed frame (RSV1) breaks the protocol then.
            sock.sendall(frame(0xC1, b"\x00"))
            assert close_code(sock) in {1002, None}
