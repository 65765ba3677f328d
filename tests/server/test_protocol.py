"""A connection holds the server no longer, and costs it no more, than its requests need."""

import contextlib
import re
import socket
import time
from collections.abc import Iterator

import pytest

from peerseal.server.protocol import PIPELINED_MAX
from support.live_server import LiveServer
from support.meeting_peer import raw_request

GET = b"GET /api/v1/health HTTP/1.1\r\nHost: localhost\r\n\r\n"
LAST = b"GET /api/v1/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
NO_TICKET = (
    b"PUT /api/v1/chunks/content/0 HTTP/1.1\r\nHost: localhost\r\n"
    b"Authorization: Ticket AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n"
)
#: uvicorn's keep-alive time twice, and some.
AT_MOST = 14.0

pytestmark = pytest.mark.e2e


def statuses(answers: bytes) -> list[bytes]:
    return re.findall(rb"HTTP/1\.1 (\d{3})", answers)


@contextlib.contextmanager
def connection(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), 10) as sock:
        yield sock


def test_some_requests_sent_at_once_are_all_answered(server: LiveServer) -> None:
    assert statuses(raw_request(server.port, GET * PIPELINED_MAX + LAST)) == [b"200"] * (PIPELINED_MAX + 1)


def test_a_client_that_has_said_all_still_gets_its_answers(server: LiveServer) -> None:
    with connection(server.port) as sock:
        sock.sendall(GET + GET)
        sock.shutdown(socket.SHUT_WR)
        assert statuses(everything(sock)) == [b"200", b"200"]
    with connection(server.port) as sock:
        sock.sendall(GET + GET[:-2])
        sock.shutdown(socket.SHUT_WR)
        everything(sock)  # and in the middle of a request it ends at once


def test_a_flood_of_requests_in_one_go_ends_its_connection_and_takes_no_memory() -> None:
    with LiveServer() as server, contextlib.ExitStack() as held:
        assert statuses(raw_request(server.port, LAST)) == [b"200"]
        before = server.resident_kib()
        flooding = [held.enter_context(connection(server.port)) for _ in range(5)]
        for sock in flooding:
            with contextlib.suppress(ConnectionError):
                sock.sendall(b"GET / HTTP/1.1\r\n\r\n" * 14_000)
        assert statuses(raw_request(server.port, LAST)) == [b"200"]
        for sock in flooding:
            assert len(statuses(everything(sock))) <= PIPELINED_MAX + 1
        assert server.resident_kib() - before < 20_000  # it was 25 MB a connection


def everything(sock: socket.socket) -> bytes:
    got = b""
    with contextlib.suppress(ConnectionError):
        while piece := sock.recv(65_536):
            got += piece
    return got


def test_a_connection_without_a_request_ends_whatever_else_comes(server: LiveServer) -> None:
    with contextlib.ExitStack() as held:
        silent, blank, rest = (held.enter_context(connection(server.port)) for _ in range(3))
        for sock in (silent, blank):
            sock.sendall(GET)
            assert statuses(sock.recv(65_536)) == [b"200"]
        rest.sendall(NO_TICKET + b"Content-Length: 8000000\r\n\r\n")
        assert statuses(rest.recv(65_536)) == [b"401"]
        rest.sendall(b"x")
        start = time.monotonic()
        ended: set[socket.socket] = set()
        while len(ended) < 3 and time.monotonic() < start + AT_MOST:
            if blank not in ended:
                with contextlib.suppress(ConnectionError):
                    blank.sendall(b"\r\n")
            for sock in {silent, blank, rest} - ended:
                sock.settimeout(0.2)
                with contextlib.suppress(TimeoutError):
                    if at_its_end(sock):
                        ended.add(sock)
        assert ended == {silent, blank, rest}


def at_its_end(sock: socket.socket) -> bool:
    try:
        return sock.recv(65_536) == b""
    except ConnectionError:
        return True


def test_the_rest_of_a_body_answered_early_may_come_slower_than_that(server: LiveServer) -> None:
    with connection(server.port) as sock:
        sock.sendall(NO_TICKET + b"Content-Length: 10\r\n\r\n")
        assert statuses(sock.recv(65_536)) == [b"401"]
        for _ in range(10):
            time.sleep(0.6)
            sock.sendall(b"x")
        sock.sendall(LAST)
        assert statuses(everything(sock)) == [b"200"]


@pytest.mark.parametrize("method", [b"GET", b"PUT"])
@pytest.mark.parametrize("body", [b"Content-Length: 5", b"Transfer-Encoding: chunked"])
def test_a_websocket_that_begins_with_a_body_is_refused(
    server: LiveServer, method: bytes, body: bytes
) -> None:
    head = (
        method + b" /api/v1/live HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
    )
    assert statuses(raw_request(server.port, head + body + b"\r\n\r\n")) == [b"400"]


@pytest.mark.parametrize("method", [b"POST", b"GET"])
def test_a_websocket_asked_for_wrongly_is_answered(server: LiveServer, method: bytes) -> None:
    head = (
        method
        + b" /api/v1/live HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"
    )
    assert statuses(raw_request(server.port, head))
