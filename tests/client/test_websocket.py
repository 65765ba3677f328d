"""The WebSocket client against the letters of RFC 6455: a socket pair plays the server."""

from __future__ import annotations

import base64
import hashlib
import socket
import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerseal.client.settings import ServerUrl
from peerseal.client.websocket import UpgradeRefused, WebSocket, WebSocketClosed
from peerseal.errors import Interrupted


def frame(payload: bytes, opcode: int = 1, *, final: bool = True) -> bytes:
    length = len(payload)
    head = bytes([(0x80 if final else 0) | opcode])
    if length < 126:
        return head + bytes([length]) + payload
    if length < 65536:
        return head + b"\x7e" + length.to_bytes(2, "big") + payload
    return head + b"\x7f" + length.to_bytes(8, "big") + payload


def read_client_frame(sock: socket.socket) -> tuple[int, bytes]:
    def exactly(count: int) -> bytes:
        got = b""
        while len(got) < count:
            piece = sock.recv(count - len(got))
            assert piece, "closed"
            got += piece
        return got

    first, second = exactly(2)
    assert first & 0x80
    assert second & 0x80, "a client masks"
    length = second & 0x7F
    if length >= 126:
        length = int.from_bytes(exactly(2 if length == 126 else 8), "big")
    mask = exactly(4)
    return first & 0x0F, bytes(byte ^ mask[place % 4] for place, byte in enumerate(exactly(length)))


@pytest.fixture
def pair() -> Iterator[tuple[WebSocket, socket.socket]]:
    ours, theirs = socket.socketpair()
    theirs.settimeout(5)
    websocket = WebSocket(ours, max_message=70_000)
    yield websocket, theirs
    websocket.close()
    theirs.close()


@pytest.mark.parametrize("length", [0, 1, 125, 126, 65_535, 65_536])
def test_messages_of_every_length_form_go_both_ways(
    pair: tuple[WebSocket, socket.socket], length: int
) -> None:
    websocket, server = pair
    text = "x" * length
    writer = threading.Thread(target=websocket.send_text, args=(text,))
    writer.start()
    assert read_client_frame(server) == (1, text.encode())
    writer.join(5)
    threading.Thread(target=server.sendall, args=(frame(text.encode()),)).start()
    assert websocket.receive(5) == text


@given(st.text(max_size=60), st.lists(st.integers(1, 12), min_size=1, max_size=8))
def test_a_message_in_any_pieces_is_one_message(text: str, cuts: list[int]) -> None:
    text = text.encode(errors="replace").decode()
    ours, theirs = socket.socketpair()
    websocket = WebSocket(ours)
    rest, pieces = text.encode(), []
    for cut in cuts:
        pieces.append(rest[:cut])
        rest = rest[cut:]
    pieces.append(rest)
    for number, piece in enumerate(pieces):
        theirs.sendall(frame(piece, 0 if number else 1, final=number == len(pieces) - 1))
        if number == 0:
            theirs.sendall(frame(b"still there?", 9))
    assert websocket.receive(5) == text
    assert read_client_frame(theirs) == (10, b"still there?")
    websocket.close()
    theirs.close()


def test_nothing_within_the_time_is_nothing(pair: tuple[WebSocket, socket.socket]) -> None:
    assert pair[0].receive(0.01) is None


def test_half_a_frame_waits_for_its_other_half(pair: tuple[WebSocket, socket.socket]) -> None:
    websocket, server = pair
    whole = frame(b"whole")
    server.sendall(whole[:3])
    assert websocket.receive(0.05) is None
    server.sendall(whole[3:])
    assert websocket.receive(5) == "whole"


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (b"\x81\x85\x00\x00\x00\x00whole", 1002),  # masked by a server
        (b"\xc1\x00", 1002),  # a reserved bit
        (frame(b"x", 2), 1002),  # binary
        (frame(b"x", 0), 1002),  # a continuation of nothing
        (frame(b"a", 1, final=False) + frame(b"b", 1), 1002),  # a message inside a message
        (frame(b"x", 3), 1002),  # an unknown opcode
        (frame(b"x", 9, final=False), 1002),  # a ping in pieces
        (frame(b"x" * 126, 9), 1002),  # a ping too long
        (frame(b"\xff"), 1007),  # not UTF-8
        (b"\x81\x7f\xff\xff\xff\xff\xff\xff\xff\xff", 1009),  # longer than anything
        (frame(b"x" * 60_000, 1, final=False) + frame(b"x" * 60_000, 0), 1009),  # too long in pieces
    ],
)
def test_what_breaks_the_rules_is_closed_with_the_right_code(
    pair: tuple[WebSocket, socket.socket], sent: bytes, code: int
) -> None:
    websocket, server = pair
    threading.Thread(target=server.sendall, args=(sent,)).start()
    with pytest.raises(WebSocketClosed) as caught:
        websocket.receive(5)
    assert caught.value.close_code == code
    assert read_client_frame(server) == (8, code.to_bytes(2, "big"))


def test_a_close_is_answered_and_told(pair: tuple[WebSocket, socket.socket]) -> None:
    websocket, server = pair
    server.sendall(frame((4001).to_bytes(2, "big") + b"cut", 8))
    with pytest.raises(WebSocketClosed) as caught:
        websocket.receive(5)
    assert caught.value.close_code == 4001
    assert read_client_frame(server)[0] == 8


def test_an_end_without_a_close_is_told(pair: tuple[WebSocket, socket.socket]) -> None:
    websocket, server = pair
    server.close()
    with pytest.raises(Interrupted):
        websocket.receive(5)


def answering(answer: str) -> ServerUrl:
    """A server that answers one request with `answer`, `{accept}` filled in."""
    listener = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        with listener, listener.accept()[0] as sock:
            head = b""
            while b"\r\n\r\n" not in head:
                head += sock.recv(4096)
            key = head.split(b"Sec-WebSocket-Key: ")[1].split(b"\r\n")[0]
            digest = hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()  # noqa: S324 - RFC 6455
            sock.sendall(answer.replace("{accept}", base64.b64encode(digest).decode()).encode("latin-1"))

    threading.Thread(target=run, daemon=True).start()
    return ServerUrl(tls=False, host="127.0.0.1", port=listener.getsockname()[1])


GOOD = (
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: {accept}\r\nSec-WebSocket-Protocol: peerseal.meet.1\r\n\r\n"
)


def test_a_correct_answer_opens_it_and_early_frames_are_kept() -> None:
    server = answering(GOOD + frame(b"hi").decode("latin-1"))
    websocket = WebSocket.connect(server, "/api/v1/meet", "peerseal.meet.1", timeout=5)
    assert websocket.receive(5) == "hi"
    websocket.close()


@pytest.mark.parametrize(
    "answer",
    [
        "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
        GOOD.replace("{accept}", "AAAA"),
        GOOD.replace("peerseal.meet.1", "other"),
        GOOD.replace("Upgrade: websocket\r\n", ""),
        GOOD.replace("\r\n\r\n", "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"),
    ],
)
def test_any_other_answer_is_refused(answer: str) -> None:
    with pytest.raises(UpgradeRefused):
        WebSocket.connect(answering(answer), "/api/v1/meet", "peerseal.meet.1", timeout=5)
