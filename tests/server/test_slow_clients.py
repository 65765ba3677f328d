"""Clients that drip, rest or do not read hold no place that somebody else needs, and not for long."""

import contextlib
import http.client
import selectors
import socket
import time
from collections.abc import Callable, Iterator

import pytest

from support.live_server import LiveServer

pytestmark = pytest.mark.e2e

#: So few descriptors, and no more to be had.
FILES = 256
FEW_FILES = f"import resource; resource.setrlimit(resource.RLIMIT_NOFILE, ({FILES}, {FILES}))\n"
#: From the last byte that came, or was taken, to the end of the connection.
CUT_WITHIN = 15.0


@pytest.fixture(scope="module")
def small() -> Iterator[LiveServer]:
    with LiveServer(before=FEW_FILES) as running:
        yield running


def connect(server: LiveServer, source: str = "127.0.0.1", *, window: int | None = None) -> socket.socket:
    sock = socket.socket()
    if window is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
    sock.bind((source, 0))
    sock.settimeout(10)
    sock.connect(("127.0.0.1", server.port))
    return sock


def status_from(server: LiveServer, source: str) -> int:
    link = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10, source_address=(source, 0))
    try:
        link.request("GET", "/api/v1/health")
        return link.getresponse().status
    finally:
        link.close()


def ended_within(socks: list[socket.socket], seconds: float) -> int:
    """How many of them the server ends, reading nothing of what it has to say but the end."""
    ended: set[socket.socket] = set()
    deadline = time.monotonic() + seconds
    with selectors.DefaultSelector() as ready:
        for sock in socks:
            sock.setblocking(False)
            ready.register(sock, selectors.EVENT_READ)
        while ready.get_map() and (left := deadline - time.monotonic()) > 0:
            for key, _ in ready.select(left):
                one = key.fileobj
                assert isinstance(one, socket.socket)
                if _at_its_end(one):
                    ready.unregister(one)
                    ended.add(one)
    return len(ended)


def _at_its_end(sock: socket.socket) -> bool:
    try:
        while piece := sock.recv(65_536):
            assert piece
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


@contextlib.contextmanager
def closing(socks: list[socket.socket]) -> Iterator[list[socket.socket]]:
    try:
        yield socks
    finally:
        for sock in socks:
            sock.close()


def test_twice_as_many_half_heads_as_files_keep_nobody_else_out_and_are_cut(small: LiveServer) -> None:
    with closing([]) as slow:
        for n in range(2 * FILES):
            sock = connect(small, f"127.0.0.{2 + n % 4}")
            slow.append(sock)
            with contextlib.suppress(OSError):
                sock.sendall(b"GET /api/v1/health HTTP/1.1\r\nHost: loc")
            if n % 16 == 0:
                assert status_from(small, "127.0.0.1") == 200
        assert [status_from(small, "127.0.0.1") for _ in range(20)] == [200] * 20
        assert ended_within(slow, CUT_WITHIN) == len(slow)
    assert status_from(small, "127.0.0.1") == 200


def test_half_heads_of_one_address_do_not_keep_out_others_of_the_same_address(small: LiveServer) -> None:
    with closing([]) as slow:
        for n in range(FILES):
            sock = connect(small)
            slow.append(sock)
            with contextlib.suppress(OSError):
                sock.sendall(b"GET / HTTP/1.1\r\nX: ")
            if n % 16 == 0:
                assert status_from(small, "127.0.0.1") == 200


def test_resting_connections_give_way_when_there_is_no_room_left(small: LiveServer) -> None:
    request = b"GET /api/v1/health HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with closing([]) as resting:
        for n in range(FILES):
            sock = connect(small, f"127.0.0.{2 + n % 8}")
            resting.append(sock)
            with contextlib.suppress(OSError):
                sock.sendall(request)
                sock.recv(65_536)
        assert status_from(small, "127.0.0.1") == 200


def test_who_is_one_too_many_is_told_when_to_come_again(small: LiveServer) -> None:
    """Meetings that wait for their 10 s to join are under way: nobody gives way, and the refusal is an answer."""
    upgrade = (
        b"GET /api/v1/meet HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
        b"Sec-WebSocket-Protocol: peerseal.meet.1\r\n\r\n"
    )
    with closing([]) as held:
        refused = b""
        for n in range(FILES):
            sock = connect(small, f"127.0.0.{2 + n % 8}")
            held.append(sock)
            sock.sendall(upgrade)
            with contextlib.suppress(ConnectionError):
                answer = sock.recv(65_536)
                if not answer.startswith(b"HTTP/1.1 101"):
                    refused = answer
                    break
        assert refused.startswith(b"HTTP/1.1 503 ")
        assert b"retry-after: 5\r\n" in refused
        # A few places are kept for who runs this machine.
        assert [status_from(small, source) for source in ("127.0.0.1", "127.0.0.9")] == [200, 503]
        # None of them joins: they are cut, and there is room again.
        assert ended_within(held, CUT_WITHIN) == len(held)
    assert status_from(small, "127.0.0.1") == 200


def test_a_body_that_drips_is_cut(server: LiveServer) -> None:
    heads = [
        b"POST /api/v1/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n",
        b"POST /api/v1/meet HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n",
        b"POST /nothing HTTP/1.1\r\nHost: localhost\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\n",
        b"PUT /api/v1/chunks/content/0 HTTP/1.1\r\nHost: localhost\r\n",
        b"POST /socket.io/?EIO=4&transport=polling&sid=x HTTP/1.1\r\nHost: localhost\r\n",
    ]
    with closing([connect(server) for _ in heads]) as slow:
        for sock, head in zip(slow, heads, strict=True):
            sock.sendall(head + b"Content-Length: 5000\r\n\r\n{")
        deadline = time.monotonic() + CUT_WITHIN + 5
        left = list(slow)
        while left and time.monotonic() < deadline:
            for sock in left:
                with contextlib.suppress(OSError):
                    sock.send(b" ")
            left = [sock for sock in left if not ended_within([sock], 0.25)]
        assert left == []


def test_who_asks_for_much_and_reads_nothing_is_cut(server: LiveServer) -> None:
    asked = b"GET /static/app.js HTTP/1.1\r\nHost: localhost\r\n\r\n" * 4
    before = server.sockets()
    with closing([connect(server, window=2048) for _ in range(4)]) as slow:
        for _ in range(8):  # more than the sockets' own buffers hold
            for sock in slow:
                sock.sendall(asked)
            time.sleep(0.2)
        assert server.sockets() >= before + len(slow)
        until(lambda: server.sockets() <= before, CUT_WITHIN + 5)


def until(true: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not true() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert true()
