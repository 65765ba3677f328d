"""Who opens an address in a browser and is refused reads a page; a program gets the same JSON as ever."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from datetime import UTC, datetime

import pytest

from peerseal.server.asgi_types import Scope
from peerseal.server.guard.headers import secured
from peerseal.server.guard.problems import HttpProblem
from peerseal.server.guard.told_page import CONTENT_TYPE, POLICY, is_visit, told_page
from support.live_server import LiveServer
from support.outsider import Outsider

NOW = datetime(2026, 3, 1, 23, 50, 30, tzinfo=UTC)
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


def visit(path: str) -> Scope:
    headers = [(b"accept", BROWSER["Accept"].encode())]
    return {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "headers": headers,
    }


def told(path: str, problem: HttpProblem) -> tuple[str, str]:
    page, policy = told_page(visit(path), problem, "0123456789abcdef", NOW)
    return page.decode(), policy


def shown(path: str, status: int, code: str | None = None, seconds: int | None = None) -> str:
    problem = HttpProblem(status, code, retry_after=seconds)
    return told(path, problem)[0]


@pytest.mark.parametrize(
    ("path", "status", "code", "title"),
    [
        ("/s/abc", 404, None, "There is no such link"),
        ("/nothing", 404, None, "There is nothing here"),
        ("/", 403, "blocked", "Stopped for a while"),
        ("/", 503, None, "Not at this moment"),
        ("/", 507, None, "Not at this moment"),
        ("/", 429, None, "One moment"),
        ("/", 503, "page_not_built", "The page is not built"),
        ("/", 500, None, "This did not work"),
        ("/", 400, None, "This server does not answer that"),
        ("/", 421, None, "Not by this name"),
    ],
)
def test_every_refusal_has_a_title_of_its_own(path: str, status: int, code: str | None, title: str) -> None:
    page = shown(path, status, code)
    assert f"<h1>{title}</h1>" in page
    assert page.count("<h1>") == 1


def test_a_block_says_when_it_ends_and_goes_on_by_itself() -> None:
    page = shown("/", 403, "blocked", 600)
    assert (
        'datetime="2026-03-02T00:01Z">00:01 UTC on 2 March</time>, <span>in about 10 minutes</span>' in page
    )
    assert '<noscript><meta http-equiv="refresh" content="20"></noscript>' in page
    assert '<main data-wait="20" data-left="600">' in page
    assert "in 12 seconds" in shown("/", 403, "blocked", 12)
    assert 'content="12"' in shown("/", 403, "blocked", 12)


def test_what_does_not_pass_is_not_asked_for_again() -> None:
    for page in (shown("/s/x", 404), shown("/x", 404), shown("/", 500), shown("/", 503, "page_not_built")):
        assert "http-equiv" not in page


@pytest.mark.parametrize(
    ("path", "home"), [("/x", "./"), ("/s/x", "../"), ("/a/b/c", "../../"), ("//x", "../")]
)
def test_the_way_to_the_start_page_holds_below_any_prefix(path: str, home: str) -> None:
    assert f'href="{home}"' in shown(path, 404)


@pytest.mark.parametrize(("path", "status"), [("/s/x", 404), ("/", 503), ("/", 500)])
def test_the_policy_allows_what_stands_in_the_page_and_nothing_else(path: str, status: int) -> None:
    page, policy = told(path, HttpProblem(status))
    for name in ("style", "script"):
        inline = re.findall(f"<{name}>(.*?)</{name}>", page, re.DOTALL)
        digests = [base64.b64encode(hashlib.sha256(one.encode()).digest()).decode() for one in inline]
        allowed = re.findall(f"{name}-src ([^;]*)", policy)
        assert allowed == [f"'sha256-{digest}'" for digest in digests]
    assert ("<script>" in page) is (status != 404)
    headers = secured([(b"content-type", CONTENT_TYPE.encode())], "x", "1", policy=policy)
    assert [value for name, value in headers if name == b"content-security-policy"] == [policy.encode()]


@pytest.mark.parametrize(
    "changed",
    [
        {"headers": []},
        {"headers": [(b"accept", b"*/*")]},
        {"method": "POST"},
        {"path": "/api/v1/files"},
        {"path": "/socket.io/"},
        {"type": "websocket"},
    ],
)
def test_what_is_no_visit_gets_no_page(changed: dict[str, object]) -> None:
    assert is_visit(visit("/s/x"))
    other: Scope = {**visit("/s/x"), **changed}
    assert not is_visit(other)


@pytest.mark.e2e
def test_a_server_shows_browsers_a_page_and_tells_programs_the_same_as_ever() -> None:
    with LiveServer() as server:
        asked = Outsider(server.port, "127.0.0.1")
        for path, title in (
            ("/s/not-a-link", b"There is no such link"),
            ("/nothing", b"There is nothing here"),
        ):
            page = asked.ask("GET", path, None, BROWSER)
            assert (page.status, page.all("content-type")) == (404, [CONTENT_TYPE])
            assert page.all("content-security-policy") == [POLICY]
            assert page.all("cache-control") == ["no-store"]
            assert title in page.body
            assert b"not-a-link" not in page.body
            plain = asked.ask("GET", path)
            assert plain.all("content-type") == ["application/problem+json"]
            assert json.loads(plain.body)["code"] == "not_found"
        programs = asked.ask("GET", "/api/v1/nothing", None, BROWSER)
        assert json.loads(programs.body)["code"] == "not_found"
