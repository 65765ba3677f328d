"""The headers of every answer, exactly: nothing missing, nothing more, whatever the answer is and whoever makes it."""

import asyncio
import hashlib
import http.client
import json
import logging
import os
from collections.abc import Iterator
from typing import Any

import pytest

from peerseal.server import openapi
from peerseal.server.asgi_types import Event, Receive, Scope, Send
from peerseal.server.guard.gate import Gate
from peerseal.server.guard.told_page import POLICY
from peerseal.server.live.discovery import SeenProxies
from peerseal.wire import stored as wire
from peerseal.wire.strict_json import dumps
from support.live_server import LiveServer
from support.meeting_peer import raw_request
from support.stored_files import commit_of, new_file, new_link
from support.storing import Storer

pytestmark = pytest.mark.e2e

#: On every answer there is, with one of the policies below, and (over TLS) HSTS.
ALWAYS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-frame-options": "DENY",
    "permissions-policy": (
        "accelerometer=(), autoplay=(), browsing-topics=(), camera=(), display-capture=(), "
        "geolocation=(), gyroscope=(), hid=(), magnetometer=(), microphone=(), midi=(), payment=(), "
        "publickey-credentials-get=(), screen-wake-lock=(self), serial=(), usb=(), xr-spatial-tracking=()"
    ),
    "cache-control": "no-store",
}
PAGE = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self' ws://{host} wss://{host}; worker-src 'self'; manifest-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
    "trusted-types svelte-trusted-html peerseal-scripts"
)
NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
STORED = f"{NOTHING}; sandbox"
PROBLEM = "application/problem+json"
#: What says something about this one answer.
OWN = {"date", "content-length", "x-request-id", "connection"}
UPGRADE = (
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
)
LINK = "0123456789abcdef0123456789abcdef"


@pytest.fixture(scope="module")
def server() -> Iterator[LiveServer]:
    """Behind a proxy on this machine, which says what came over TLS."""
    with LiveServer({"trusted_proxies": "127.0.0.1"}) as running:
        yield running


def headers_of(answer: bytes) -> tuple[int, list[tuple[str, str]]]:
    lines = answer.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
    pairs = [line.partition(": ") for line in lines[1:]]
    return int(lines[0].split(" ")[1]), [(name.lower(), value) for name, _, value in pairs]


def told(server: LiveServer, request: str, body: str = "", more: str = "") -> tuple[int, dict[str, str]]:
    """Status and headers of the answer to `request` (its first line); no name may stand there twice."""
    sent = f"Content-Length: {len(body)}\r\n" if body or not request.startswith("GET") else ""
    text = f"{request} HTTP/1.1\r\nHost: localhost:{server.port}\r\n{more}{sent}"
    if "Upgrade" not in more:
        text += "Connection: close\r\n"
    status, pairs = headers_of(raw_request(server.port, f"{text}\r\n{body}".encode(), seconds=3))
    assert len({name for name, _ in pairs}) == len(pairs)
    return status, {name: value for name, value in pairs if name not in OWN}


def expected(server: LiveServer, policy: str, kind: str | None, **more: str) -> dict[str, str]:
    chosen = ALWAYS | {"content-security-policy": policy.format(host=f"localhost:{server.port}")}
    named = {name.replace("_", "-"): value for name, value in more.items()}
    return chosen | named | ({} if kind is None else {"content-type": kind})


#: What is the same until the next update may be kept for a while.
DESCRIBED = {
    "cache-control": "public, max-age=3600",
    "etag": f'"{hashlib.sha256(dumps(openapi.document()).encode()).hexdigest()[:32]}"',
}
JSON = "Content-Type: application/json\r\n"


@pytest.mark.parametrize(
    ("request_line", "status", "policy", "kind", "more"),
    [
        ("GET /", 200, PAGE, "text/html; charset=utf-8", {}),
        ("HEAD /", 200, PAGE, "text/html; charset=utf-8", {}),
        (f"GET /s/{LINK}", 200, PAGE, "text/html; charset=utf-8", {}),
        ("GET /operator", 200, PAGE, "text/html; charset=utf-8", {}),
        ("GET /api/v1/health", 200, NOTHING, "application/json", {}),
        ("GET /api/v1/info", 200, NOTHING, "application/json", {}),
        ("GET /api/v1/openapi.json", 200, NOTHING, "application/json", DESCRIBED),
        ("GET /metrics", 404, NOTHING, PROBLEM, {}),
        ("GET /.env", 404, NOTHING, PROBLEM, {}),
        ("GET /.git/config", 404, NOTHING, PROBLEM, {}),
        ("GET /console", 404, NOTHING, PROBLEM, {}),
        ("GET /?__debugger__=yes&cmd=resource&f=debugger.js", 200, PAGE, "text/html; charset=utf-8", {}),
        ("GET /static/../config.py", 404, NOTHING, PROBLEM, {}),
        ("GET /static/.vite/manifest.json", 404, NOTHING, PROBLEM, {}),
        ("GET /sw.js", 404, NOTHING, PROBLEM, {}),
        ("GET /nothing", 404, NOTHING, PROBLEM, {}),
        ("GET //x", 404, NOTHING, PROBLEM, {}),
        ("GET /api/v1/me", 401, NOTHING, PROBLEM, {}),
        ("GET /api/v1/operator/overview", 404, NOTHING, PROBLEM, {}),
        (f"GET /api/v1/links/{LINK}", 404, NOTHING, PROBLEM, {}),
        ("GET /api/v1/files?limit=0", 401, NOTHING, PROBLEM, {}),
        ("GET /api/v1/health?x=1", 200, NOTHING, "application/json", {}),
        ("POST /", 405, NOTHING, PROBLEM, {"allow": "GET, HEAD, OPTIONS"}),
        ("GET /api/v1/meet", 405, NOTHING, PROBLEM, {"allow": "DELETE, POST"}),
        ("GET /api/v1/chunks/content/0", 401, NOTHING, PROBLEM, {}),
        ("GET /socket.io/?EIO=4&transport=polling&sid=guess", 400, NOTHING, PROBLEM, {}),
    ],
)
def test_of_a_request(  # noqa: PLR0917 - a row of the table
    server: LiveServer, request_line: str, status: int, policy: str, kind: str, more: dict[str, str]
) -> None:
    said, headers = told(server, request_line)
    if "allow" in headers:
        headers["allow"] = ", ".join(sorted(headers["allow"].split(", ")))
    assert (said, headers) == (status, expected(server, policy, kind, **more))


@pytest.mark.parametrize(
    ("request_line", "body", "more", "status", "says"),
    [
        ("POST /api/v1/login", "{", JSON, 400, {}),
        ("POST /api/v1/login", '{"name": NaN}', JSON, 400, {}),
        ("POST /api/v1/login", "{}", "Content-Type: text/plain\r\n", 415, {}),
        ("POST /api/v1/login", "x" * 70_000, JSON, 413, {}),
        ("POST /api/v1/meet", "{}", f"{JSON}Origin: https://evil.example\r\n", 403, {}),
        ("POST /api/v1/meet", "", "Transfer-Encoding: chunked\r\n", 400, {}),
        ("POST /api/v1/files", "{}", JSON, 401, {}),
        ("DELETE /api/v1/health", "", "", 405, {"allow": "GET, HEAD"}),
        ("GET /", "", f"X: {'x' * 40_000}\r\n", 431, {}),
        ("GET /", "", "Host: twice\r\n", 400, {}),
        ("BREW /", "", "", 400, {}),
        ("GET /api/v1/meet", "", f"{UPGRADE}Origin: https://evil.example\r\n", 403, {}),
        ("GET /api/v1/meet", "", f"{UPGRADE}Origin: null\r\n", 403, {}),
        ("GET /api/v1/meet", "", UPGRADE, 400, {}),
        ("GET /api/v1/relay", "", f"{UPGRADE}Sec-WebSocket-Protocol: peerseal.relay.1\r\n", 401, {}),
        (
            "GET /socket.io/?EIO=4&transport=websocket",
            "",
            f"{UPGRADE}Origin: https://evil.example\r\n",
            403,
            {},
        ),
        ("GET /nothing", "", UPGRADE, 404, {}),
    ],
)
def test_of_a_refusal(  # noqa: PLR0917 - a row of the table
    server: LiveServer, request_line: str, body: str, more: str, status: int, says: dict[str, str]
) -> None:
    said, headers = told(server, request_line, body, more)
    if "allow" in headers:
        headers["allow"] = ", ".join(sorted(headers["allow"].split(", ")))
    assert (said, headers) == (status, expected(server, NOTHING, PROBLEM, **says))


def test_of_a_refusal_a_person_reads(server: LiveServer) -> None:
    for path in ("/nothing", "/s/not-a-link", "//x", "/.env"):
        status, headers = told(server, f"GET {path}", more="Accept: text/html\r\n")
        assert (status, headers) == (404, expected(server, POLICY, "text/html; charset=utf-8"))


def test_of_too_many(server: LiveServer) -> None:
    body = json.dumps({"link": LINK, "reason": "other", "text": ""})
    answers = [told(server, "POST /api/v1/report", body, JSON) for _ in range(6)]
    assert [status for status, _ in answers] == [204] * 5 + [429]
    assert answers[0][1] == expected(server, NOTHING, None)
    again = answers[-1][1].pop("retry-after")
    assert 0 < int(again) <= 3600
    assert answers[-1][1] == expected(server, NOTHING, PROBLEM)


def test_of_files_of_the_page(server: LiveServer) -> None:
    def tagged(name: str) -> dict[str, str]:
        status, headers = told(server, f"GET /static/{name}")
        assert status == 200
        assert headers.pop("etag")
        return headers

    assert tagged("app.js") == expected(
        server, PAGE, "text/javascript; charset=utf-8", cache_control="no-cache"
    )
    assert tagged("app.css") == expected(server, NOTHING, "text/css; charset=utf-8", cache_control="no-cache")
    assert tagged("icon.svg") == expected(server, NOTHING, "image/svg+xml", cache_control="no-cache")
    manifest = json.loads(body_of(server, "/static/vite-manifest.json"))
    hashed = next(entry["file"] for entry in manifest.values() if entry["file"].startswith("assets/"))
    forever = "public, max-age=31536000, immutable"
    assert tagged(hashed)["cache-control"] == forever


def body_of(server: LiveServer, path: str) -> bytes:
    link = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    link.request("GET", path)
    body = link.getresponse().read()
    link.close()
    return body


def test_of_what_somebody_stored(server: LiveServer) -> None:
    """Whatever it may be inside: never shown, never sniffed, and without rights if a browser shows it all the same."""
    alice = Storer.sign_up(server.port)
    wanted = new_file()
    alice.fill(alice.expect("new_file", wanted)["ticket"], wanted.version)
    alice.expect("commit", commit_of(wanted.version), upload=wanted.version.upload)
    token = os.urandom(32)
    link = new_link(wanted.id, wanted.version.upload, token, counter=2)
    alice.expect("new_link", link, file=wanted.id)
    down = wire.AskStoreTicket("download")
    tickets = (
        alice.expect("store_ticket", down, upload=wanted.version.upload)["ticket"],
        alice.expect("link_ticket", wire.LinkToken(token), link=link.link)["ticket"],
    )
    alice.close()
    kind = "application/octet-stream"
    says = {"content_disposition": "attachment", "accept_ranges": "bytes"}
    for ticket in tickets:
        more = f"Authorization: Ticket {ticket}\r\n"
        for method in ("GET", "HEAD"):
            status, headers = told(server, f"{method} /api/v1/chunks/content/0", more=more)
            assert (status, headers) == (200, expected(server, STORED, kind, **says))
        status, headers = told(server, "GET /api/v1/chunks/content/0", more=more + "Range: bytes=0-3\r\n")
        assert status == 206
        assert headers.pop("content-range").startswith("bytes 0-3/")
        assert headers == expected(server, STORED, kind, **says)


@pytest.mark.parametrize(
    ("more", "secure"),
    [
        ("X-Forwarded-Proto: https\r\n", True),
        ("X-Forwarded-Proto: http\r\n", False),
        ("X-Forwarded-Proto: https\r\nX-Forwarded-Proto: http\r\n", False),
        ("X-Forwarded-Proto: https, http\r\n", False),
        ("", False),
    ],
)
def test_over_tls_browsers_are_told_to_stay_there(server: LiveServer, more: str, secure: bool) -> None:
    for request_line in ("GET /", "GET /static/app.js", "GET /nothing", "BREW /"):
        _, headers = told(server, request_line, more=more)
        wanted = "max-age=31536000" if secure and request_line != "BREW /" else None
        assert headers.get("strict-transport-security") == wanted, request_line
        assert ("ws://" in headers["content-security-policy"]) is (
            not secure and "trusted-types" in headers["content-security-policy"]
        )


def test_who_is_no_trusted_proxy_cannot_say_so_and_metrics_are_for_whom_the_operator_names() -> None:
    with LiveServer({"metrics": "127.0.0.1"}) as server:
        _, headers = told(server, "GET /", more="X-Forwarded-Proto: https\r\n")
        status, metrics = told(server, "GET /metrics")
        kind = "text/plain; version=0.0.4; charset=utf-8"
        assert (status, metrics) == (200, expected(server, NOTHING, kind))
    assert "strict-transport-security" not in headers


def test_of_a_defect() -> None:
    """What nothing from outside should bring about: 500 in the one shape, without a word of the request."""

    async def broken(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise RuntimeError("secret words")

    answered: list[Event] = []

    async def send(event: Event) -> None:
        answered.append(event)

    async def receive() -> Event:
        return {"type": "http.disconnect"}

    log = logging.getLogger("peerseal.test.silent")
    log.addHandler(logging.NullHandler())
    log.propagate = False
    scope: dict[str, Any] = {
        "type": "http",
        "method": "GET",
        "path": "/api/v1/info",
        "raw_path": b"/api/v1/info",
        "query_string": b"",
        "scheme": "http",
        "client": ("192.0.2.1", 1),
        "headers": [(b"host", b"localhost:5000")],
    }
    asyncio.run(Gate(broken, (), SeenProxies(), log)(scope, receive, send))
    start, body = answered
    headers = {name.decode(): value.decode() for name, value in start["headers"]}
    assert start["status"] == 500
    chosen = {name: value for name, value in headers.items() if name not in OWN}
    assert chosen == ALWAYS | {"content-security-policy": NOTHING, "content-type": PROBLEM}
    assert json.loads(body["body"])["code"] == "failed"
    assert b"secret" not in body["body"]
