"""Calls by the table: what is sent, what comes of refusals, what is tried again and what never is."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Self

import pytest

from peerseal.client.api import Api, ServerInfo
from peerseal.client.refusals import typed
from peerseal.client.settings import ServerUrl
from peerseal.errors import Interrupted, NotFound, PeersealError, Refused, ServerUnreachable, UsageError
from peerseal.wire import accounts as wire
from peerseal.wire.parks import Parking

CLOSE = b""
"""In the place of an answer: close the connection without one."""


class Scripted:
    """A server that gives these answers in turn, over as many connections as come; it keeps what it was asked."""

    def __init__(self, *answers: bytes) -> None:
        self._answers = list(answers)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.server = ServerUrl(False, "127.0.0.1", self._listening.getsockname()[1])
        self.asked: list[bytes] = []
        self.connections = 0
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_ended: object) -> None:
        self._listening.close()
        self._thread.join(10)

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while self._answers:
                theirs, _ = self._listening.accept()
                theirs.settimeout(10)
                self.connections += 1
                with theirs:
                    self._answer(theirs)

    def _answer(self, theirs: socket.socket) -> None:
        while self._answers:
            request = _whole_request(theirs)
            if not request:
                return
            self.asked.append(request)
            answer = self._answers.pop(0)
            if answer == CLOSE:
                return
            theirs.sendall(answer)


def _whole_request(theirs: socket.socket) -> bytes:
    request = b""
    while b"\r\n\r\n" not in request:
        piece = theirs.recv(65_536)
        if not piece:
            return b""
        request += piece
    head, _, body = request.partition(b"\r\n\r\n")
    length = next(
        (
            int(line.partition(b":")[2])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length")
        ),
        0,
    )
    while len(body) < length:
        body += theirs.recv(65_536)
    return head + b"\r\n\r\n" + body


def answer(status: int, body: object = None, *headers: str, kind: str = "application/json") -> bytes:
    content = b"" if body is None else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} X", f"Content-Type: {kind}", *headers]
    if status != 204:
        lines.append(f"Content-Length: {len(content)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def problem(status: int, code: str, *headers: str) -> bytes:
    body = {"code": code, "title": "No", "status": status, "request_id": "r-1"}
    return answer(status, body, *headers, kind="application/problem+json")


EMPTY_LIST = answer(200, {"exchanges": []})


@contextlib.contextmanager
def asking(
    *answers: bytes,
    token: str | None = "t",  # noqa: S107 - made up
    sleep: Callable[[float], None] = lambda _seconds: None,
) -> Iterator[tuple[Scripted, Api]]:
    """Calls to a server that gives these answers."""
    with Scripted(*answers) as scripted, contextlib.closing(Api(scripted.server, token, sleep)) as api:
        yield scripted, api


def exchanges(api: Api) -> object:
    return api.call("exchanges")


def failure(*answers: bytes, call: Callable[[Api], object] = exchanges) -> PeersealError:
    """How a call ends that gets these answers."""
    with asking(*answers) as (_, api), pytest.raises(PeersealError) as caught:
        call(api)
    return caught.value


def test_one_connection_serves_many_calls() -> None:
    with asking(EMPTY_LIST, EMPTY_LIST, token="secret-token") as (scripted, api):
        for _ in range(2):
            assert api.ask(wire.Exchanges, "exchanges").exchanges == ()
    assert scripted.connections == 1
    head = scripted.asked[0].decode().split("\r\n")
    assert head[0] == "GET /api/v1/exchanges HTTP/1.1"
    assert "Authorization: Bearer secret-token" in head


def test_path_body_and_if_match_follow_the_table() -> None:
    with asking(answer(204), answer(204)) as (scripted, api):
        api.call("store_book", wire.Book(4, b"book"), if_match=3)
        api.call("end_session", session="ä/?#")
    stored, ended = (request.decode() for request in scripted.asked)
    assert stored.startswith("PUT /api/v1/contacts HTTP/1.1\r\n")
    assert 'If-Match: "3"\r\n' in stored
    assert "Content-Type: application/json\r\n" in stored
    assert stored.endswith('\r\n\r\n{"counter":4,"book":"Ym9vaw"}')
    assert ended.startswith("DELETE /api/v1/sessions/%C3%A4%2F%3F%23 HTTP/1.1\r\n")


def test_the_token_goes_only_where_an_account_is_needed() -> None:
    params = {"server": "A" * 22, "salt": "A" * 22, "memory": 65536, "passes": 3, "lanes": 1}
    with asking(answer(200, params), token="secret") as (scripted, api):
        api.call("login_params", wire.Named("ada"))
    assert b"secret" not in scripted.asked[0]
    assert "secret" not in repr(api)


def test_reading_is_tried_again_on_a_new_connection_if_the_old_one_had_ended() -> None:
    with asking(EMPTY_LIST, CLOSE, EMPTY_LIST) as (scripted, api):
        api.call("exchanges")
        api.call("exchanges")
    assert (scripted.connections, len(scripted.asked)) == (2, 3)


def test_what_may_have_been_done_is_never_sent_twice() -> None:
    with asking(EMPTY_LIST, CLOSE, answer(204)) as (scripted, api):
        api.call("exchanges")
        with pytest.raises(Interrupted):
            api.call("logout", wire.Empty())
        assert len(scripted.asked) == 2
        api.call("logout", wire.Empty())


def test_a_busy_server_is_asked_again_when_it_says() -> None:
    slept: list[float] = []
    busy = problem(503, "busy", "Retry-After: 2")
    with asking(busy, busy, EMPTY_LIST, sleep=slept.append) as (_scripted, api):
        api.call("exchanges")
    assert slept == [2.0, 2.0]


def test_a_server_that_stays_busy_is_left_alone() -> None:
    busy = problem(503, "busy", "Retry-After: 1")
    error = failure(busy, busy, busy)
    assert (error.code, error.exit_code, error.retryable) == ("busy", 11, True)
    assert error.hint == "Try again in 1 s."


def test_a_long_pause_is_not_waited_for() -> None:
    assert failure(problem(503, "busy", "Retry-After: 600")).hint == "Try again in 10 min."


CHALLENGE = answer(200, {"challenge": "abc", "bits": 4, "count": 3, "expires": 1, "needed": True})
PASS = answer(201, {"pass": "a-pass", "expires": 2})


def test_a_challenge_is_solved_without_asking_and_the_pass_goes_along_from_then_on() -> None:
    wanted = problem(429, "challenge", "Retry-After: 1")
    with asking(wanted, CHALLENGE, PASS, answer(204), EMPTY_LIST) as (scripted, api):
        api.call("logout", wire.Empty())
        api.call("exchanges")
    first, asked, solved, again, later = (request.decode() for request in scripted.asked)
    assert "Peerseal-Pass" not in first
    assert asked.startswith("GET /api/v1/challenge HTTP/1.1\r\n")
    assert solved.startswith("POST /api/v1/challenge HTTP/1.1\r\n")
    body = json.loads(solved.partition("\r\n\r\n")[2])
    assert body["challenge"] == "abc"
    for part, number in enumerate(body["solutions"]):
        assert sha256(f"peerseal challenge/1 abc {part} {number}".encode()).digest()[0] < 16
    assert len(body["solutions"]) == 3
    assert again.startswith("POST /api/v1/logout HTTP/1.1\r\n")
    assert "Peerseal-Pass: a-pass\r\n" in again
    assert "Peerseal-Pass: a-pass\r\n" in later


def test_a_challenge_is_solved_once_and_then_the_server_is_left_alone() -> None:
    wanted = problem(429, "challenge", "Retry-After: 600")
    error = failure(wanted, CHALLENGE, PASS, wanted)
    assert (error.code, error.exit_code, error.retryable) == ("challenge", 11, True)
    assert error.hint == "Try again in 10 min."


def test_a_challenge_nobody_should_compute_is_refused() -> None:
    dear = answer(200, {"challenge": "abc", "bits": 30, "count": 1, "expires": 1, "needed": True})
    error = failure(problem(429, "challenge"), dear)
    assert (error.code, error.exit_code) == ("challenge", 11)
    assert "compute" in error.message


def test_who_is_blocked_hears_until_when_and_who_can_undo_it() -> None:
    error = failure(problem(403, "blocked", "Retry-After: 4800"))
    assert (error.exit_code, error.retryable) == (11, True)
    assert "for 80 min" in error.message
    assert "can undo it" in error.hint


@pytest.mark.parametrize(
    ("status", "code", "kind", "message"),
    [
        (401, "not_signed_in", Refused, "This device is no longer signed in at"),
        (401, "login_failed", Refused, "Name or password is wrong."),
        (403, "password", Refused, "The password is wrong; nothing was changed."),
        (403, "registration_closed", Refused, "This server takes no new accounts."),
        (403, "refused", Refused, "The server will not do this (403 refused"),
        (403, "blocked", Refused, "The server takes nothing from this address for a minute"),
        (429, "wait", Refused, "Somebody has guessed at this account's password"),
        (404, "not_found", NotFound, "It is not there, or not for you."),
        (409, "they_asked", Refused, "They have asked you already."),
        (412, "stale", Refused, "Somebody changed it in the meantime."),
        (422, "expires", UsageError, "The server keeps nothing for that long."),
        (422, "odd", UsageError, "The server says the request is impossible (odd)."),
        (429, "too_many_requests", Refused, "Too many tries; the server wants a pause."),
        (507, "quota", Refused, "Your space on this server is full."),
        (500, "failed", PeersealError, "The server failed at this (500 failed)."),
    ],
)
def test_a_refusal_is_a_typed_error_with_kind_words(
    status: int, code: str, kind: type[PeersealError], message: str
) -> None:
    error = failure(problem(status, code))
    assert type(error) is kind
    assert error.message.startswith(message)
    assert error.code in (code, "server_error")


def test_what_is_absent_is_called_by_its_name() -> None:
    error = failure(problem(404, "not_found"), call=lambda api: api.call("user_key", name="zed"))
    assert (error.message, error.exit_code) == ("Nobody called zed has an account on this server.", 9)
    error = failure(problem(404, "not_found"), call=lambda api: api.call("file", file="0" * 32))
    assert error.message.startswith("There is no such file for you")


@pytest.mark.parametrize(
    "odd",
    [
        answer(200, {"exchanges": "none"}),
        answer(200, [1]),
        answer(404, {"error": "no"}),
        answer(502, "<html>bad gateway</html>", kind="text/html"),
        problem(404, ""),
    ],
    ids=["wrong field", "no object", "no problem", "a proxy", "no code"],
)
def test_what_no_peerseal_server_says_is_called_that(odd: bytes) -> None:
    error = failure(odd)
    assert isinstance(error, ServerUnreachable)
    assert error.code == "not_peerseal"


def test_info_tells_which_server_this_is() -> None:
    said: dict[str, object] = {"name": "peerseal", "server": "A" * 22, "registration": "open", "more": [1]}
    with asking(answer(200, said), token=None) as (_, api):
        assert api.info() == ServerInfo(bytes(16), "open")
    said["parking"] = {"hours": 72, "bytes": 2**34}
    with asking(answer(200, said), token=None) as (_, api):
        assert api.info() == ServerInfo(bytes(16), "open", Parking(72, 2**34))


@pytest.mark.parametrize(
    "said",
    [
        {"name": "peerseal"},
        {"server": "A" * 21, "registration": "open"},
        {"server": "A" * 22, "registration": "open", "parking": {"hours": 0, "bytes": 1}},
    ],
)
def test_a_server_without_an_id_is_none_of_ours(said: dict[str, object]) -> None:
    with asking(answer(200, said), token=None) as (_, api), pytest.raises(ServerUnreachable):
        api.info()


def test_each_thread_has_a_connection_of_its_own() -> None:
    with asking(EMPTY_LIST, EMPTY_LIST) as (scripted, api):
        for thread in [threading.Thread(target=api.call, args=("exchanges",)) for _ in range(2)]:
            thread.start()
            thread.join(10)
            api.close()
    assert scripted.connections == 2


@pytest.mark.parametrize(
    ("name", "written"),
    [("ada", "ada"), ("mary ann", "'mary ann'"), ("o'neill", r"'o'\''neill'"), ("-y", "'-y'"), ("", "''")],
)
def test_names_in_hints_are_typed_as_a_shell_needs_them(name: str, written: str) -> None:
    assert typed(name) == written
