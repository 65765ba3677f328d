"""From an address that is challenged, page and command line hand over as ever: they compute, and nobody is asked."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from support.command_line import CommandLinePerson
from support.live_server import LiveServer
from support.page import MILLISECONDS, PagePerson, as_downloaded
from support.payloads import assorted

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.timeout(120)]


@pytest.fixture
def home() -> Iterator[str]:
    """A server that challenges this machine: a program on it asked for what only scanners ask for."""
    with LiveServer({"guard": "enforce"}) as live:
        assert asked(live.url, "/.env")[0] == 404
        status, body = asked(live.url, "/api/v1/challenge")
        assert (status, json.loads(body)["needed"]) == (200, True)
        yield live.url


def test_a_handover_from_the_command_line_to_the_page(
    home: str, browsers: tuple[BrowserContext, BrowserContext], tmp_path: Path
) -> None:
    payload = assorted(tmp_path / "files")
    sender = CommandLinePerson(home, tmp_path / "sender")
    receiver = PagePerson(browsers[0], home, tmp_path / "receiver")
    paid: list[int] = []
    receiver.page.on(
        "response",
        lambda answer: (
            paid.append(answer.status)
            if answer.request.method == "POST" and answer.url.endswith("/api/v1/challenge")
            else None
        ),
    )
    try:
        code = sender.show_code(payload)
        receiver.use_code(code)
        receiver.accept_offer()
        assert receiver.received() == as_downloaded(payload.tree)
        sender.sent()
        assert paid == [201]
        expect(receiver.page.get_by_text("no robot")).to_have_count(0, timeout=MILLISECONDS)
    finally:
        sender.close()
        receiver.close()


def asked(home: str, path: str) -> tuple[int, bytes]:
    """Status and body of one request of a program that solves nothing."""
    connection = http.client.HTTPConnection(home.partition("://")[2], timeout=30)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
