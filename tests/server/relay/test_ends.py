"""Any two kinds of ends meet in one stream, against a real server: bytes, ends, cuts and bounds."""

import contextlib
import hashlib
import http.client
import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from peerseal.server.relay.stream import WINDOW
from peerseal.wire.limits import KIB
from support.live_server import LiveServer
from support.meeting_peer import TIMEOUT, MeetingPeer, meet, open_pipe

SIZE = 5_000_017
BODY = os.urandom(1 << 20) * 4 + os.urandom(SIZE - (4 << 20))


class Cut(Exception):
    """The stream ended, and not cleanly."""


@contextlib.contextmanager
def relay_socket(port: int, ticket: str) -> Iterator[ClientConnection]:
    with connect(
        f"ws://127.0.0.1:{port}/api/v1/relay",
        subprotocols=["peerseal.relay.1", f"ticket.{ticket}"],  # type: ignore[list-item] # a NewType of str
        proxy=None,
        max_size=None,
        close_timeout=TIMEOUT,
    ) as connection:
        assert connection.subprotocol == "peerseal.relay.1"
        yield connection


class HttpEnd:
    def __init__(self, port: int, ticket: str) -> None:
        self.port = port
        status, _, body = self.ask("POST", {"Authorization": f"Ticket {ticket}", "Content-Length": "0"})
        assert status == 201, body
        self.stream = {"Authorization": f"Stream {json.loads(body)['session']}"}

    def ask(
        self, method: str, headers: dict[str, str], body: bytes | None = None
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        with contextlib.closing(connection):
            connection.request(method, "/api/v1/relay", body, headers)
            response = connection.getresponse()
            return response.status, response.headers, response.read()

    def put(self, offset: int, piece: bytes, *, final: bool = False) -> tuple[int, bytes]:
        headers = {**self.stream, "Peerseal-Offset": str(offset)}
        status, _, body = self.ask("PUT", headers | ({"Peerseal-Final": "1"} if final else {}), piece)
        return status, body

    def get(self, offset: int) -> tuple[int, bytes, bool]:
        status, headers, body = self.ask("GET", {**self.stream, "Peerseal-Offset": str(offset)})
        return status, body, headers["Peerseal-Final"] == "1"


def send_raw(port: int, ticket: str, body: bytes) -> None:
    with open_pipe(port, ticket, early=body[:1000]) as pipe:
        pipe.settimeout(30)
        pipe.sendall(body[1000:])
        pipe.shutdown(socket.SHUT_WR)
        assert pipe.recv(1) == b""


def send_websocket(port: int, ticket: str, body: bytes) -> None:
    with relay_socket(port, ticket) as connection:
        for start in range(0, len(body), 262_144):
            connection.send(body[start : start + 262_144])


def send_http(port: int, ticket: str, body: bytes) -> None:
    end = HttpEnd(port, ticket)
    offset = 0
    while True:
        piece = body[offset : offset + 1_000_000]
        final = offset + len(piece) == len(body)
        status, answer = end.put(offset, piece, final=final)
        assert status == 200, answer
        offset = json.loads(answer)["offset"]
        if final and offset == len(body):
            return


def receive_raw(port: int, ticket: str) -> bytes:
    with open_pipe(port, ticket) as pipe:
        pipe.settimeout(30)
        got = bytearray()
        try:
            while piece := pipe.recv(1 << 20):
                got += piece
        except ConnectionResetError as reset:
            raise Cut from reset
        return bytes(got)


def receive_websocket(port: int, ticket: str) -> bytes:
    got = bytearray()
    with relay_socket(port, ticket) as connection:
        try:
            while True:
                piece = connection.recv(timeout=30)
                assert isinstance(piece, bytes)
                got += piece
        except ConnectionClosed as closed:
            if closed.rcvd is None or closed.rcvd.code != 1000:
                raise Cut(closed.rcvd.code if closed.rcvd else 1006) from closed
    return bytes(got)


def receive_http(port: int, ticket: str) -> bytes:
    end = HttpEnd(port, ticket)
    got = bytearray()
    while True:
        status, piece, final = end.get(len(got))
        if status == 409:
            raise Cut
        assert status in {200, 204}
        got += piece
        if final:
            return bytes(got)


SENDERS = {"raw": send_raw, "websocket": send_websocket, "http": send_http}
RECEIVERS = {"raw": receive_raw, "websocket": receive_websocket, "http": receive_http}


@pytest.fixture
def pair(server: LiveServer) -> Iterator[tuple[MeetingPeer, MeetingPeer, str]]:
    with MeetingPeer(server.port, "Alice") as alice, MeetingPeer(server.port, "Bob") as bob:
        yield alice, bob, meet(alice, bob)


Pair = tuple[MeetingPeer, MeetingPeer, str]


def tickets(pair: Pair, stream: str = "AAAAAAAAAAA") -> tuple[str, str]:
    alice, bob, room = pair
    return alice.ticket(room, "send", stream), bob.ticket(room, "receive", stream)


def in_thread(act: Callable[[], object]) -> tuple[threading.Thread, list[BaseException]]:
    failed: list[BaseException] = []

    def run() -> None:
        try:
            act()
        except BaseException as error:  # noqa: BLE001 - handed to the test
            failed.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread, failed


@pytest.mark.parametrize("receiver", RECEIVERS)
@pytest.mark.parametrize("sender", SENDERS)
def test_every_pair_of_ends_carries_the_same_bytes(
    server: LiveServer, pair: Pair, sender: str, receiver: str
) -> None:
    sending, receiving = tickets(pair)
    thread, failed = in_thread(lambda: SENDERS[sender](server.port, sending, BODY))
    got = RECEIVERS[receiver](server.port, receiving)
    thread.join(TIMEOUT)
    assert not failed
    assert hashlib.sha256(got).digest() == hashlib.sha256(BODY).digest()


@pytest.mark.parametrize("receiver", RECEIVERS)
def test_an_empty_stream_ends_clean(server: LiveServer, pair: Pair, receiver: str) -> None:
    sending, receiving = tickets(pair)
    thread, failed = in_thread(lambda: SENDERS["http"](server.port, sending, b""))
    assert RECEIVERS[receiver](server.port, receiving) == b""
    thread.join(TIMEOUT)
    assert not failed


def test_what_came_with_the_request_head_is_kept(server: LiveServer, pair: Pair) -> None:
    sending, receiving = tickets(pair)
    with (
        open_pipe(server.port, sending, early=b"early bird") as source,
        open_pipe(server.port, receiving) as sink,
    ):
        source.sendall(b" and the rest")
        source.shutdown(socket.SHUT_WR)
        got = b""
        while piece := sink.recv(100):
            got += piece
        assert got == b"early bird and the rest"


@pytest.mark.parametrize("receiver", RECEIVERS)
def test_a_closed_room_is_a_cut_and_no_clean_end(server: LiveServer, pair: Pair, receiver: str) -> None:
    sending, receiving = tickets(pair)
    with open_pipe(server.port, sending) as source:
        source.sendall(b"x" * 1000)
        thread, failed = in_thread(lambda: RECEIVERS[receiver](server.port, receiving))
        time.sleep(0.3)
        pair[0].ask("close", room=pair[2])
        thread.join(TIMEOUT)
        assert [type(error) for error in failed] == [Cut]
        if receiver == "websocket":
            assert failed[0].args == (4001,)
        with pytest.raises(ConnectionResetError):
            source.recv(1)


@pytest.mark.parametrize("receiver", RECEIVERS)
def test_a_senders_reset_is_a_cut(server: LiveServer, pair: Pair, receiver: str) -> None:
    sending, receiving = tickets(pair)
    source = open_pipe(server.port, sending)
    thread, failed = in_thread(lambda: RECEIVERS[receiver](server.port, receiving))
    source.sendall(b"x" * 1000)
    time.sleep(0.3)
    source.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    source.close()
    thread.join(TIMEOUT)
    assert [type(error) for error in failed] == [Cut]


def test_a_page_that_disappears_is_a_cut_for_the_receiver(server: LiveServer, pair: Pair) -> None:
    sending, receiving = tickets(pair)
    thread, failed = in_thread(lambda: receive_raw(server.port, receiving))
    with relay_socket(server.port, sending) as connection:
        connection.send(b"x" * 1000)
        time.sleep(0.3)
        connection.close(1001)
    thread.join(TIMEOUT)
    assert [type(error) for error in failed] == [Cut]


def test_a_receiver_that_goes_away_is_a_cut_for_the_sender(server: LiveServer, pair: Pair) -> None:
    sending, receiving = tickets(pair)
    with open_pipe(server.port, sending) as source:
        with relay_socket(server.port, receiving):
            source.sendall(b"x")
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            source.sendall(b"x" * (64 << 20))


def waiting_in_the_system(client: socket.socket) -> int:
    """Bytes the server's socket for this client received and nobody read yet (proc(5): `tx_queue:rx_queue`)."""
    ours, theirs = f":{client.getsockname()[1]:04X}", f":{client.getpeername()[1]:04X}"
    for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]:
        _, local, remote, _, queues = line.split()[:5]
        if local.endswith(theirs) and remote.endswith(ours):
            return int(queues.partition(":")[2], 16)
    raise AssertionError("the server has no such connection")


@pytest.mark.parametrize("kind", ["raw", "websocket"])
def test_a_stalled_receiver_stops_the_sender_and_the_server_stays_small(
    server: LiveServer, pair: Pair, kind: str
) -> None:
    sending, receiving = tickets(pair)
    before = server.resident_kib()
    sent = 0
    with contextlib.ExitStack() as stack:
        source = stack.enter_context(open_pipe(server.port, sending))
        sink: socket.socket | None = None
        if kind == "raw":
            sink = stack.enter_context(open_pipe(server.port, receiving))
        else:
            stack.enter_context(relay_socket(server.port, receiving))
        source.settimeout(1.0)
        with contextlib.suppress(TimeoutError):
            while sent < 256 << 20:
                sent += source.send(BODY[:262_144])
        assert sent < 64 << 20  # what the kernel's buffers and the client library hold, never all
        assert waiting_in_the_system(source) <= WINDOW + 1024 * KIB
        assert server.resident_kib() - before < 4096
        if sink is not None:
            source.shutdown(socket.SHUT_WR)
            got = 0
            while piece := sink.recv(1 << 20):
                got += len(piece)
            assert got == sent


def test_a_stalled_http_receiver_stops_the_sender(server: LiveServer, pair: Pair) -> None:
    sending, receiving = tickets(pair)
    HttpEnd(server.port, receiving)
    sent = 0
    with open_pipe(server.port, sending) as source:
        source.settimeout(1.0)
        with contextlib.suppress(TimeoutError):
            while sent < 256 << 20:
                sent += source.send(BODY[:262_144])
    assert sent < 64 << 20


def test_a_ticket_opens_once_and_only_its_end(server: LiveServer, pair: Pair) -> None:
    sending, receiving = tickets(pair)
    with open_pipe(server.port, sending):
        for ticket in (sending, "", "x", "A" * 43):
            with pytest.raises(PermissionError, match="401"):
                open_pipe(server.port, ticket)
    with open_pipe(server.port, receiving) as sink, contextlib.suppress(ConnectionResetError):
        assert sink.recv(1) in {b"", b"x"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ("Origin: https://evil.example\r\n", "403"),
        ("Content-Length: 5\r\n", "400"),
        ("Transfer-Encoding: chunked\r\n", "400"),
        ("Host: other\r\n", "400"),
        ("Authorization: Ticket x\r\n", "401"),
    ],
)
def test_an_odd_upgrade_is_refused(server: LiveServer, pair: Pair, headers: str, status: str) -> None:
    sending, _ = tickets(pair)
    with pytest.raises(PermissionError, match=status):
        open_pipe(server.port, sending, headers=headers)


def test_bytes_from_the_receive_end_are_a_breach(server: LiveServer, pair: Pair) -> None:
    sending, receiving = tickets(pair)
    with open_pipe(server.port, sending) as source, open_pipe(server.port, receiving) as sink:
        sink.sendall(b"backwards")
        with pytest.raises(ConnectionResetError):
            source.recv(1)


def test_http_pieces_may_be_repeated_but_not_skipped(server: LiveServer, pair: Pair) -> None:
    sending, receiving = tickets(pair)
    source, sink = HttpEnd(server.port, sending), HttpEnd(server.port, receiving)
    assert source.put(0, b"hello")[0] == 200
    assert json.loads(source.put(0, b"hello")[1]) == {"offset": 5}
    assert json.loads(source.put(3, b"lo world")[1]) == {"offset": 11}
    assert source.put(12, b"x")[0] == 409
    assert sink.get(0) == (200, b"hello world", False)
    assert sink.get(0) == (200, b"hello world", False)
    assert source.put(11, b"!", final=True)[0] == 200
    assert json.loads(source.put(11, b"!", final=True)[1]) == {"offset": 12}
    assert sink.get(11) == (200, b"!", True)
    assert sink.get(5)[0] == 409
    assert sink.get(99)[0] == 409
    assert sink.get(12) == (200, b"", True)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Peerseal-Offset": "-1"}, 400),
        ({"Peerseal-Offset": "x"}, 400),
        ({"Peerseal-Offset": "9" * 17}, 400),
        ({}, 400),
        ({"Peerseal-Offset": "0", "Peerseal-Final": "yes"}, 400),
        ({"Peerseal-Offset": "0", "Content-Length": "1000001"}, 413),
        ({"Peerseal-Offset": "0", "Authorization": "Stream x"}, 404),
    ],
)
def test_odd_http_pieces_are_refused(
    server: LiveServer, pair: Pair, headers: dict[str, str], status: int
) -> None:
    source = HttpEnd(server.port, tickets(pair)[0])
    assert (
        source.ask("PUT", {**source.stream, **headers}, b"x" if "Content-Length" not in headers else None)[0]
        == status
    )
