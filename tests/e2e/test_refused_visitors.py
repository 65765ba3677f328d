"""Somebody whose browser is refused reads why, in the page's own colours, and is let in without doing anything."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Playwright, expect

from support.axe import violations
from support.live_server import LiveServer
from support.outsider import Outsider
from support.page import MILLISECONDS, chromium

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.timeout(120)]

LINK = "/s/" + "0" * 32
SECRET = "#a-secret-that-only-the-browser-has"
BAITS = ("/.env", "/.git/config", "/wp-login.php", "/phpmyadmin/", "/xmlrpc.php")
#: The program that is blocked: as browsers call themselves, an address that many share would only be challenged.
PROGRAM = "some program/1"
PHONE = {"width": 390, "height": 844}


def test_a_blocked_link_opens_by_itself_once_an_operator_undoes_it(playwright: Playwright) -> None:
    chrome = playwright.chromium.launch(
        executable_path=chromium(), args=["--no-sandbox"], chromium_sandbox=False
    )
    with LiveServer({"guard": "enforce"}) as live:
        outside = Outsider(live.port)
        for bait in BAITS:
            outside.ask("GET", bait, None, {"User-Agent": PROGRAM})
        context = chrome.new_context(viewport=PHONE, color_scheme="dark", user_agent=PROGRAM)  # type: ignore[arg-type] # a size
        context.set_default_timeout(MILLISECONDS)
        page = context.new_page()
        page.clock.install()
        # The page takes what opens the link out of the address at once: what came with it, as it begins.
        context.add_init_script("window.cameWith = location.hash")
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if "olicy" in said.text else None)
        page.goto(f"http://127.0.0.1:{live.port}{LINK}{SECRET}")
        expect(page.get_by_role("heading", name="Stopped for a while")).to_be_visible()
        expect(
            page.get_by_text(re.compile("It ends by itself at .*, in about 1?[0-9] minutes"))
        ).to_be_visible()
        assert "UTC" not in page.get_by_role("time").inner_text(), "the time is that of whoever reads it"
        assert background(page) == "rgb(23, 21, 19)"
        assert violations(page) == []
        undo_all(live)
        page.clock.run_for(21_000)
        expect(page.get_by_role("heading", name="Stopped for a while")).to_have_count(0)
        assert page.evaluate("window.cameWith") == SECRET
        assert complaints == []
        page.goto(f"http://127.0.0.1:{live.port}/s/not-a-link")
        expect(page.get_by_role("heading", name="There is no such link")).to_be_visible()
        assert violations(page) == []
        page.get_by_role("link", name="To the start page").click()
        page.wait_for_url(f"http://127.0.0.1:{live.port}/")
    chrome.close()


def undo_all(live: LiveServer) -> None:
    """As an operator does."""
    operator = {"Authorization": f"Operator {live.operator_token()}", "Content-Type": "application/json"}
    asked = Outsider(live.port)
    for one in asked.ask("GET", "/api/v1/operator/standing", None, operator).said["standings"]:
        asked.ask("POST", f"/api/v1/operator/standing/{one['id']}/undo", b"{}", operator)


def background(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.documentElement).backgroundColor"))
