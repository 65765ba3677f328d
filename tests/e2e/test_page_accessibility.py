"""The page in every state it can be in: readable by all, usable without a mouse, whole at any size, inert to hostile names."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect

from support.axe import COLOURS, violations
from support.gallery import gallery
from support.page import chromium

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

PHONE, DESK = (390, 844), (1440, 900)
SIZES = ((320, 640), PHONE, (768, 1024), DESK)
_TOUCHED = ["first", "peers", "unchecked", "sending", "done", "offer", "request", "code", "insecure"]
_TOUCHED += ["reconnecting", "parked", "interrupted-several", "code-several", "direct-only"]
_TOUCHED += ["guest", "files", "files-many", "contacts", "keys-missing", "link-password", "link-ready"]
#: Controls a finger would miss.
TOO_SMALL = """() => [...document.querySelectorAll("button, summary, input, textarea")]
  .filter((one) => one.checkVisibility({ visibilityProperty: true }))
  .map((one) => [one.outerHTML.slice(0, 120), one.getBoundingClientRect()])
  .filter(([, box]) => box.width > 0 && box.height > 0 && (box.width < 44 || box.height < 44))
  .map(([html, box]) => `${html} ${box.width} x ${box.height}`)"""


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


class Seen(NamedTuple):
    """What was seen in every state of the page, each with the state's name."""

    wrong: list[str]
    wrong_in_the_dark: list[str]
    too_wide: dict[int, list[str]]
    too_small: list[str]
    complaints: list[str]


@pytest.fixture(scope="module")
def seen(chrome: Browser, address: str) -> Iterator[Seen]:
    """One visit to each state, where everything is looked at: sizes and colours change while it is shown."""
    context = _context(chrome, DESK, "light")
    page = context.new_page()
    seen = Seen([], [], {width: [] for width, _ in SIZES}, [], [])
    page.on("console", lambda said: seen.complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    for state in _states(page, address):
        _show(page, address, state)
        _look(page, state, seen)
    yield seen
    context.close()


def _look(page: Page, state: str, seen: Seen) -> None:
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            seen.too_wide[width].append(state)
        if (width, height) == PHONE and state in _TOUCHED:
            seen.too_small.extend(f"{state}: {control}" for control in page.evaluate(TOO_SMALL))
    if state in {"thousand", "three-hundred"}:
        return  # the rows of other states, only more of them
    seen.wrong.extend(f"{state}: {one}" for one in violations(page))
    page.emulate_media(color_scheme="dark")
    seen.wrong_in_the_dark.extend(f"{state}: {one}" for one in violations(page, COLOURS))
    page.emulate_media(color_scheme="light")


def test_axe_finds_nothing_in_any_state(seen: Seen) -> None:
    assert not seen.wrong, "\n".join(seen.wrong[:12])


def test_axe_finds_nothing_in_the_colours_of_the_dark(seen: Seen) -> None:
    assert not seen.wrong_in_the_dark, "\n".join(seen.wrong_in_the_dark[:12])


def test_nothing_runs_off_the_side_at_any_width(seen: Seen) -> None:
    assert seen.too_wide == {width: [] for width, _ in SIZES}


def test_every_control_is_large_enough_for_a_finger(seen: Seen) -> None:
    assert not seen.too_small, "\n".join(seen.too_small)


def test_the_strict_policy_blocks_nothing(seen: Seen) -> None:
    assert not [text for text in seen.complaints if "favicon" not in text and "404" not in text]


def test_what_is_wrong_is_seen(page: Page, address: str) -> None:
    _show(page, address, "first")
    seen = Seen([], [], {width: [] for width, _ in SIZES}, [], [])
    page.evaluate("""() => {
      const wrong = document.createElement("button");
      document.querySelector("main").append(wrong);
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(`
        h1, p, label { color: #fff }
        main > button { min-height: 0; padding: 0; width: 10px; height: 10px; margin-left: 700px }
        @media (prefers-color-scheme: dark) { h1, p, label { color: #000 } }`);
      document.adoptedStyleSheets.push(sheet);
    }""")
    _look(page, "first", seen)
    assert any("button-name" in one for one in seen.wrong)
    assert any("color-contrast" in one for one in seen.wrong_in_the_dark)
    assert seen.too_wide == {320: ["first"], 390: ["first"], 768: [], 1440: []}
    assert seen.too_small


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
