"""The page over what breaks, waits on the server or can be resumed, the way files take, and codes for several people."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, Playwright, expect

from support.gallery import gallery
from support.page import chromium

pytestmark = pytest.mark.browser


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
    context = chrome.new_context(viewport={"width": 1440, "height": 900})
    yield context.new_page()
    context.close()


def _show(page: Page, address: str, state: str) -> Locator:
    """The Transfers region of this state."""
    page.goto(f"{address}?state={state}")
    return page.get_by_role("region", name="Transfers")


def _asked(page: Page) -> list[str]:
    asked: list[str] = page.evaluate("window.asked")
    return asked


def _card(region: Locator, title: str) -> Locator:
    return region.get_by_role("list", name="Unfinished").get_by_role("listitem").filter(has_text=title)


def test_a_lost_connection_is_said_once_politely_and_without_alarm(page: Page, address: str) -> None:
    region = _show(page, address, "reconnecting")
    row = region.get_by_role("listitem").filter(has_text="photo.iso")
    expect(row).to_contain_text("Connection lost. Trying again…")
    expect(row).to_contain_text("Nothing is lost: it goes on from 94 % by itself.")
    said = page.get_by_role("status").filter(has_text="Connection lost. Trying again… Nothing is lost.")
    expect(said).to_have_count(1)
    expect(page.get_by_role("alert").filter(has_text="lost")).to_have_count(0)


def test_nothing_moves_for_people_who_asked_for_stillness(chrome: Browser, address: str) -> None:
    context = chrome.new_context(reduced_motion="reduce")
    page = context.new_page()
    _show(page, address, "reconnecting")
    page.get_by_text("Nothing is lost:").wait_for()
    assert page.evaluate("document.getAnimations().length") == 0
    context.close()


def test_the_rest_is_left_on_the_server_when_asked_and_nobody_is_said_to_have_gone(
    page: Page, address: str
) -> None:
    region = _show(page, address, "long-send")
    leave = region.get_by_role("button", name="Leave the rest on the server", exact=True)
    leave.focus()
    page.keyboard.press("Enter")
    assert _asked(page) == ["leaveOnServer t1"]
    expect(leave).to_have_count(0)


def test_what_ends_in_a_moment_offers_no_other_way(page: Page, address: str) -> None:
    region = _show(page, address, "sending")
    expect(region.get_by_role("progressbar", name="Progress of photo.jpg")).to_be_visible()
    expect(region.get_by_role("button", name="Leave the rest on the server")).to_have_count(0)


def test_the_sender_is_told_exactly_when_the_page_may_be_closed(page: Page, address: str) -> None:
    expect(_show(page, address, "parking")).to_contain_text("Keep this page open until it is all there.")
    region = _show(page, address, "parked")
    expect(region).to_contain_text(
        re.compile(
            r"Everything Bob still misses is on the server, sealed, until \w+(, \d+ \w+,)? 14:00\. You may close this page\."
        )
    )


@pytest.mark.parametrize(
    ("state", "path", "meaning"),
    [
        ("direct-done", "direct", "Straight from device to device"),
        ("went-on", "relay", "Through the memory of this server, sealed"),
        ("parked", "stored", "On the disk of this server, sealed"),
    ],
)
def test_the_path_says_what_it_means_to_keyboard_mouse_and_finger(
    page: Page, address: str, state: str, path: str, meaning: str
) -> None:
    region = _show(page, address, state)
    badge = region.get_by_role("button", name=path, exact=True)
    tip = region.get_by_role("tooltip").filter(has_text=meaning)
    expect(badge).to_have_accessible_description(re.compile(meaning))
    expect(tip).to_be_hidden()
    badge.focus()
    expect(tip).to_be_visible()
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()
    badge.blur()
    badge.hover()
    expect(tip).to_be_visible()


def test_a_tap_shows_what_the_path_means_and_another_puts_it_away(chrome: Browser, address: str) -> None:
    context = chrome.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    region = _show(page, address, "went-on")
    tip = region.get_by_role("tooltip")
    badge = region.get_by_role("button", name="relay", exact=True)
    badge.tap()
    expect(tip).to_be_visible()
    expect(tip).to_be_in_viewport(ratio=1)
    badge.tap()
    expect(tip).to_be_hidden()
    context.close()


def test_what_arrived_in_part_is_resumed_with_one_press(page: Page, address: str) -> None:
    region = _show(page, address, "interrupted")
    card = _card(region, "photo.iso")
    expect(card).to_contain_text("Resume “photo.iso” at 94 %?")
    expect(card).to_contain_text("from Bob")
    expect(card).to_contain_text("5.6 GB of 6.0 GB are here")
    resume = card.get_by_role("button", name="Resume", exact=True)
    expect(resume).to_have_accessible_description("Resume “photo.iso” at 94 %?")
    resume.focus()
    page.keyboard.press("Enter")
    assert _asked(page) == ["resume i1 "]


def test_what_was_sent_in_part_asks_for_the_same_file_and_says_why(
    page: Page, address: str, tmp_path: Path
) -> None:
    film = tmp_path / "film.mp4"
    film.write_bytes(b"film")
    card = _card(_show(page, address, "interrupted-joined"), "film.mp4")
    expect(card).to_contain_text("This page keeps no copy of what you send: choose the same file again")
    with page.expect_file_chooser() as chooser:
        card.get_by_role("button", name="Resume", exact=True).click()
    chooser.value.set_files(film)
    assert _asked(page) == ["resume i2 film.mp4"]


def test_a_folder_is_asked_for_as_a_folder_and_a_mix_piece_by_piece(
    page: Page, address: str, tmp_path: Path
) -> None:
    holiday = tmp_path / "Holiday"
    holiday.mkdir()
    (holiday / "one.jpg").write_bytes(b"1")
    notes = tmp_path / "notes.txt"
    notes.write_bytes(b"n")
    region = _show(page, address, "interrupted-folder")
    with page.expect_file_chooser() as chooser:
        _card(region, "Holiday (300 files)").get_by_role("button", name="Resume", exact=True).click()
    chooser.value.set_files(holiday)
    mixed = _card(region, "Holiday and 2 more")
    resume = mixed.get_by_role("button", name="Resume", exact=True)
    expect(resume).to_be_disabled()
    mixed.get_by_label("Choose files").set_input_files(notes)
    mixed.get_by_label("Choose a folder").set_input_files(holiday)
    resume.click()
    assert _asked(page) == ["resume i3 Holiday/one.jpg", "resume i4 notes.txt,Holiday/one.jpg"]


def test_other_files_are_refused_beside_the_card(page: Page, address: str) -> None:
    region = _show(page, address, "interrupted-other-files")
    expect(_card(region, "film.mp4").get_by_role("alert")).to_contain_text("These are not the same files")
    expect(page.get_by_text("These are not the")).to_have_count(1)


def test_discarding_says_what_is_lost_and_waits_for_a_yes(page: Page, address: str) -> None:
    region = _show(page, address, "interrupted")
    _card(region, "photo.iso").get_by_role("button", name="Discard", exact=True).click()
    dialog = page.get_by_role("dialog", name="Discard “photo.iso”?")
    expect(dialog).to_contain_text("The 5.6 GB that arrived are deleted here.")
    page.keyboard.press("Escape")
    assert _asked(page) == []
    _card(region, "photo.iso").get_by_role("button", name="Discard", exact=True).click()
    dialog.get_by_role("button", name="Discard", exact=True).click()
    assert _asked(page) == ["discard i1"]
    expect(_card(region, "photo.iso")).to_have_count(0)


def test_many_unfinished_fold(page: Page, address: str) -> None:
    region = _show(page, address, "interrupted-several")
    cards = region.get_by_role("list", name="Unfinished").get_by_role("listitem")
    expect(cards).to_have_count(2)
    region.get_by_role("button", name="Show 5 more unfinished").click()
    expect(cards).to_have_count(7)
    region.get_by_role("button", name="Show fewer").click()
    expect(cards).to_have_count(2)


def test_the_way_is_chosen_by_keyboard_and_counts_at_once(page: Page, address: str) -> None:
    _show(page, address, "verified")
    way = page.get_by_role("button", name="Way: fastest", exact=True)
    way.focus()
    page.keyboard.press("Enter")
    group = page.get_by_role("dialog").get_by_role("radiogroup", name="Way")
    expect(group.get_by_role("radio", name="Fastest", exact=True)).to_be_checked()
    direct = group.get_by_role("radio", name="Direct only", exact=True)
    expect(direct).to_have_accessible_description(
        re.compile("between this page and a command line there is none")
    )
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    expect(direct).to_be_checked()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Way: direct only", exact=True)).to_be_focused()
    assert _asked(page) == ["setRoute direct"]


def test_no_direct_path_says_which_choice_to_change(page: Page, address: str) -> None:
    region = _show(page, address, "no-direct-path")
    expect(region).to_contain_text("There is no direct path to Bob, and nothing went another way.")
    expect(region).to_contain_text("Choose “Fastest” under Way")


def test_a_code_is_for_one_person_unless_more_are_counted(page: Page, address: str) -> None:
    _show(page, address, "empty")
    page.get_by_role("button", name="Send with a code", exact=True).click()
    page.get_by_role("button", name="For several people", exact=True).click()
    count = page.get_by_role("spinbutton", name="How many people?")
    expect(count).to_have_value("2")
    page.get_by_role("button", name="One person more", exact=True).click()
    page.get_by_role("button", name="Send with a code to 3 people", exact=True).click()
    count.fill("99")
    count.blur()
    expect(count).to_have_value("20")
    expect(page.get_by_role("button", name="One person more", exact=True)).to_be_disabled()
    assert [call.rpartition(" ")[2] for call in _asked(page)] == ["1", "3"]


def test_the_slip_counts_who_used_the_code_and_stays_while_some_are_missing(page: Page, address: str) -> None:
    _show(page, address, "code-several-used")
    expect(page.get_by_text("7-harbor-velvet", exact=True)).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="2 of 3 have used it")).to_be_visible()
    _show(page, address, "code-several-guessed")
    expect(page.get_by_role("alert")).to_contain_text("1 of 3 had used it: what they get goes on.")


def test_names_of_unfinished_transfers_are_only_text(page: Page, address: str) -> None:
    region = _show(page, address, "interrupted-hostile")
    expect(region).to_contain_text("<img src=x")
    assert page.locator("main img").count() == 0
    assert "\u202e" not in page.locator("body").inner_text()
