"""The operator's page in every state it can be in: readable by all, whole on a phone, inert to hostile names."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

from support.gallery import WEB, gallery
from support.page import chromium

pytestmark = pytest.mark.browser

AXE = (WEB / "node_modules/axe-core/axe.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PHONE, DESK = (390, 844), (1280, 900)
#: States that show another part of the page, by the button that turns to it.
TURNS = {"accounts": "Accounts", "invites": "Invitations", "reports": "Reports", "allowed": "Exceptions"}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with gallery(tmp_path_factory.mktemp("gallery")) as url:
        yield url.replace("index.html", "operator.html")


@pytest.fixture(scope="module")
def chrome(playwright: Playwright) -> Iterator[Browser]:
    running = playwright.chromium.launch(
        executable_path=chromium(), args=["--no-sandbox"], chromium_sandbox=False
    )
    yield running
    running.close()


@pytest.mark.parametrize(("scheme", "size"), [("light", DESK), ("dark", PHONE)])
def test_no_state_has_barriers_or_is_wider_than_the_screen(
    chrome: Browser, address: str, scheme: str, size: tuple[int, int]
) -> None:
    context = chrome.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
    )
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("dialog", lambda dialog: wrong.append(dialog.message))
    show(page, address, "quiet")
    states: list[str] = page.evaluate("window.states")
    assert len(states) > 10
    for state in states:
        show(page, address, state)
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            wrong.append(f"{state}: wider than the screen")
        page.evaluate(AXE)
        result = page.evaluate(f"axe.run({{ runOnly: {json.dumps(RULES)} }})")
        assert "color-contrast" in {rule["id"] for rule in result["passes"]}, f"{state}: nothing was measured"
        wrong += [f"{state}: {rule['id']}: {rule['nodes'][0]['html'][:160]}" for rule in result["violations"]]
    context.close()
    assert wrong == []


def test_everything_is_done_by_keyboard(chrome: Browser, address: str) -> None:
    page = chrome.new_page()
    show(page, address, "busy")
    undo = page.get_by_role("button", name="Undo 203.0.113.77")
    reach(page, "Undo 203.0.113.77")
    page.keyboard.press("Enter")
    expect(undo).to_have_count(0)
    expect(page.get_by_text("203.0.113.77 starts from 0.")).to_be_visible()
    reach(page, "Allow 198.51.100.0/24")
    page.keyboard.press("Enter")
    expect(page.get_by_text("198.51.100.0/24 is never judged from now on.")).to_be_visible()
    asked: list[str] = page.evaluate("window.asked")
    assert asked == ["undo " + "a" * 32, "allow 198.51.100.0/24", "undo " + "b" * 32]
    page.close()


def test_the_plot_has_a_table_that_says_the_same(chrome: Browser, address: str) -> None:
    page = chrome.new_page()
    show(page, address, "busy")
    picture = page.get_by_role("img").filter(has_text="suspicious sightings")
    expect(picture).to_contain_text("wrong passwords 334")
    page.get_by_text("As a table").click()
    table = page.get_by_role("table")
    expect(table.get_by_role("columnheader", name="wrong passwords")).to_be_visible()
    all_of_it = table.get_by_role("row").filter(has=page.get_by_role("cell"))
    shown = sum(int(row.get_by_role("cell").last.inner_text()) for row in all_of_it.all())
    assert shown == 407
    page.close()


def test_what_comes_while_somebody_looks_slides_in_above_and_older_is_asked_for(
    chrome: Browser, address: str
) -> None:
    page = chrome.new_page()
    show(page, address, "busy")
    rows = page.get_by_role("region", name="What happened last").get_by_role("listitem")
    before = rows.count()
    page.evaluate("window.happen({ label: '192.0.2.99', why: 'wrong codes' })")
    expect(rows).to_have_count(before + 1)
    expect(rows.first).to_contain_text("192.0.2.99")
    expect(rows.first).to_contain_text("Wrong codes.")
    expect(rows.first).to_have_class(re.compile("arriving"))
    expect(rows.nth(1)).not_to_have_class(re.compile("arriving"))
    reach(page, "Show more")
    page.keyboard.press("Enter")
    assert page.evaluate("window.asked") == ["more events"]
    page.close()


def test_a_limit_is_said_before_it_is_set_and_a_slip_is_asked_about(chrome: Browser, address: str) -> None:
    page = chrome.new_page()
    show(page, address, "accounts")
    page.get_by_role("button", name="Limit of alice").click()
    dialog = page.get_by_role("dialog")
    field = dialog.get_by_role("textbox", name="Limit")
    field.fill("5")
    expect(dialog.get_by_text("Their limit will be 5 GB.")).to_be_visible()
    expect(dialog.get_by_text("They use 7.4 GB already")).to_be_visible()
    field.fill("9")
    expect(dialog.get_by_text("They use")).to_have_count(0)
    field.fill("1 kB")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("alert").filter(has_text="1 kB is less than 1 MB")).to_be_visible()
    assert page.evaluate("window.asked.filter((call) => call.startsWith('change'))") == []
    field.fill("12")
    expect(dialog.get_by_role("alert").filter(has_text="less than")).to_have_count(0)
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_have_count(0)
    page.get_by_role("button", name="Limit of alice").click()
    field.fill("0")
    dialog.get_by_role("button", name="Save").click()
    dialog.get_by_role("button", name="Yes, 0 B").click()
    expect(dialog).to_have_count(0)
    calls: list[str] = page.evaluate("window.asked.filter((call) => call.startsWith('change'))")
    assert calls == ["changeAccount alice 12000000000 false", "changeAccount alice 0 false"]
    expect(page.get_by_role("button", name="Suspend alice")).to_have_count(0)  # an operator's own account
    page.close()


def test_on_a_phone_the_tab_that_is_chosen_comes_into_view(chrome: Browser, address: str) -> None:
    page = chrome.new_page(viewport={"width": PHONE[0], "height": PHONE[1]}, reduced_motion="reduce")
    show(page, address, "busy")
    last = page.get_by_role("button", name="Exceptions")
    expect(last).not_to_be_in_viewport(ratio=0.9)
    last.click()
    expect(last).to_be_in_viewport(ratio=0.9)
    expect(last).to_have_attribute("aria-current", "page")
    page.close()


def show(page: Page, address: str, state: str) -> None:
    page.goto(f"{address}?state={state}")
    page.locator("main").wait_for(state="attached")
    if state in TURNS:
        page.get_by_role("button", name=TURNS[state]).click()


def reach(page: Page, name: str) -> None:
    """Tab until this button has the focus."""
    button = page.get_by_role("button", name=name)
    for _ in range(40):
        page.keyboard.press("Tab")
        if button.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"{name} cannot be reached")
