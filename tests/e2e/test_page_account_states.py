"""Accounts, contacts, stored files and link pages as states of the page: readable, reachable by keyboard, plain about trust."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, Playwright, expect

from support.axe import violations
from support.gallery import gallery
from support.page import chromium

pytestmark = pytest.mark.browser

PASSWORD = "harbor velvet tiger moon"
WORDS = " ".join(["legal"] * 24)


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


@pytest.fixture(params=[(390, 844), (1440, 900)], ids=["phone", "desk"])
def page(chrome: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    width, height = request.param
    context = chrome.new_context(
        viewport={"width": width, "height": height}, color_scheme="light", reduced_motion="reduce"
    )
    yield context.new_page()
    context.close()


def _show(page: Page, address: str, state: str) -> None:
    page.goto(f"{address}?state={state}")
    page.locator("main").wait_for(state="attached")


def _press(where: Page | Locator, name: str) -> None:
    where.get_by_role("button", name=name, exact=True).click()


def _asked(page: Page) -> list[str]:
    asked: list[str] = page.evaluate("window.asked")
    return asked


def _sound(page: Page) -> None:
    """What is shown now is accessible, fits, and has controls large enough for a finger."""
    assert violations(page) == []
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert not page.evaluate(
        """() => [...document.querySelectorAll('button, select, textarea, summary, input:not([type=checkbox])')]
        .filter((one) => !one.closest('.unseen') && !one.matches('.unseen') && one.checkVisibility())
        .map((one) => [one.outerHTML.slice(0, 100), one.getBoundingClientRect()])
        .filter(([_, box]) => box.width < 44 || box.height < 44).map(([html]) => html)"""
    )


def _file(page: Page, title: str) -> Locator:
    return page.get_by_role("region", name="My files").get_by_role("listitem").filter(has_text=title)


def _contact(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name="Contacts").get_by_role("listitem").filter(has_text=name)


def test_an_account_is_made_and_its_words_are_written_down(page: Page, address: str) -> None:
    _show(page, address, "guest")
    _press(page, "Create account")
    expect(page.get_by_role("textbox", name="Account name")).to_be_focused()
    expect(page.get_by_text("Nobody can reset this for you")).to_be_visible()
    expect(page.get_by_role("checkbox", name="Keep my keys on this server")).to_be_checked()
    page.get_by_role("textbox", name="Account name").fill("alice")
    page.get_by_label("Password", exact=True).fill("alice-22")
    expect(page.get_by_text("Guessed at once")).to_be_visible()
    _sound(page)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Your 24 words")
    expect(dialog.get_by_role("listitem")).to_have_count(24)
    _sound(page)
    _press(dialog, "I have written them down")
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("region", name="My files")).to_be_visible()
    assert _asked(page)[0] == f"createAccount alice {PASSWORD} true"


def test_words_put_off_are_not_forgotten(page: Page, address: str) -> None:
    _show(page, address, "guest")
    _press(page, "Create account")
    page.get_by_role("textbox", name="Account name").fill("alice")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("dialog", name="Your 24 words").wait_for()
    page.keyboard.press("Escape")
    _show(page, address, "files")
    reminder = page.get_by_text("You have not written down your 24 words yet")
    expect(reminder).to_be_visible()
    _press(page, "Show the words")
    _press(page, "I have written them down")
    expect(reminder).to_have_count(0)


def test_a_wrong_password_is_said_and_the_right_one_signs_in(page: Page, address: str) -> None:
    _show(page, address, "guest")
    _press(page, "Sign in")
    page.get_by_role("textbox", name="Account name").fill("alice")
    page.get_by_label("Password", exact=True).fill("wrong")
    _press(page, "Sign in")
    expect(page.get_by_role("alert")).to_contain_text("The name or the password is not right.")
    _sound(page)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    _press(page, "Sign in")
    expect(page.get_by_role("region", name="Contacts")).to_be_visible()
    _press(page, "Sign out")
    expect(page.get_by_role("region", name="My files")).to_have_count(0)
    expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()


def test_a_forgotten_password_is_replaced_with_the_words(page: Page, address: str) -> None:
    _show(page, address, "guest")
    _press(page, "Sign in")
    _press(page, "Forgot the password?")
    page.get_by_role("textbox", name="Account name").fill("alice")
    page.get_by_role("textbox", name="Your 24 words").fill("legal winner")
    page.get_by_label("New password", exact=True).fill(PASSWORD)
    expect(page.get_by_text("2 of 24 words")).to_be_visible()
    go = page.get_by_role("button", name="Set the new password")
    expect(go).to_be_disabled()
    page.get_by_role("textbox", name="Your 24 words").fill(WORDS)
    _sound(page)
    go.click()
    assert _asked(page) == [f"recover alice {WORDS} {PASSWORD}"]


@pytest.mark.parametrize(
    ("button", "title", "words"),
    [
        ("Change password", "Change password", "signed out"),
        ("Take them off the server", "Take them off the server", "24 words"),
        ("Make new keys", "Make new keys", "Everything sealed for your present keys is gone"),
        ("Delete account", "Delete account", "deleted for everybody"),
    ],
)
def test_what_changes_an_account_is_explained_and_asks_again(
    page: Page, address: str, button: str, title: str, words: str
) -> None:
    _show(page, address, "files")
    _press(page, "Account of alice")
    _sound(page)
    _press(page, button)
    dialog = page.get_by_role("dialog", name=title)
    expect(dialog).to_contain_text(words)
    expect(dialog.get_by_role("button", name=button, exact=True)).to_be_disabled()
    _sound(page)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("button", name=button, exact=True)).to_be_focused()
    assert _asked(page) == []


def test_missing_keys_ask_for_the_words(page: Page, address: str) -> None:
    _show(page, address, "keys-missing")
    expect(page.get_by_role("region", name="My files")).to_have_count(0)
    numbered = " ".join(f"{number}. {word}" for number, word in enumerate(WORDS.split(), start=1))
    page.get_by_role("textbox", name="Your 24 words").fill(numbered)
    _press(page, "Use these words")
    assert [" ".join(asked.split()) for asked in _asked(page)] == [f"restoreKeys {WORDS}"]


def test_keys_that_lie_nowhere_else_are_not_forgotten_by_one_click(page: Page, address: str) -> None:
    _show(page, address, "no-vault")
    _press(page, "Sign out")
    dialog = page.get_by_role("dialog", name="Sign out and forget your keys here?")
    expect(dialog).to_contain_text("you need your 24 words beside your password.")
    _sound(page)
    _press(dialog, "Cancel")
    expect(page.get_by_role("button", name="Sign out", exact=True)).to_be_focused()
    assert _asked(page) == []
    _press(page, "Sign out")
    _press(dialog, "Sign out")
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
    assert _asked(page) == ["signOut"]


def test_an_account_gives_the_name_to_join_with_until_one_is_typed(page: Page, address: str) -> None:
    _show(page, address, "guest")
    name = page.get_by_role("textbox", name="Your name")
    friendly = name.input_value()
    assert friendly not in {"", "alice"}
    _show(page, address, "no-vault")
    expect(name).to_have_value("alice")
    _press(page, "Join")
    _show(page, address, "guest")
    expect(name).to_have_value(friendly)
    name.fill("Somebody")
    _press(page, "Join")
    _show(page, address, "no-vault")
    expect(name).to_have_value("Somebody")
    name.fill("")
    expect(name).to_have_value("")


def test_files_are_left_for_a_contact(page: Page, address: str, tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("hello")
    _show(page, address, "files-broken")
    region = page.get_by_role("region", name="My files")
    upload = region.get_by_role("button", name="Upload", exact=True)
    expect(upload).to_be_disabled()
    region.get_by_label("Add files").set_input_files(letter)
    expect(region.get_by_text("Only for me")).to_be_visible()
    expect(region.get_by_role("checkbox", name="dora: keys changed")).to_be_disabled()
    region.get_by_role("checkbox", name="carol").check()
    expect(region.get_by_text("carol is pinned, not verified")).to_be_visible()
    region.get_by_role("combobox", name="Keep it").select_option("for a week")
    _sound(page)
    upload.click()
    assert _asked(page)[0].startswith("upload letter.txt carol 1")
    region.get_by_label("Add files").set_input_files(letter)
    expect(region.get_by_text("Only for me")).to_be_visible()
    expect(region.get_by_role("checkbox", name="carol")).not_to_be_checked()


def test_files_dropped_on_the_shelf_are_left_and_on_the_stage_are_sent(page: Page, address: str) -> None:
    _show(page, address, "peers-signed-in")
    drop = """(place) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File(["hello"], `to-${place}.txt`));
      document.querySelector(place).dispatchEvent(
        new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
    }"""
    page.evaluate(drop, "main")
    page.evaluate(drop, "[data-place=files]")
    expect(page.get_by_role("form", name="What to send").get_by_text("to-main.txt")).to_be_visible()
    expect(
        page.get_by_role("form", name="Leave files on the server").get_by_text("to-[data-place=files].txt")
    ).to_be_visible()


def test_a_file_that_does_not_hold_says_why_and_offers_nothing_of_it(page: Page, address: str) -> None:
    _show(page, address, "files-broken")
    swapped = _file(page, "another file in the place of this one")
    expect(swapped).to_contain_text("Nothing of it was opened.")
    expect(swapped.get_by_role("button", name="Download")).to_have_count(0)
    swapped.get_by_role("button", name="Remove", exact=True).click()
    _press(page.get_by_role("dialog"), "Remove")
    assert _asked(page) == ["unshare f2 alice"]


def test_a_file_is_shared_taken_back_and_given_a_link(page: Page, address: str) -> None:
    _show(page, address, "files")
    _press(_file(page, "contract.pdf"), "Share")
    dialog = page.get_by_role("dialog", name="Who can open contract.pdf")
    for text in ["Verified", "Pinned", "1 of 3 downloads used, 2 left", "with a password"]:
        expect(dialog).to_contain_text(text)
    dialog.get_by_role("combobox", name="Downloads").select_option("once")
    _press(dialog, "Make a link")
    dialog.get_by_role("button", name="Show the link").first.click()
    expect(dialog.get_by_text("https://files.example.org/s/1f0c#")).to_be_visible()
    _sound(page)
    _press(dialog.get_by_role("listitem").filter(has_text="carol"), "Revoke")
    expect(page.get_by_role("dialog")).to_contain_text(
        "What carol has downloaded already cannot be taken back."
    )
    _press(page.get_by_role("dialog"), "Revoke")
    _press(dialog, "Close")
    expect(_file(page, "contract.pdf").get_by_role("button", name="Share", exact=True)).to_be_focused()
    made, revoked = _asked(page)
    assert json.loads(made.split(" ", 2)[2])["downloads"] == 1
    assert revoked == "unshare f30 carol"


def test_an_old_version_is_restored(page: Page, address: str) -> None:
    _show(page, address, "files")
    _press(_file(page, "contract.pdf"), "History")
    dialog = page.get_by_role("dialog", name="Versions of contract.pdf")
    expect(dialog.get_by_role("listitem").filter(has_text="version 1")).to_contain_text("no longer kept")
    _sound(page)
    _press(dialog.get_by_role("listitem").filter(has_text="version 2"), "Restore")
    assert _asked(page) == ["loadHistory f30", "restore f30 2"]


def test_a_file_is_updated_and_deleted(page: Page, address: str, tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("hello")
    _show(page, address, "files")
    _press(_file(page, "contract.pdf"), "Update")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Add files").set_input_files(letter)
    _press(dialog, "Update")
    _press(_file(page, "contract.pdf"), "Delete")
    expect(page.get_by_role("dialog")).to_contain_text("its links stop working")
    _press(page.get_by_role("dialog"), "Delete")
    assert _asked(page) == ["update f30 letter.txt", "deleteFile f30"]


def test_what_was_left_is_announced_at_the_top_of_a_phone_until_looked_at(page: Page, address: str) -> None:
    _show(page, address, "files")
    told = page.get_by_role("navigation", name="On this page").get_by_role(
        "button", name=re.compile("left for you$")
    )
    if page.viewport_size is None or page.viewport_size["width"] > 719:
        expect(told).to_have_count(0)  # there the files are in sight
        return
    told.click()
    expect(page.get_by_role("region", name="My files")).to_be_in_viewport()
    expect(told).to_have_count(0)


def test_three_hundred_files_stay_usable(page: Page, address: str) -> None:
    _show(page, address, "files-many")
    region = page.get_by_role("region", name="My files")
    expect(region.get_by_role("listitem")).to_have_count(30)
    region.get_by_role("searchbox", name="Find a file").fill("scan-277")
    expect(region.get_by_role("listitem")).to_have_count(1)
    region.get_by_role("searchbox", name="Find a file").fill("")
    region.get_by_role("radio", name="Left for me").check()
    region.get_by_role("button", name="Show 70 more").click()
    expect(region.get_by_role("listitem")).to_have_count(100)


def test_key_requests_are_answered_and_made(page: Page, address: str) -> None:
    _show(page, address, "contacts")
    _press(_contact(page, "erik"), "Accept")
    _press(_contact(page, "fatima"), "Decline")
    _press(_contact(page, "greta"), "Withdraw")
    page.get_by_role("textbox", name="Account name of a person").fill("Igor")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Igor is asked.")).to_be_visible()
    assert _asked(page) == [
        "answerKeys k1 true",
        "answerKeys k30 false",
        "withdrawKeys k5",
        "requestKeys Igor",
    ]


def test_a_name_that_only_looks_like_a_contacts_is_pointed_out_as_it_is_typed(
    page: Page, address: str
) -> None:
    _show(page, address, "contacts")
    field = page.get_by_role("textbox", name="Account name of a person")
    field.fill("c\u0430rol")
    expect(page.get_by_text("this name has letters that only look like carol")).to_be_visible()
    expect(field).to_have_accessible_description(re.compile("only look like carol"))
    field.fill("n\u0435w")
    expect(page.get_by_text("this name mixes Latin and Cyrillic letters")).to_be_visible()
    field.fill("carol")
    expect(page.get_by_text("Look twice")).to_have_count(0)


def test_a_contact_is_verified_by_its_number(page: Page, address: str) -> None:
    _show(page, address, "contacts")
    expect(_contact(page, "carol")).to_contain_text("Pinned")
    _press(_contact(page, "carol"), "Verify")
    dialog = page.get_by_role("dialog", name="Is this really carol?")
    assert len(dialog.get_by_role("group", name="Safety number").inner_text().split()) == 12
    expect(dialog.get_by_role("img", name="QR code of the safety number")).to_be_visible()
    _sound(page)
    _press(dialog, "They match")
    expect(dialog).to_have_count(0)
    expect(_contact(page, "carol")).to_contain_text("Verified")
    assert _asked(page) == ["verifyContact carol"]


def test_a_number_that_differs_is_no_click_to_walk_past(page: Page, address: str) -> None:
    _show(page, address, "contacts")
    _press(_contact(page, "carol"), "Verify")
    _press(page, "They differ")
    expect(page.get_by_role("dialog")).to_contain_text("Somebody may have put their own keys in between.")
    _sound(page)
    assert _asked(page) == []


def test_changed_keys_stop_and_are_accepted_only_by_comparing(page: Page, address: str) -> None:
    _show(page, address, "contacts")
    dora = _contact(page, "The keys of dora have changed")
    expect(dora).to_contain_text("Nothing is sealed for them")
    expect(dora.get_by_role("button", name="Verify")).to_have_count(0)
    _press(dora, "Compare the new number")
    dialog = page.get_by_role("dialog", name="New keys for dora?")
    _sound(page)
    _press(dialog, "They match")
    assert _asked(page) == ["verifyContact dora"]
    expect(_contact(page, "dora")).to_contain_text("Verified")


def test_names_do_not_pass_for_contacts(page: Page, address: str) -> None:
    _show(page, address, "peers-signed-in")
    region = page.get_by_role("region", name="Available peers")
    expect(region.get_by_text("signed in as bob")).to_be_visible()
    expect(region.get_by_role("listitem").filter(has_text="Bob (guest)")).to_have_count(1)
    expect(region.get_by_role("listitem").filter(has_text="Carol (guest)")).to_contain_text(
        "signed in as mallory"
    )


def test_a_verified_contact_is_not_asked_for_words(page: Page, address: str) -> None:
    _show(page, address, "contact-verified")
    expect(page.get_by_role("button", name="Check the words")).to_have_count(0)
    expect(page.get_by_role("region", name="You and them")).to_contain_text("Verified")
    _show(page, address, "contact-pinned")
    expect(page.get_by_role("button", name="Check the words")).to_be_visible()
    expect(page.get_by_role("region", name="You and them")).to_contain_text("Pinned")


def test_a_link_needs_a_click_and_a_password_where_it_has_one(page: Page, address: str) -> None:
    _show(page, address, "link-ready")
    assert _asked(page) == []
    _press(page, "Download")
    assert _asked(page) == ["downloadLink"]
    _show(page, address, "link-password")
    page.get_by_label("Password of the link", exact=True).fill("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    _sound(page)


def test_a_link_page_shows_what_holds_and_what_is_gone(page: Page, address: str) -> None:
    _show(page, address, "link-message")
    expect(page.get_by_text("The key is under the blue pot.")).to_be_visible()
    _show(page, address, "link-gone")
    expect(page.get_by_role("heading", name="There is nothing here any more")).to_be_visible()
    expect(page.get_by_role("button", name="Download")).to_have_count(0)


def test_a_guest_meets_no_account_in_the_way(page: Page, address: str) -> None:
    _show(page, address, "guest")
    for region in ["My files", "Contacts"]:
        expect(page.get_by_role("region", name=region)).to_have_count(0)
    expect(page.get_by_role("button", name="Join", exact=True)).to_be_visible()
    _show(page, address, "guest-closed")
    expect(page.get_by_role("button", name="Create account")).to_have_count(0)
