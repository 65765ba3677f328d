"""Answers no honest server gives: each ends as a typed error, and in time."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from peerseal.client.http import HttpConnection
from peerseal.client.settings import ServerUrl
from peerseal.errors import Interrupted, ServerUnreachable


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


@contextlib.contextmanager
def connection(
    listener: socket.socket,
    answer: bytes,
    *,
    pause: float = 0.0,
    timeout: float = 5.0,
    whole: float | None = None,
) -> Iterator[HttpConnection]:
    """A connection whose server says `answer`, a byte at a time if there is a pause between them."""

    def serve() -> None:
        theirs, _ = listener.accept()
        with theirs, contextlib.suppress(OSError):
            theirs.recv(65_536)
            pieces = [answer] if not pause else [answer[at : at + 1] for at in range(len(answer))]
            for piece in pieces:
                theirs.sendall(piece)
                time.sleep(pause)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    ours = HttpConnection(ServerUrl(False, "127.0.0.1", listener.getsockname()[1]), timeout, whole)
    try:
        yield ours
    finally:
        ours.close()
        thread.join(10)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 " + b"9" * 5000 + b" X\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 2000 X\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 -20 X\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 2a0 X\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 \xb2\xb20 X\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 X\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n",
        b"HTTP/1.1 200 X\r\nContent-Length: 1_0\r\n\r\n0123456789",
        b"HTTP/1.1 200 X\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n0x_f\r\n",
        b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
        b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n" + b"f" * 6000 + b"\r\n",
    ],
    ids=lambda answer: bytes(answer[:40]).decode("latin-1") + str(len(answer)),
)
def test_numbers_that_are_none_are_not_peerseal(listener: socket.socket, answer: bytes) -> None:
    with connection(listener, answer) as ours, pytest.raises(ServerUnreachable) as caught:
        ours.request("GET", "/")
    assert caught.value.code == "not_peerseal"


def test_numbers_that_are_some_are_taken(listener: socket.socket) -> None:
    with connection(
        listener, b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n0A\r\n0123456789\r\n0\r\n\r\n"
    ) as ours:
        assert ours.request("GET", "/").body == b"0123456789"


@pytest.mark.parametrize(
    "head", [b"Content-Length: 5000\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n1388\r\n"]
)
def test_a_body_that_drips_is_given_up_when_the_whole_takes_too_long(
    listener: socket.socket, head: bytes
) -> None:
    with (
        connection(listener, b"HTTP/1.1 200 X\r\n" + head + b"x" * 5000, pause=0.01, whole=0.3) as ours,
        pytest.raises(Interrupted) as caught,
    ):
        ours.request("GET", "/")
    assert caught.value.message == "The server stopped answering."


def test_a_head_that_drips_is_given_up_at_one_deadline(listener: socket.socket) -> None:
    began = time.monotonic()
    with connection(listener, b"HTTP/1.1 200 X\r\n" * 4, pause=0.05, timeout=0.5) as ours:
        with pytest.raises(Interrupted):
            ours.request("GET", "/")
        assert time.monotonic() - began < 2
        assert ours.sock.gettimeout() == 0.5


def test_answers_before_the_answer_are_passed_over_and_what_they_load_is_kept(
    listener: socket.socket,
) -> None:
    early = (
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\nContent-Length: 5\r\n\r\n"
    )
    with connection(listener, early + b"HTTP/1.1 200 X\r\nContent-Length: 2\r\n\r\nok") as ours:
        answer = ours.request("GET", "/")
    assert (answer.status, answer.body) == (200, b"ok")
    assert answer.headers == {"link": "</a>", "content-length": "2"}


def test_answers_before_an_answer_that_never_comes_are_given_up(listener: socket.socket) -> None:
    with (
        connection(listener, b"HTTP/1.1 103 Early Hints\r\n\r\n" * 100) as ours,
        pytest.raises(ServerUnreachable) as caught,
    ):
        ours.request("GET", "/")
    assert caught.value.code == "not_peerseal"


def test_a_name_with_a_blank_that_http_has_not_is_another_name(listener: socket.socket) -> None:
    with connection(listener, b"HTTP/1.1 200 X\r\nX-A\xa0: a\r\nContent-Length: 0\r\n\r\n") as ours:
        assert "x-a" not in ours.request("GET", "/").headers
