"""The page in every state it can be in: readable by all, usable without a mouse, whole at any size, inert to hostile names."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect

from support.gallery import WEB, gallery
from support.page import chromium

pytestmark = pytest.mark.browser

AXE = (WEB / "node_modules/axe-core/axe.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PHONE, DESK = (390, 844), (1440, 900)
_TOUCHED = ["first", "peers", "unchecked", "sending", "done", "offer", "request", "code", "insecure"]
_TOUCHED += ["reconnecting", "parked", "interrupted-several", "code-several", "direct-only"]
_TOUCHED += ["guest", "files", "files-many", "contacts", "keys-missing", "link-password", "link-ready"]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with gallery(tmp_path_factory.mktemp("gallery")) as url:
        yield url


@pytest.fixture(scope="module")
def chrome(playwright: Playwright) -> Iterator[Browser]:
    running = playwright.chromium.launch(
        executable_path=chromium(), args=["--no-sandbox"], chromium_sandbox=False
    )
    yield running
    running.close()


@pytest.fixture
def page(chrome: Browser) -> Iterator[Page]:
    context = _context(chrome, DESK, "light")
    yield context.new_page()
    context.close()


def _context(chrome: Browser, size: tuple[int, int], scheme: str) -> BrowserContext:
    return chrome.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
        bypass_csp=False,
    )


def _show(page: Page, address: str, state: str) -> None:
    page.goto(f"{address}?state={state}")
    page.locator("main").wait_for(state="attached")


def _states(page: Page, address: str) -> list[str]:
    _show(page, address, "first")
    states: list[str] = page.evaluate("window.states")
    assert len(states) > 20
    return states


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_any_state(chrome: Browser, address: str, scheme: str) -> None:
    context = _context(chrome, DESK, scheme)
    page = context.new_page()
    found = []
    for state in _states(page, address):
        if state in {"thousand", "three-hundred"}:
            continue  # the rows of other states, only more of them
        _show(page, address, state)
        page.evaluate(AXE)
        result = page.evaluate(f"axe.run({{ runOnly: {json.dumps(RULES)} }})")
        assert "color-contrast" in {rule["id"] for rule in result["passes"]}, f"{state}: nothing was measured"
        found += [
            f"{state}: {rule['id']}: {node['html'][:160]} {node['failureSummary'][:300]}"
            for rule in result["violations"]
            for node in rule["nodes"]
        ]
    context.close()
    assert not found, "\n".join(found[:12])


@pytest.mark.parametrize("size", [(320, 640), PHONE, (768, 1024), DESK])
def test_nothing_runs_off_the_side_at_any_width(chrome: Browser, address: str, size: tuple[int, int]) -> None:
    context = _context(chrome, size, "light")
    page = context.new_page()
    wide = []
    for state in _states(page, address):
        _show(page, address, state)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wide.append(state)
    context.close()
    assert not wide


def test_every_control_is_large_enough_for_a_finger(chrome: Browser, address: str) -> None:
    context = _context(chrome, PHONE, "light")
    page = context.new_page()
    small = []
    for state in _TOUCHED:
        _show(page, address, state)
        for control in page.locator("button:visible, summary:visible, input:visible, textarea:visible").all():
            box = control.bounding_box()
            if box is not None and (box["height"] < 44 or box["width"] < 44):
                small.append(f"{state}: {control.evaluate('one => one.outerHTML')[:120]} {box}")
    context.close()
    assert not small, "\n".join(small)


def test_the_strict_policy_blocks_nothing(page: Page, address: str) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    for state in _states(page, address):
        _show(page, address, state)
    assert not [text for text in complaints if "favicon" not in text and "404" not in text]


def test_hostile_names_are_only_text(page: Page, address: str) -> None:
    for state in ["hostile", "hostile-peers"]:
        _show(page, address, state)
        assert page.locator("main img").count() == 0
        shown = page.locator("body").inner_text()
        assert "<img src=x" in shown
        assert "\u202e" not in shown
        assert "[U+202E]" in shown or "[U…" in shown


def test_a_whole_visit_needs_no_mouse(page: Page, address: str) -> None:
    _show(page, address, "first")
    page.keyboard.press("Tab")
    expect(page.get_by_role("radio", name="Sender", exact=True)).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name="Receiver", exact=True)).to_be_checked()
    page.keyboard.press("Tab")
    expect(page.get_by_role("textbox", name="Your name")).to_be_focused()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("Bob")
    page.keyboard.press("Enter")
    assert page.evaluate("window.asked") == ["join Bob receiver"]


def test_name_and_role_are_remembered(page: Page, address: str) -> None:
    _show(page, address, "first")
    assert page.get_by_role("textbox", name="Your name").input_value() != ""
    page.get_by_role("radio", name="Receiver", exact=True).check()
    page.get_by_role("textbox", name="Your name").fill("Bob")
    page.get_by_role("button", name="Join", exact=True).click()
    _show(page, address, "first")
    expect(page.get_by_role("textbox", name="Your name")).to_have_value("Bob")
    expect(page.get_by_role("radio", name="Receiver", exact=True)).to_be_checked()


def test_a_request_takes_the_focus_but_not_a_stray_key(page: Page, address: str) -> None:
    _show(page, address, "request")
    dialog = page.get_by_role("dialog", name="Connection request")
    expect(dialog.get_by_role("heading")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Space")
    assert page.evaluate("window.asked") == []
    expect(dialog).to_contain_text("Alice")
    page.keyboard.press("Tab")
    expect(dialog.get_by_role("button", name="Accept", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog).to_contain_text("Carol")
    page.keyboard.press("Escape")
    assert page.evaluate("window.asked") == ["answerRequest r1 true", "answerRequest r2 false"]
    expect(dialog).to_have_count(0)


def test_two_of_one_name_are_told_apart_and_found_by_row(page: Page, address: str) -> None:
    _show(page, address, "peers")
    region = page.get_by_role("region", name="Available peers")
    bobs = region.get_by_role("listitem").filter(has_text="Bob#")
    expect(bobs).to_have_count(2)
    connect = (
        region.get_by_role("listitem")
        .filter(has_text="Zoë")
        .get_by_role("button", name="Connect", exact=True)
    )
    expect(connect).to_have_accessible_description("Zoë Receiver")
    connect.click()
    assert page.evaluate("window.asked")[0].startswith("connect ")


def test_a_thousand_people_are_listed_and_found_by_name(page: Page, address: str) -> None:
    _show(page, address, "thousand")
    region = page.get_by_role("region", name="Available peers")
    expect(region.get_by_role("listitem")).to_have_count(1000)
    region.get_by_role("searchbox", name="Find by name").fill("guest 777")
    expect(region.get_by_role("listitem")).to_have_count(1)


def test_the_first_send_asks_for_the_words_once(page: Page, address: str, tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("hello")
    _show(page, address, "unchecked")
    send = page.get_by_role("button", name="Send", exact=True)
    expect(send).to_be_disabled()
    page.get_by_label("Choose files").set_input_files(letter)
    send.click()
    dialog = page.get_by_role("dialog", name="Check the words")
    expect(dialog).to_contain_text("harbor · velvet · tiger · moon")
    dialog.get_by_role("button", name="They match", exact=True).click()
    expect(dialog).to_have_count(0)
    page.get_by_label("Choose files").set_input_files(letter)
    send.click()
    expect(dialog).to_have_count(0)
    assert page.evaluate("window.asked") == ["send letter.txt", "wordsMatch", "send letter.txt"]


def test_different_words_end_it_and_say_why(page: Page, address: str) -> None:
    _show(page, address, "unchecked")
    page.get_by_role("button", name="Check the words", exact=True).click()
    page.get_by_role("button", name="They differ", exact=True).click()
    assert page.evaluate("window.asked") == ["wordsDiffer"]
    dialog = page.get_by_role("dialog", name="You are not talking to each other alone")
    expect(dialog).to_contain_text("somebody may stand between you and Bob")


def test_an_offer_shows_what_comes_and_how_sure_it_is(page: Page, address: str) -> None:
    _show(page, address, "offer")
    dialog = page.get_by_role("dialog", name="Incoming files")
    for text in ["Alice", "photo.jpg", "24.1 MB", "Not compared", "harbor · velvet · tiger · moon"]:
        expect(dialog).to_contain_text(text)
    dialog.get_by_role("button", name="Accept", exact=True).click()
    assert page.evaluate("window.asked") == ["answerOffer t1 true"]


def test_what_this_browser_cannot_hold_cannot_be_accepted(page: Page, address: str) -> None:
    _show(page, address, "offer-full")
    dialog = page.get_by_role("dialog", name="Incoming files")
    expect(dialog.get_by_role("alert")).to_contain_text("20.0 MB at most")
    expect(dialog.get_by_role("button", name="Accept", exact=True)).to_be_disabled()


def test_progress_is_told_to_eye_and_ear(page: Page, address: str) -> None:
    _show(page, address, "sending")
    region = page.get_by_role("region", name="Transfers")
    bar = region.get_by_role("progressbar", name="Progress of photo.jpg")
    expect(bar).to_have_attribute("aria-valuenow", "40")
    row = region.get_by_role("listitem").filter(has_text="photo.jpg")
    for text in ["11.4 MB/s", "2 s left", "relay"]:
        expect(row).to_contain_text(text)
    row.get_by_role("button", name="Cancel", exact=True).click()
    assert page.evaluate("window.asked") == ["cancel t1"]
    region.get_by_text("Show 300 files").click()
    expect(region.get_by_role("progressbar")).to_have_count(302)


def test_a_file_dropped_anywhere_lies_on_your_side(page: Page, address: str) -> None:
    _show(page, address, "unchecked")
    page.evaluate(
        """() => {
          const transfer = new DataTransfer();
          transfer.items.add(new File(["hello"], "dropped.txt"));
          document.querySelector("main").dispatchEvent(
            new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
        }"""
    )
    expect(page.get_by_role("listitem").filter(has_text="dropped.txt")).to_be_visible()


def test_text_at_twice_the_size_stays_whole(chrome: Browser, address: str) -> None:
    context = _context(chrome, (720, 450), "light")  # 1440 × 900 at 200 %
    page = context.new_page()
    for state in ["first", "offer", "held", "code", "hostile", "files", "contacts", "link-ready"]:
        _show(page, address, state)
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    _show(page, address, "offer")
    accept = page.get_by_role("dialog").get_by_role("button", name="Accept", exact=True)
    accept.scroll_into_view_if_needed()
    expect(accept).to_be_in_viewport()
    context.close()
