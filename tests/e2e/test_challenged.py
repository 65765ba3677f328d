"""From an address that is challenged, page and command line hand over as ever; one that is blocked hears for how long."""

from __future__ import annotations

import http.client
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from peerseal.version import VERSION
from support.command_line import PEERSEAL, CommandLinePerson
from support.live_server import LiveServer
from support.page import MILLISECONDS, PagePerson, as_downloaded
from support.payloads import assorted

BLOCKED_MINUTES = 10
#: A pass that costs sixteen times the usual, as where others lost two: more than the line waits for an answer.
DEARER = "import peerseal.server.guard.challenge as challenge; challenge.BITS = 18"
PATIENT = 90_000
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


def test_who_is_blocked_hears_for_how_long_and_goes_on_once_it_is_undone(
    browsers: tuple[BrowserContext, BrowserContext], tmp_path: Path
) -> None:
    data = tmp_path / "data"
    browser = browsers[0].browser
    assert browser is not None
    odd = browser.new_context(user_agent="a browser of its own")
    odd.set_default_timeout(MILLISECONDS)
    with LiveServer({"guard": "enforce", "data": str(data)}) as live:
        common = PagePerson(browsers[0], live.url, tmp_path / "common")
        person = PagePerson(odd, live.url, tmp_path / "somebody")
        agents = [one.page.evaluate("navigator.userAgent") for one in (common, person)]
        try:
            # Programs of the same names as theirs: another would only be challenged.
            for agent in (f"peerseal/{VERSION}", *agents):
                for bait in ("/.env", "/.git/config", "/wp-login.php"):
                    asked(live.url, bait, agent)
            # Many people's browsers bear this name.
            common.join("Bob", "Sender")
            expect(common.peers()).to_be_visible(timeout=MILLISECONDS)
            said = f"takes nothing from this address for {BLOCKED_MINUTES} min"
            person.join("Ann", "Receiver")
            expect(person.page.get_by_text(said)).to_be_visible(timeout=MILLISECONDS)
            expect(person.page.get_by_text("It ends by itself.")).to_be_visible()
            refused = peerseal("send", __file__, "--server", live.url)
            assert refused.returncode == 11
            assert said in refused.stderr
            undone = peerseal("guard", "undo", "127.0.0.1", "--server", live.url, "--data", data)
            assert undone.returncode == 0, undone.stderr
            expect(person.peers()).to_be_visible(timeout=MILLISECONDS)
        finally:
            person.close()
            common.close()
            odd.close()


def test_who_computes_for_more_than_a_moment_reads_why_and_goes_on_by_itself(
    browsers: tuple[BrowserContext, BrowserContext], tmp_path: Path
) -> None:
    with LiveServer({"guard": "enforce"}, before=DEARER) as live:
        assert asked(live.url, "/.env")[0] == 404
        person = PagePerson(browsers[0], live.url, tmp_path / "somebody")
        said = person.page.get_by_text("Checking that you are no robot: this takes a second.")
        try:
            person.join("Ann", "Receiver")
            said.wait_for()
            expect(person.peers()).to_be_visible(timeout=PATIENT)
            expect(said).to_have_count(0)
            expect(person.button("Join")).to_have_count(0)
        finally:
            person.close()


def peerseal(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([PEERSEAL, *words], capture_output=True, text=True, timeout=60, check=False)


def asked(home: str, path: str, name: str = "scanner") -> tuple[int, bytes]:
    """Status and body of one request of a program that solves nothing, and calls itself this."""
    connection = http.client.HTTPConnection(home.partition("://")[2], timeout=30)
    try:
        connection.request("GET", path, headers={"User-Agent": name})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
