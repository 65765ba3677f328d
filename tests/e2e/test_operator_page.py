"""Somebody guesses at a password: the owner signs in without noticing, the operator sees it and undoes it by one click."""

from __future__ import annotations

import http.client
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Playwright, expect

from peerseal.wire.encoding import base64url_encode
from support.command_line import PEERSEAL
from support.gallery import WEB
from support.live_server import LiveServer
from support.page import MILLISECONDS, chromium
from support.page_account import AccountPagePerson

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.timeout(180)]

AXE = (WEB / "node_modules/axe-core/axe.min.js").read_text()
#: Another address of this machine than the one browsers use.
STRANGER = "127.0.0.2"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def home(data: Path) -> Iterator[str]:
    """A server of this module's own: its addresses are stopped here."""
    with LiveServer({"data": str(data), "guard": "enforce"}) as live:
        yield live.url


@pytest.fixture(scope="module")
def chrome(playwright: Playwright) -> Iterator[Browser]:
    running = playwright.chromium.launch(
        executable_path=chromium(), args=["--no-sandbox"], chromium_sandbox=False
    )
    yield running
    running.close()


@pytest.fixture
def somebody(chrome: Browser) -> Iterator[BrowserContext]:
    context = chrome.new_context()
    context.set_default_timeout(MILLISECONDS)
    yield context
    context.close()


@pytest.fixture
def operators_browser(chrome: Browser) -> Iterator[BrowserContext]:
    context = chrome.new_context()
    context.set_default_timeout(MILLISECONDS)
    yield context
    context.close()


def test_the_owner_signs_in_while_a_stranger_guesses_and_the_operator_undoes_it(
    home: str, data: Path, somebody: BrowserContext, operators_browser: BrowserContext, tmp_path: Path
) -> None:
    owner = AccountPagePerson(somebody, home, tmp_path)
    owner.create_account("Owner")
    owner.sign_out()
    answers = [guess(home, "owner") for _ in range(50)]
    assert answers[0] == 401
    assert answers[-1] == 429

    owner.sign_in("Owner")
    expect(owner.signed_in_as("Owner")).to_be_visible(timeout=MILLISECONDS)
    assert owner.complaints == []

    operator = operators_browser.new_page()
    complaints: list[str] = []
    operator.on("pageerror", lambda error: complaints.append(str(error)))
    operator.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    operator.goto(page_link(home, data))
    expect(operator.get_by_text("Guessers wait at one account or address.")).to_be_visible()
    assert "#" not in operator.url
    row = standing(operator).filter(has_text="Account @Owner")
    expect(row).to_contain_text("strangers wait")
    happened = operator.get_by_role("region", name="What happened last").get_by_role("listitem")
    told = happened.filter(has_text="Account @Owner").first
    expect(told).to_contain_text("Wrong passwords of strangers for this account.")
    expect(told).to_contain_text("POST /api/v1/login")
    no_barriers(operator)
    row.get_by_role("button", name="Details").click()
    expect(row.get_by_role("table")).to_contain_text(STRANGER)
    expect(row.get_by_role("table")).to_contain_text("wrong passwords")
    no_barriers(operator)

    row.get_by_role("button", name="Undo").click()
    expect(operator.get_by_text("All quiet.")).to_be_visible(timeout=MILLISECONDS)
    expect(row).to_have_count(0)
    expect(happened.first).to_contain_text("Account @Owner", timeout=MILLISECONDS)
    expect(happened.first).to_contain_text("undone", timeout=MILLISECONDS)
    expect(happened.first).to_contain_text("An operator ended what stood against it.")
    assert guess(home, "owner") == 401
    assert complaints == []


def test_a_link_opens_the_page_once_and_strangers_find_nothing(
    home: str, data: Path, somebody: BrowserContext, operators_browser: BrowserContext
) -> None:
    link = page_link(home, data)
    operator = operators_browser.new_page()
    operator.goto(link)
    expect(operator.get_by_role("heading", name="Stopped or challenged")).to_be_visible()
    operator.reload()
    expect(operator.get_by_text("Stopped or challenged")).to_be_visible()
    stranger = somebody.new_page()
    stranger.goto(link)
    expect(stranger.get_by_role("heading", name="There is nothing here")).to_be_visible()
    no_barriers(stranger)


def test_operators_change_what_the_defence_does_and_let_people_in(
    home: str, data: Path, somebody: BrowserContext, operators_browser: BrowserContext, tmp_path: Path
) -> None:
    AccountPagePerson(somebody, home, tmp_path).create_account("Quinn")
    # The link opens in a browser that is signed in to an ordinary account as well.
    signed_in = somebody.new_page()
    signed_in.goto(page_link(home, data))
    expect(signed_in.get_by_role("heading", name="Stopped or challenged")).to_be_visible()
    signed_in.close()
    operator = operators_browser.new_page()
    operator.goto(page_link(home, data))
    operator.get_by_role("radio", name=re.compile("^Observe")).check()
    expect(operator.get_by_text("Until the next start of the server")).to_be_visible()
    operator.get_by_role("radio", name=re.compile("^Enforce")).check()
    expect(operator.get_by_text("Until the next start of the server")).to_have_count(0)

    operator.get_by_role("button", name="Exceptions").click()
    operator.get_by_role("textbox", name="Network or account").fill("198.51.100.0/24")
    operator.get_by_role("button", name="Allow", exact=True).click()
    expect(operator.get_by_role("listitem").filter(has_text="198.51.100.0/24")).to_be_visible()

    operator.get_by_role("button", name="Accounts").click()
    operator.get_by_role("button", name="Suspend Quinn").or_(
        operator.get_by_role("button", name="Suspend quinn")
    ).click()
    operator.get_by_role("dialog").get_by_role("button", name="Suspend").click()
    expect(operator.get_by_role("listitem").filter(has_text="suspended")).to_have_count(1)

    operator.get_by_role("button", name="Invitations").click()
    operator.get_by_role("textbox", name="For whom").fill("<b>Bob</b>")
    operator.get_by_role("button", name="Make an invitation").click()
    expect(operator.get_by_role("textbox", name="Invitation code")).to_have_value(re.compile("....."))
    expect(operator.get_by_role("listitem").filter(has_text="<b>Bob</b>")).to_be_visible()
    no_barriers(operator)


def standing(operator: Page) -> Locator:
    """The rows of what is stopped or challenged."""
    return operator.get_by_role("region", name="Stopped or challenged").get_by_role("listitem")


def guess(home: str, name: str) -> int:
    """The status of one sign-in with a wrong password, from another address of this machine."""
    connection = http.client.HTTPConnection(
        home.partition("://")[2], source_address=(STRANGER, 0), timeout=30
    )
    body = {"name": name, "auth": base64url_encode(bytes(32)), "keep": "token", "label": "a stranger"}
    try:
        connection.request("POST", "/api/v1/login", json.dumps(body), {"Content-Type": "application/json"})
        return connection.getresponse().status
    finally:
        connection.close()


def page_link(home: str, data: Path) -> str:
    """What `peerseal guard page` prints."""
    command = [str(PEERSEAL), "guard", "page", "--server", home, "--data", str(data)]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    link: str = said.stdout.strip()
    return link


def no_barriers(page: Page) -> None:
    """axe finds nothing."""
    page.evaluate(AXE)
    found = page.evaluate(
        "axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'] })"
    )
    assert [(rule["id"], rule["nodes"][0]["html"]) for rule in found["violations"]] == []
