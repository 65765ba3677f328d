"""Every answer has exactly the headers it should, whatever was asked; nothing is ever allowed to another origin."""

from __future__ import annotations

from typing import Final

import pytest

from attack.conftest import Attacked
from peerseal.wire import stored as s
from peerseal.wire.api import ENDPOINTS
from support.outsider import Answer, Outsider
from support.stored_files import commit_of, new_file, new_version
from support.storing import Storer

pytestmark = pytest.mark.e2e

METHODS: Final = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS")
PAGES: Final = ("/", "/s/" + "0" * 32, "/static/app.js", "/static/app.css", "/static/manifest.webmanifest")
NOT_THERE: Final = (
    "/nothing",
    "/.env",
    "//",
    "/static/../x",
    "/s/",
    "/api/v1/nothing",
    "/%00",
    "/api/v1/files/%C3%A9",
)
OUTSIDE: Final = ("/api/v1/meet", "/api/v1/relay", "/api/v1/chunks/content/0", "/api/v1/news", "/socket.io/")
EVERYWHERE: Final = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-frame-options": "DENY",
}
PERMISSIONS: Final = (
    "accelerometer=(), autoplay=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), "
    "hid=(), magnetometer=(), microphone=(), midi=(), payment=(), publickey-credentials-get=(), "
    "screen-wake-lock=(self), serial=(), usb=(), xr-spatial-tracking=()"
)
#: What may stand beside them, by what the answer is about.
OTHERS: Final = {
    "accept-ranges",
    "allow",
    "cache-control",
    "connection",
    "content-disposition",
    "content-encoding",
    "content-length",
    "content-range",
    "content-security-policy",
    "content-type",
    "date",
    "etag",
    "last-modified",
    "location",
    "permissions-policy",
    "retry-after",
    "service-worker-allowed",
    "transfer-encoding",
    "vary",
    "x-request-id",
}


def addresses() -> list[str]:
    """One of every kind there is."""
    api = {"/api/v1" + entry.path.replace("{", "").replace("}", "") for entry in ENDPOINTS.values()}
    return sorted(api | {*PAGES, *NOT_THERE, *OUTSIDE, "/api/v1/openapi.json", "/metrics", "/operator"})


@pytest.mark.parametrize("method", METHODS)
def test_every_answer_has_exactly_these_headers(attacked: Attacked, method: str) -> None:
    looked_at = 0
    for number, path in enumerate(addresses()):
        # So many odd requests would stop one address.
        mallory = Outsider(attacked.port, f"127.30.{number}.{METHODS.index(method) + 1}")
        body = b"" if method in ("POST", "PUT", "PATCH") else None
        answer = mallory.ask(method, path, body)
        assert answer.status < 500 or answer.status == 503, (path, answer)
        check(path, answer)
        looked_at += 1
    assert looked_at > 60


@pytest.mark.parametrize(
    "text", [b"rubbish\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n"]
)
def test_so_has_what_is_no_request(attacked: Attacked, text: bytes) -> None:
    head = Outsider(attacked.port, "127.31.0.1").raw(text, 3).partition(b"\r\n\r\n")[0].decode().split("\r\n")
    named = tuple((line.partition(": ")[0].lower(), line.partition(": ")[2]) for line in head[1:])
    check("rubbish", Answer(int(head[0].split()[1]), named, b""))


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
def test_no_other_origin_is_ever_allowed(attacked: Attacked, origin: str) -> None:
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": "DELETE",
        "Access-Control-Request-Headers": "authorization",
        "Access-Control-Request-Private-Network": "true",
    }
    for number, path in enumerate(addresses()):
        mallory = Outsider(attacked.port, f"127.32.{number}.1")
        for method in ("OPTIONS", "GET"):
            answer = mallory.ask(method, path, None, asked)
            assert [name for name, _ in answer.headers if name.startswith("access-control")] == [], (
                path,
                method,
            )


def test_a_stored_page_is_bytes_for_every_browser(attacked: Attacked, ada: Storer) -> None:
    page = b"<script>alert(document.cookie)</script><svg onload=alert(1)>".ljust(128)
    wanted = new_file(version=new_version(content=100))
    ticket = ada.expect("new_file", wanted)["ticket"]
    ada.fill(ticket, wanted.version)
    ada.expect("commit", commit_of(wanted.version), upload=wanted.version.upload)
    down = ada.expect("store_ticket", s.AskStoreTicket("download"), upload=wanted.version.upload)["ticket"]
    eve = Outsider(attacked.port, "127.33.0.1")
    for path in ("/api/v1/chunks/content/0", f"/api/v1/chunks/content/0?ticket={down}"):
        assert eve.ask("GET", path, None, {"Cookie": f"ticket={down}"}).status in (400, 401), (
            "by address alone"
        )
    answer = eve.ask("GET", "/api/v1/chunks/content/0", None, {"Authorization": f"Ticket {down}"})
    assert answer.status == 200
    assert page not in answer.body
    assert answer.all("content-type") == ["application/octet-stream"]
    assert answer.all("x-content-type-options") == ["nosniff"]
    assert answer.all("content-disposition") == ["attachment"]
    assert "sandbox" in answer.all("content-security-policy")[0]


def check(path: str, answer: Answer) -> None:
    """Whether these are the headers of an answer of this server."""
    for name, value in EVERYWHERE.items():
        assert answer.all(name) == [value], (path, answer.status, name)
    assert answer.all("permissions-policy") == [PERMISSIONS], path
    assert len(answer.all("x-request-id")) == 1, path
    foreign = {name for name, _ in answer.headers} - set(EVERYWHERE) - OTHERS
    assert foreign - {"set-cookie"} == set(), (path, answer.status)
    (policy,) = answer.all("content-security-policy")
    assert "default-src 'none'" in policy, path
    assert "frame-ancestors 'none'" in policy, path
    assert "unsafe-" not in policy, path
    assert not {"http:", "https:", "*"} & set(policy.replace(";", " ").split()), path
    if answer.all("content-type")[:1] and answer.all("content-type")[0].startswith("text/html"):
        assert "require-trusted-types-for 'script'" in policy, path
    if not path.startswith("/static/") or answer.status >= 400:
        # The API's own description is the same for everybody.
        described = path == "/api/v1/openapi.json" and answer.all("etag") != []
        kept = "public, max-age=3600" if described else "no-store"
        assert answer.all("cache-control") == [kept], (path, answer.status)
    if answer.status >= 400:
        assert answer.all("content-type") == ["application/problem+json"], (path, answer.status)
        assert "script-src" not in policy, path
    if answer.status == 405:
        assert len(answer.all("allow")) == 1, path
