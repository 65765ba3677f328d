"""Chunks by ticket against a server that answers as it is told: what is tried again, and what is not."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from peerseal.client.settings import parse_server
from peerseal.errors import IntegrityFailed, Interrupted, NotFound, PeersealError, Refused
from peerseal.transport import store as module
from peerseal.transport.store import ChunkStore, Tickets
from peerseal.wire.stored import StoreTicket

Answer = Callable[[str, bytes], bytes | None]
CHUNK = memoryview(bytes(range(256)) * 40)


def answer(status: int, body: bytes = b"", more: str = "") -> bytes:
    return f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n{more}\r\n".encode() + body


def problem(status: int, code: str) -> bytes:
    body = f'{{"code":"{code}","title":"T","status":{status},"request_id":"r"}}'.encode()
    return answer(status, body, "Content-Type: application/problem+json\r\n")


class Script:
    """A server that gives these answers, one to each request; None closes the connection without one."""

    def __init__(self, *answers: bytes | None) -> None:
        self.answers = list(answers)
        self.requests: list[tuple[str, bytes]] = []
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while self.answers:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            with connection, connection.makefile("rb") as lines:
                while self.answers and self._answer(connection, lines):
                    pass

    def _answer(self, connection: socket.socket, lines: object) -> bool:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = lines.readline()  # type: ignore[attr-defined]
            if not line:
                return False
            head += line
        length = next(
            (int(row[15:]) for row in head.split(b"\r\n") if row.lower().startswith(b"content-length:")), 0
        )
        body = lines.read(length)  # type: ignore[attr-defined]
        self.requests.append((head.decode(), body))
        said = self.answers.pop(0)
        if said is None:
            return False
        connection.sendall(said)
        return True

    def close(self) -> None:
        self._listener.close()


@contextmanager
def chunks(*answers: bytes | None, lasting: bool = False) -> Iterator[tuple[ChunkStore, Script]]:
    script = Script(*answers)
    numbers = iter(range(1, 100))
    tickets = Tickets(lambda: StoreTicket(f"ticket-{next(numbers)}", 0), lasting=lasting)
    store = ChunkStore(parse_server(script.url), tickets, patience=5.0)
    try:
        yield store, script
    finally:
        store.close()
        script.close()


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PAUSES", (0.01,))


def test_a_chunk_goes_up_whole_with_its_ticket_in_a_header() -> None:
    with chunks(answer(201), answer(200)) as (store, script):
        store.put("content", 3, CHUNK)
        store.put("manifest", 0, CHUNK[:10])
    assert script.connections == 1
    (first, body), (second, rest) = script.requests
    assert first.startswith("PUT /api/v1/chunks/content/3 HTTP/1.1\r\n")
    assert "\r\nAuthorization: Ticket ticket-1\r\n" in first
    assert second.startswith("PUT /api/v1/chunks/manifest/0 ")
    assert (body, rest) == (bytes(CHUNK), bytes(CHUNK[:10]))


def test_a_chunk_comes_down_into_the_callers_buffer() -> None:
    buffer = memoryview(bytearray(len(CHUNK) + 5))
    with chunks(answer(200, bytes(CHUNK)), answer(204)) as (store, _):
        assert store.get_into("content", 0, buffer) == len(CHUNK)
        assert buffer[: len(CHUNK)] == CHUNK
        assert store.get_into("content", 1, buffer) is None


def test_a_dead_ticket_is_renewed_once() -> None:
    with chunks(problem(401, "ticket"), answer(201)) as (store, script):
        store.put("content", 0, CHUNK)
    assert ["ticket-1" in script.requests[0][0], "ticket-2" in script.requests[1][0]] == [True, True]
    with (
        chunks(problem(401, "ticket"), problem(401, "ticket")) as (store, _),
        pytest.raises(Refused) as caught,
    ):
        store.put("content", 0, CHUNK)
    assert caught.value.code == "ticket"


@pytest.mark.parametrize("hindrance", [None, problem(503, "busy"), problem(429, "too_many_requests")])
def test_what_may_pass_is_tried_again_with_the_same_bytes(hindrance: bytes | None) -> None:
    with chunks(hindrance, hindrance, answer(201)) as (store, script):
        store.put("content", 0, CHUNK)
    assert [body for _, body in script.requests] == [bytes(CHUNK)] * 3


def test_a_connection_that_never_comes_back_interrupts() -> None:
    with chunks(None) as (store, script):
        store._patience = 0.05
        script.close()
        with pytest.raises(Interrupted) as caught:
            store.put("content", 0, CHUNK)
    assert (caught.value.exit_code, caught.value.retryable) == (10, True)


@pytest.mark.parametrize(
    ("said", "kind", "code"),
    [
        (problem(409, "chunk_differs"), IntegrityFailed, "chunk_differs"),
        (problem(404, "not_found"), NotFound, "not_found"),
        (problem(507, "quota"), Refused, "quota"),
        (problem(507, "disk_full"), Refused, "disk_full"),
        (problem(409, "no_downloads_left"), Refused, "no_downloads_left"),
        (answer(500, b"oops"), PeersealError, "not_peerseal"),
    ],
)
def test_what_the_server_refuses_is_said_and_not_tried_again(
    said: bytes, kind: type[PeersealError], code: str
) -> None:
    with chunks(said, answer(201)) as (store, script), pytest.raises(kind) as caught:
        store.put("content", 0, CHUNK)
    assert caught.value.code == code
    assert len(script.requests) == 1


def test_more_than_a_chunk_is_no_answer_of_a_server() -> None:
    with chunks(answer(200, bytes(CHUNK))) as (store, _), pytest.raises(PeersealError) as caught:
        store.get_into("content", 0, memoryview(bytearray(10)))
    assert caught.value.code == "not_peerseal"


def test_aborting_wakes_a_thread_that_waits() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    store = ChunkStore(
        parse_server(f"http://127.0.0.1:{listener.getsockname()[1]}"), Tickets(lambda: StoreTicket("t", 0))
    )
    failed: list[PeersealError] = []

    def get() -> None:
        try:
            store.get_into("content", 0, memoryview(bytearray(10)))
        except PeersealError as error:
            failed.append(error)

    thread = threading.Thread(target=get)
    thread.start()
    connection, _ = listener.accept()
    connection.recv(1000)
    store.abort()
    thread.join(5)
    assert not thread.is_alive()
    assert isinstance(failed[0], Interrupted)
    store.close()
    connection.close()
    listener.close()


def test_tickets_are_renewed_before_they_run_out_but_a_links_are_not() -> None:
    now = [0.0]
    asked: list[int] = []

    def ask() -> StoreTicket:
        asked.append(1)
        return StoreTicket(f"t{len(asked)}", 0)

    usual, lasting = Tickets(ask, clock=lambda: now[0]), Tickets(ask, lasting=True, clock=lambda: now[0])
    assert (usual.current(), lasting.current()) == ("t1", "t2")
    now[0] = 700.0
    assert (usual.current(), lasting.current()) == ("t3", "t2")
    assert usual.replace("t1") == "t3", "somebody else has renewed it already"
    assert usual.replace("t3") == "t4"
