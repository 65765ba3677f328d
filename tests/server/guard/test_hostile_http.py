"""Hostile HTTP gets a 4xx in the one shape, and every answer carries the fixed headers."""

import http.client
import json
import socket
import time

import pytest

from support.live_server import LiveServer
from support.meeting_peer import raw_request

HOST = b"Host: localhost\r\n"
FIXED = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-frame-options": "DENY",
}


def ask(port: int, method: str, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, path, headers=headers)
    response = connection.getresponse()
    result = response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
    connection.close()
    return result


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200),
        ("GET", "/static/app.js", 200),
        ("GET", "/api/v1/health", 200),
        ("GET", "/api/v1/info", 200),
        ("OPTIONS", "/", 200),
        ("GET", "/nothing", 404),
        ("GET", "/static/../config.py", 404),
        ("GET", "/static/%2e%2e/config.py", 404),
        ("GET", "/static//etc/passwd", 404),
        ("GET", "//api/v1/health", 404),
        ("GET", "/api/v1//health", 404),
        ("GET", "/api/v1%2fhealth", 404),
        ("GET", "/api%2Fv1/health", 404),
        ("GET", "/api/v1/health%5c", 404),
        ("GET", "/static/", 404),
        ("POST", "/", 405),
        ("DELETE", "/api/v1/relay", 405),
        ("PUT", "/api/v1/meet", 405),
        ("GET", "/socket.io/", 400),
        ("GET", "/socket.io/?EIO=4&transport=polling&sid=guess", 400),
        ("GET", "/socket.io/?EIO=4&transport=polling&j=0", 400),
        ("POST", "/socket.io/?EIO=4&transport=polling", 400),
    ],
)
def test_every_answer_has_the_fixed_headers_and_errors_one_shape(
    server: LiveServer, method: str, path: str, status: int
) -> None:
    extra = {"Content-Length": "0"} if method in {"POST", "PUT"} else {}
    answered, headers, body = ask(server.port, method, path, **extra)
    assert answered == status
    assert FIXED.items() <= headers.items()
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "http:" not in policy
    assert "camera=()" in headers["permissions-policy"]
    assert "access-control-allow-origin" not in headers
    assert "server" not in headers
    if status >= 400:
        assert headers["content-type"] == "application/problem+json"
        problem = json.loads(body)
        assert problem.keys() == {"code", "title", "status", "request_id"}
        assert (problem["status"], problem["request_id"]) == (status, headers["x-request-id"])


def test_caching(server: LiveServer) -> None:
    assert ask(server.port, "GET", "/api/v1/info")[1]["cache-control"] == "no-store"
    assert ask(server.port, "GET", "/")[1]["cache-control"] == "no-store"
    _, headers, _ = ask(server.port, "GET", "/static/app.js")
    assert headers["cache-control"] == "no-cache"
    assert ask(server.port, "GET", "/static/app.js", **{"If-None-Match": headers["etag"]})[0] == 304


@pytest.mark.parametrize(
    ("request_text", "status"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
        (b"rubbish\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01", 400),
        (
            b"POST /api/v1/meet HTTP/1.1\r\n"
            + HOST
            + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
            400,
        ),
        (b"POST /api/v1/meet HTTP/1.1\r\n" + HOST + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400),
        (b"POST /api/v1/meet HTTP/1.1\r\n" + HOST + b"Content-Length: -2\r\n\r\n{}", 400),
        (b"POST /api/v1/meet HTTP/1.1\r\n" + HOST + b"Content-Length: 1e9\r\n\r\n{}", 400),
        (b"POST /api/v1/meet HTTP/1.1\r\n" + HOST + b"Content-Length: 99999999999999999999999\r\n\r\n", 400),
        (
            b"POST /api/v1/meet HTTP/1.1\r\n"
            + HOST
            + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
            411,
        ),
        (b"PUT /api/v1/relay HTTP/1.1\r\n" + HOST + b"\r\n", 411),
        (
            b"POST /api/v1/meet HTTP/1.1\r\n"
            + HOST
            + b"Content-Type: application/json\r\nContent-Length: 70000\r\n\r\n"
            + b" " * 70_000,
            413,
        ),
        (
            b"POST /api/v1/meet HTTP/1.1\r\n"
            + HOST
            + b"Content-Type: application/json\r\nContent-Length: 60000\r\n\r\n"
            + b"[" * 60_000,
            400,
        ),
        (
            b"POST /api/v1/meet HTTP/1.1\r\n"
            + HOST
            + b"Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}",
            415,
        ),
        (
            b"POST /api/v1/meet HTTP/1.1\r\n"
            + HOST
            + b"Origin: https://evil.example\r\nContent-Length: 2\r\n\r\n{}",
            403,
        ),
        (b"GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\n" + HOST + b"Origin: null\r\n\r\n", 403),
        (b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"x" * 40_000 + b"\r\n\r\n", 431),
        (b"GET /" + b"x" * 40_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 431),
        (b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"x" * 2_000_000, 431),
        (
            b"OPTIONS /api/v1/meet HTTP/1.1\r\n"
            + HOST
            + b"Origin: null\r\nAccess-Control-Request-Method: POST\r\n\r\n",
            405,
        ),
    ],
)
def test_hostile_requests_are_refused(server: LiveServer, request_text: bytes, status: int) -> None:
    answer = raw_request(server.port, request_text, seconds=2)
    assert status_of(answer) == status, answer[:200]
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"nosniff" in head
    assert b"access-control-allow-origin" not in head.lower()
    assert json.loads(body)["status"] == status
    assert ask(server.port, "GET", "/api/v1/health")[0] == 200


def test_a_foreign_hosts_header_cannot_break_the_policy(server: LiveServer) -> None:
    answer = raw_request(server.port, b"GET / HTTP/1.1\r\nHost: a;script-src*\r\nConnection: close\r\n\r\n")
    assert b"script-src*" not in answer


def test_a_request_that_never_ends_its_head_is_cut_within_15_seconds(server: LiveServer) -> None:
    start = time.monotonic()
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as slow:
        slow.sendall(b"GET / HTTP/1.1\r\nHost: local")
        answer = b""
        while piece := slow.recv(65_536):
            answer += piece
    assert status_of(answer) == 408
    assert 8 < time.monotonic() - start < 15


def test_an_address_may_hold_only_so_many_sockets() -> None:
    joining = (
        b"GET /api/v1/meet HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
        b"Sec-WebSocket-Protocol: peerseal.meet.1\r\n\r\n"
    )
    with LiveServer({"sockets_per_address": "20"}) as server:
        held = [socket.create_connection(("127.0.0.1", server.port), timeout=5) for _ in range(20)]
        for one in held:
            one.sendall(joining)
            assert status_of(one.recv(65_536)) == 101
        answer = raw_request(server.port, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", seconds=2)
        assert status_of(answer) == 429
        assert b"retry-after: 5\r\n" in answer
        held.pop().close()
        deadline = time.monotonic() + 5
        while (status := ask(server.port, "GET", "/api/v1/health")[0]) != 200 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert status == 200
        for one in held:
            one.close()


@pytest.mark.parametrize(
    "wrong",
    [
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: short\r\n",
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: \xe9\r\n",
        "Sec-WebSocket-Version: 99\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n",
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n",
        "Sec-WebSocket-Version: 13\r\n",
    ],
)
def test_a_handshake_that_is_none_is_refused_like_every_other_request(server: LiveServer, wrong: str) -> None:
    with socket.create_connection(("127.0.0.1", server.port), 10) as sock:
        sock.sendall(
            f"GET /api/v1/meet HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            f"Sec-WebSocket-Protocol: peerseal.meet.1\r\n{wrong}\r\n".encode("latin-1")
        )
        with http.client.HTTPResponse(sock) as answer:
            answer.begin()
            headers = {name.lower(): value for name, value in answer.getheaders()}
            assert answer.status == 400
            assert json.loads(answer.read())["code"] == "malformed"
    assert FIXED.items() <= headers.items()
    assert headers["content-type"] == "application/problem+json"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["x-request-id"]
