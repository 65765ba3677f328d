"""Accounts through the whole server: proxies that lie, bodies that drip, logs that say nothing."""

import json
import socket
import time
from http.client import HTTPConnection
from typing import Any

import pytest

from peerseal.wire import accounts as a
from peerseal.wire.limits import MIB
from support.api_client import BUNDLE, new_password
from support.live_server import LiveServer

WRONG = b"x" * 32


class Answer:
    """Status, headers and JSON of a response."""

    def __init__(self, status: int, headers: list[tuple[str, str]], text: bytes) -> None:
        self.status = status
        self.headers = dict(headers)
        self.cookies = {value.partition("=")[0]: value for name, value in headers if name == "set-cookie"}
        self.said: dict[str, Any] = json.loads(text or b"{}")


def ask(
    server: LiveServer, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
) -> Answer:
    link = HTTPConnection("127.0.0.1", server.port, timeout=30)
    try:
        given = {"Content-Type": "application/json", **(headers or {})}
        link.request(method, "/api/v1" + path, None if body is None else json.dumps(body), given)
        answer = link.getresponse()
        headers_given = [(key.lower(), value) for key, value in answer.getheaders()]
        return Answer(answer.status, headers_given, answer.read())
    finally:
        link.close()


def register(server: LiveServer, name: str, headers: dict[str, str] | None = None) -> Answer:
    return ask(
        server, "POST", "/register", a.REGISTER.write(a.Register(name, BUNDLE, new_password())), headers
    )


def login(
    server: LiveServer, name: str, auth: bytes = b"a" * 32, headers: dict[str, str] | None = None
) -> Answer:
    keep: a.SessionKind = "cookie" if headers and "Origin" in headers else "token"
    return ask(server, "POST", "/login", a.LOGIN.write(a.Login(name, auth, keep, "test")), headers)


def test_a_made_up_forwarding_header_gives_no_new_budget(server: LiveServer) -> None:
    statuses = [
        login(server, "victim", WRONG, {"X-Forwarded-For": f"198.51.100.{n}"}).status for n in range(12)
    ]
    assert statuses == [401] * 10 + [429] * 2


def test_behind_a_trusted_proxy_every_visitor_has_their_own_budget_and_tls_is_believed() -> None:
    with LiveServer({"trusted_proxies": "127.0.0.1"}) as server:
        for n in range(12):
            through = {"X-Forwarded-For": f"203.0.113.9, 198.51.100.{n}"}
            assert login(server, "victim", WRONG, through).status == 401
        register(server, "zoe", {"X-Forwarded-For": "198.51.100.1"})
        page = {
            "Host": "files.example.org",
            "Origin": "https://files.example.org",
            "X-Forwarded-For": "198.51.100.1",
            "X-Forwarded-Proto": "https",
        }
        cookies = login(server, "zoe", headers=page).cookies
        assert set(cookies) == {"__Host-peerseal_session", "__Host-peerseal_device"}
        assert all("; Secure" in cookie for cookie in cookies.values())


def test_a_strangers_word_for_tls_is_not_believed(server: LiveServer) -> None:
    register(server, "zoe")
    page = {"Origin": f"http://127.0.0.1:{server.port}", "X-Forwarded-Proto": "https"}
    cookies = login(server, "zoe", headers=page).cookies
    assert set(cookies) == {"peerseal_session", "peerseal_device"}
    assert not any("Secure" in cookie for cookie in cookies.values())


def test_errors_carry_the_id_of_the_request(server: LiveServer) -> None:
    for answer in (ask(server, "GET", "/me"), ask(server, "GET", "/nothing")):
        assert answer.said["request_id"] == answer.headers["x-request-id"]
        assert answer.headers["content-type"] == "application/problem+json"
    assert login(server, "nobody", WRONG).said["code"] == "login_failed"


@pytest.mark.parametrize("name", ["me", "sessions", "exchanges", "contacts"])
def test_what_is_an_accounts_own_is_kept_nowhere(server: LiveServer, name: str) -> None:
    register(server, "kept")
    token = {"Authorization": f"Bearer {login(server, 'kept').said['token']}"}
    assert ask(server, "GET", f"/{name}", None, token).headers["cache-control"] == "no-store"


def test_bodies_that_drip_hold_nobody_up(server: LiveServer) -> None:
    drips = []
    for _ in range(40):  # more than Flask has threads
        sock = socket.create_connection(("127.0.0.1", server.port))
        head = "POST /api/v1/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        sock.sendall(f"{head}Content-Length: 1000\r\n\r\n{{".encode())
        drips.append(sock)
    begun = time.monotonic()
    assert login(server, "nobody", WRONG).status == 401
    assert time.monotonic() - begun < 8  # they are cut after 10 s
    for sock in drips:
        sock.close()


@pytest.mark.parametrize(
    ("path", "length", "status"),
    [
        ("POST /api/v1/login", 64 * 1024 + 1, 413),
        ("POST /api/v1/nothing", 64 * 1024 + 1, 413),
        ("POST /", 10**15, 413),
        ("PUT /api/v1/contacts", 9 * MIB, 413),
    ],
)
def test_a_body_too_big_is_refused_before_it_comes(
    server: LiveServer, path: str, length: int, status: int
) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as sock:
        sock.sendall(f"{path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n".encode())
        assert sock.recv(1000).startswith(f"HTTP/1.1 {status} ".encode())


def big_body(server: LiveServer, token: str, length: int = 8 * MIB) -> socket.socket:
    """A connection that has announced a big contact book, and sent one byte of it."""
    sock = socket.create_connection(("127.0.0.1", server.port), timeout=10)
    head = f"PUT /api/v1/contacts HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
    sock.sendall(f'{head}If-Match: "0"\r\nContent-Length: {length}\r\n\r\n{{'.encode())
    return sock


def test_a_strangers_big_body_is_not_waited_for(server: LiveServer) -> None:
    register(server, "with a book")
    token = login(server, "with a book").said["token"]
    strangers = [big_body(server, "nobodys") for _ in range(9)]
    assert {sock.recv(12) for sock in strangers} == {b"HTTP/1.1 401"}
    mine = {"Authorization": f"Bearer {token}", "If-Match": '"7"'}
    assert ask(server, "PUT", "/contacts", {"counter": 8, "book": "A" * 100_000}, mine).status == 412
    for sock in strangers:
        sock.close()


def test_an_account_has_two_big_bodies_at_a_time_and_others_are_not_held_up(server: LiveServer) -> None:
    tokens = {}
    for name in ("greedy", "modest"):
        register(server, name)
        tokens[name] = login(server, name).said["token"]
    socks = [big_body(server, tokens["greedy"]) for _ in range(2)]
    time.sleep(0.3)
    third = big_body(server, tokens["greedy"])
    assert third.recv(1000).startswith(b"HTTP/1.1 429 ")
    mine = {"Authorization": f"Bearer {tokens['modest']}", "If-Match": '"7"'}
    assert ask(server, "PUT", "/contacts", {"counter": 8, "book": "A" * 100_000}, mine).status == 412
    for sock in (third, *socks):
        sock.close()
    theirs = {"Authorization": f"Bearer {tokens['greedy']}", "If-Match": '"7"'}
    deadline, status = time.monotonic() + 10, 429
    while status == 429 and time.monotonic() < deadline:
        status = ask(server, "PUT", "/contacts", {"counter": 8, "book": "A" * 100_000}, theirs).status
    assert status == 412


def test_a_body_of_very_many_values_is_refused_before_they_are_made(server: LiveServer) -> None:
    register(server, "many")
    mine = {"Authorization": f"Bearer {login(server, 'many').said['token']}", "If-Match": '"0"'}
    before = server.resident_kib()
    many: list[object] = [{}] * 1_500_000
    assert ask(server, "PUT", "/contacts", {"counter": 1, "book": many}, mine).status == 400
    assert server.resident_kib() - before < 60 * 1024  # as objects they are 100 MiB


def test_the_log_names_nobody_and_no_secret() -> None:
    with LiveServer() as server:
        register(server, "canary-name")
        token = login(server, "canary-name").said["token"]
        ask(server, "GET", "/me", None, {"Authorization": f"Bearer {token}"})
        ask(server, "GET", f"/users/{token}/key", None, {"Authorization": f"Bearer {token}"})
        login(server, "canary-name", WRONG)
        server.stop()
        assert server.log.read_text() == ""
