"""Chunks past the parser: the same bytes, however they come and go, and a connection that is good for more after."""

import asyncio
import contextlib
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPResponse

import pytest
import uvloop

from peerseal.server.direct import PIECE, DirectBody, send_file
from peerseal.server.http import ClientGone
from peerseal.wire import stored as wire
from support.live_server import LiveServer
from support.stored_files import new_file, new_version
from support.storing import Storer

RECORD = 512 * 1024
CHUNK = 16 * (RECORD + 28)
LOOPS: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "asyncio": asyncio.new_event_loop,
    "uvloop": uvloop.new_event_loop,
}


class Upload:
    """An upload with two whole chunks of content, and tickets for both ways."""

    def __init__(self, server: LiveServer) -> None:
        self.port = server.port
        self.person = Storer.sign_up(server.port)
        wanted = new_file(version=new_version(content=2 * 16 * RECORD, record_size=RECORD))
        self.up = self.person.expect("new_file", wanted)["ticket"]
        ask = wire.AskStoreTicket("download")
        self.down = self.person.expect("store_ticket", ask, upload=wanted.version.upload)["ticket"]

    def head(self, method: str, n: int, *more: str) -> bytes:
        ticket = self.up if method == "PUT" else self.down
        lines = [f"{method} /api/v1/chunks/content/{n} HTTP/1.1", "Host: localhost"]
        return "\r\n".join([*lines, f"Authorization: Ticket {ticket}", *more, "", ""]).encode()

    def put_head(self, n: int, *more: str) -> bytes:
        return self.head("PUT", n, f"Content-Length: {CHUNK}", *more)

    @contextlib.contextmanager
    def connection(self) -> Iterator[socket.socket]:
        with socket.create_connection(("127.0.0.1", self.port), 20) as sock:
            yield sock


@pytest.fixture
def upload(server: LiveServer) -> Iterator[Upload]:
    made = Upload(server)
    yield made
    made.person.close()


def answer(sock: socket.socket) -> tuple[int, bytes]:
    response = HTTPResponse(sock)
    response.begin()
    return response.status, response.read()


@pytest.mark.e2e
def test_a_chunk_in_uneven_pieces_comes_back_whole_and_in_ranges(upload: Upload) -> None:
    content = os.urandom(CHUNK)
    with upload.connection() as sock:
        head = upload.put_head(0)
        sock.sendall(head[:30])
        sock.sendall(head[30:] + content[:70_001])
        time.sleep(0.05)
        start = 70_001
        for size in (1, 3_000_000, 17, 2_000_000, CHUNK):
            sock.sendall(content[start : start + size])
            time.sleep(0.02)
            start += size
        assert answer(sock)[0] == 201
        sock.sendall(upload.head("GET", 0))
        assert answer(sock) == (200, content)
        for first, last in ((0, 0), (PIECE - 1, PIECE), (5, CHUNK - 2), (CHUNK - 1, CHUNK - 1)):
            sock.sendall(upload.head("GET", 0, f"Range: bytes={first}-{last}"))
            assert answer(sock) == (206, content[first : last + 1])


@pytest.mark.e2e
def test_requests_sent_at_once_are_answered_in_order(upload: Upload) -> None:
    contents = os.urandom(CHUNK), os.urandom(CHUNK)
    with upload.connection() as sock:
        for n in (0, 1):
            sock.sendall(upload.put_head(n) + contents[n])
        sock.sendall(upload.head("GET", 1) + upload.head("HEAD", 0))
        file = sock.makefile("rb")
        body, seen = b"", file.read(1)  # one reader for all answers: what was read ahead must not be lost
        for wanted in (b"HTTP/1.1 201", b"HTTP/1.1 201", b"HTTP/1.1 200"):
            seen += file.readline()
            assert seen.startswith(wanted)
            while (line := file.readline()) != b"\r\n":
                seen += line
            body = file.read(CHUNK) if wanted.endswith(b"200") else b""
            seen = b""
        assert body == contents[1]
        assert file.readline().startswith(b"HTTP/1.1 200")
        file.close()


@pytest.mark.e2e
def test_a_client_that_asks_first_is_told_to_go_on(upload: Upload) -> None:
    content = os.urandom(CHUNK)
    with upload.connection() as sock:
        sock.sendall(upload.put_head(0, "Expect: 100-continue"))
        assert sock.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        sock.sendall(content)
        assert answer(sock)[0] == 201
        sock.sendall(upload.head("GET", 0, "Range: bytes=0-4"))
        assert answer(sock) == (206, content[:5])


@pytest.mark.e2e
def test_a_client_refused_before_it_was_told_to_go_on_is_told_that_the_connection_ends(
    upload: Upload,
) -> None:
    upload.up = "A" * 43
    with upload.connection() as sock:
        sock.sendall(upload.put_head(0, "Expect: 100-continue"))
        response = HTTPResponse(sock)
        response.begin()
        assert (response.status, response.getheader("Connection")) == (401, "close")
        response.read()
        assert sock.recv(100) == b""


@pytest.mark.e2e
def test_blanks_around_a_length_are_none_of_it(upload: Upload) -> None:
    content = os.urandom(CHUNK)
    with upload.connection() as sock:
        sock.sendall(upload.head("PUT", 0, f"Content-Length: \t{CHUNK} \t ") + content)
        assert answer(sock)[0] == 201


@pytest.mark.e2e
def test_of_a_chunk_that_ends_in_the_middle_nothing_is_kept(upload: Upload) -> None:
    with upload.connection() as sock:
        sock.sendall(upload.put_head(0) + bytes(CHUNK // 2))
        time.sleep(0.1)
    content = os.urandom(CHUNK)
    with upload.connection() as sock:
        sock.sendall(upload.put_head(0) + content)
        assert answer(sock)[0] == 201
        sock.sendall(upload.put_head(0) + bytes(CHUNK))
        assert answer(sock)[0] == 409
        sock.sendall(upload.head("GET", 0))
        assert answer(sock) == (200, content)


@pytest.mark.e2e
def test_a_reader_that_pauses_gets_everything_and_one_that_leaves_harms_nobody(upload: Upload) -> None:
    content = os.urandom(CHUNK)
    with upload.connection() as sock:
        sock.sendall(upload.put_head(0) + content)
        assert answer(sock)[0] == 201
    with upload.connection() as leaving:
        leaving.sendall(upload.head("GET", 0))
        assert leaving.recv(1000)
    with upload.connection() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        sock.sendall(upload.head("GET", 0))
        time.sleep(0.5)
        assert answer(sock) == (200, content)


@pytest.mark.e2e
def test_a_reader_that_sends_no_more_gets_the_whole_chunk(upload: Upload) -> None:
    content = os.urandom(CHUNK)
    with upload.connection() as sock:
        sock.sendall(upload.put_head(0) + content)
        assert answer(sock)[0] == 201
        sock.sendall(upload.head("GET", 0))
        sock.shutdown(socket.SHUT_WR)
        assert answer(sock) == (200, content)
        assert sock.recv(1) == b""


class After(asyncio.Protocol):
    """Who has the connection before and behind a body."""

    def __init__(self) -> None:
        self.got = b""

    def data_received(self, data: bytes) -> None:
        self.got += data


async def _body(length: int, early: bytes) -> tuple[DirectBody, After, socket.socket]:
    """A body of this length on one end of a pair of sockets; the other end."""
    here, there = socket.socketpair()
    here.setblocking(False)
    there.setblocking(False)
    transport, after = await asyncio.get_running_loop().create_connection(After, sock=here)
    transport.pause_reading()
    body = DirectBody(
        transport, early, length, lambda: transport.set_protocol(after), lambda _error: transport.close()
    )
    transport.set_protocol(body)
    transport.resume_reading()
    return body, after, there


@pytest.mark.parametrize("loop", LOOPS)
def test_a_body_ends_where_it_ends(loop: str) -> None:
    content = os.urandom(3 * PIECE + 5)

    async def play() -> None:
        body, after, there = await _body(len(content), content[:10])
        with there:
            sending = asyncio.ensure_future(
                asyncio.get_running_loop().sock_sendall(there, content[10:] + b"next")
            )
            got = b""
            while len(got) < len(content):
                got += bytes(await asyncio.wait_for(body.read(), 10))
                await asyncio.sleep(0.01)  # both buffers fill meanwhile, and no more
            await sending
            assert got == content
            await _until(lambda: after.got == b"next")

    with asyncio.Runner(loop_factory=LOOPS[loop]) as runner:
        runner.run(play())


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("read", [0, 1, 2])
def test_what_comes_of_an_unwanted_body_is_dropped(loop: str, read: int) -> None:
    async def play() -> None:
        body, after, there = await _body(5 * PIECE, b"")
        with there:
            sending = asyncio.ensure_future(
                asyncio.get_running_loop().sock_sendall(there, bytes(5 * PIECE) + b"next")
            )
            pieces = [await asyncio.wait_for(body.read(), 10) for _ in range(read)]
            await asyncio.sleep(0.05)
            body.close()
            await asyncio.wait_for(sending, 10)
            await _until(lambda: after.got == b"next")
            assert not any(any(piece) for piece in pieces)

    with asyncio.Runner(loop_factory=LOOPS[loop]) as runner:
        runner.run(play())


@pytest.mark.parametrize("loop", LOOPS)
def test_a_lost_connection_ends_the_wait_for_more(loop: str) -> None:
    async def play() -> None:
        body, _after, there = await _body(PIECE, b"early")
        there.close()
        with pytest.raises(ClientGone):
            await asyncio.wait_for(body.read(), 10)

    with asyncio.Runner(loop_factory=LOOPS[loop]) as runner:
        runner.run(play())


@pytest.mark.parametrize("loop", LOOPS)
def test_a_pause_in_writing_is_told_while_a_body_comes(loop: str) -> None:
    async def play() -> None:
        here, there = socket.socketpair()
        here.setblocking(False)
        told: list[bool] = []
        transport, _ = await asyncio.get_running_loop().create_connection(After, sock=here)
        transport.set_protocol(
            DirectBody(transport, b"", PIECE, lambda: None, lambda _error: None, paused=told.append)
        )
        with there:
            transport.write(bytes(20 * PIECE))
            await _until(lambda: told == [True])
            there.setblocking(False)
            got = 0
            while got < 20 * PIECE:
                got += len(await asyncio.get_running_loop().sock_recv(there, PIECE))
            await _until(lambda: told == [True, False])
            transport.abort()

    with asyncio.Runner(loop_factory=LOOPS[loop]) as runner:
        runner.run(play())


@pytest.mark.parametrize("loop", LOOPS)
def test_whoever_cancels_a_file_waits_until_no_thread_uses_its_descriptors(loop: str) -> None:
    begun, may_end = threading.Event(), threading.Event()
    open_to_the_end: list[bool] = []

    def slow(_call: object, out: int, file: int, _first: int, count: int) -> int:
        begun.set()
        assert may_end.wait(10)
        open_to_the_end.append(os.fstat(out).st_ino > 0 and os.fstat(file).st_ino > 0)
        return count

    async def play(pool: ThreadPoolExecutor) -> None:
        here, there = socket.socketpair()
        here.setblocking(False)
        transport, _ = await asyncio.get_running_loop().create_connection(After, sock=here)
        file = os.open(__file__, os.O_RDONLY)

        async def give() -> None:
            running = asyncio.get_running_loop()
            try:
                await send_file(
                    transport, file, (0, 10), 5, lambda *a: running.run_in_executor(pool, slow, *a)
                )
            finally:
                os.close(file)

        with there:
            giving = asyncio.ensure_future(give())
            await _until(begun.is_set)
            for _ in range(3):
                giving.cancel()
                await asyncio.sleep(0.02)
            assert not giving.done()
            may_end.set()
            with pytest.raises(asyncio.CancelledError):
                await asyncio.wait_for(giving, 10)
            transport.abort()

    with ThreadPoolExecutor(1) as pool, asyncio.Runner(loop_factory=LOOPS[loop]) as runner:
        runner.run(play(pool))
    assert open_to_the_end == [True]


async def _until(happened: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not happened():  # noqa: ASYNC110 - of another's state
            await asyncio.sleep(0.01)
