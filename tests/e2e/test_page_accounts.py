"""Accounts at the page: made, signed in to on a second device, keys exchanged and compared, live with contacts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Playwright, expect

from support.page import MILLISECONDS, chromium
from support.page_account import PASSWORD, AccountPagePerson
from support.payloads import assorted
from support.serving import serving

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.timeout(180)]

SOON = 20_000


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of this module's own: the accounts made here stay here."""
    with serving(tmp_path_factory.mktemp("accounts")) as url:
        yield url


@pytest.fixture(scope="module")
def chrome(playwright: Playwright) -> Iterator[Browser]:
    running = playwright.chromium.launch(
        executable_path=chromium(), args=["--no-sandbox"], chromium_sandbox=False
    )
    yield running
    running.close()


@pytest.fixture
def devices(chrome: Browser) -> Iterator[tuple[BrowserContext, BrowserContext]]:
    """Two browsers nobody has used before: they share a process, but no storage."""
    one, two = chrome.new_context(), chrome.new_context()
    for context in (one, two):
        context.set_default_timeout(MILLISECONDS)
    yield one, two
    one.close()
    two.close()


Devices = tuple[BrowserContext, BrowserContext]


def test_an_account_outlives_a_reload_and_its_keys_follow_to_a_second_device(
    home: str, devices: Devices, tmp_path: Path
) -> None:
    ann = AccountPagePerson(devices[0], home, tmp_path)
    ann.create_account("Ann")
    ann.page.reload()
    expect(ann.signed_in_as("Ann")).to_be_visible(timeout=SOON)
    elsewhere = AccountPagePerson(devices[1], home, tmp_path)
    elsewhere.sign_in("ann", "not the password")
    expect(elsewhere.page.get_by_text("The name or the password is wrong")).to_be_visible(timeout=SOON)
    elsewhere.page.reload()
    elsewhere.sign_in("ANN")
    expect(elsewhere.signed_in_as("Ann")).to_be_visible(timeout=SOON)
    elsewhere.signed_in_as("Ann").click()
    elsewhere.button("Show the words").click()
    shown = elsewhere.dialog("Your 24 words").get_by_role("listitem")
    expect(shown).to_have_count(24, timeout=SOON)
    assert [text.strip("0123456789") for text in shown.all_inner_texts()] == list(ann.recovery_words)
    assert ann.complaints == []


def test_what_the_browser_keeps_shows_no_root_and_nothing_is_kept_after_signing_out(
    home: str, devices: Devices, tmp_path: Path
) -> None:
    ida = AccountPagePerson(devices[0], home, tmp_path)
    ida.create_account("Ida", vault=False)
    kept = ida.page.evaluate(KEPT)
    assert [entry["key"].split(" ", 1)[1] for entry in kept if entry["sealedUnderHiddenKey"]] == ["root ida"]
    assert not any(entry["plain"] for entry in kept)
    ida.sign_out(forgetting=True)
    expect(ida.button("Sign in", ida.corner())).to_be_visible(timeout=SOON)
    # The browser's own key for notes of unfinished transfers belongs to no account, and scripts cannot read it out.
    assert [entry for entry in ida.page.evaluate(KEPT) if entry["key"] != "notes key"] == []
    # Without the vault the 24 words alone bring the keys back.
    ida.sign_in("Ida")
    field = ida.page.get_by_role("textbox", name="Your 24 words")
    field.fill(" ".join(ida.recovery_words))
    ida.button("Use these words").click()
    expect(ida.contacts()).to_be_visible(timeout=SOON)
    expect(field).to_have_count(0)


#: What lies in the page's database, by key: under which kind of key, and whether there is a root as it is.
KEPT = """() => new Promise((resolve) => {
  const opening = indexedDB.open("peerseal-accounts");
  opening.onsuccess = () => {
    const store = opening.result.transaction("kept").objectStore("kept");
    const found = [];
    store.openCursor().onsuccess = (event) => {
      const cursor = event.target.result;
      if (cursor === null) { opening.result.close(); resolve(found); return; }
      const hidden = cursor.value.key instanceof CryptoKey && !cursor.value.key.extractable;
      found.push({ key: cursor.key, sealedUnderHiddenKey: hidden, plain: "plain" in cursor.value });
      cursor.continue();
    };
  };
})"""


def test_tabs_of_one_browser_are_signed_in_and_out_together(
    home: str, devices: Devices, tmp_path: Path
) -> None:
    first = AccountPagePerson(devices[0], home, tmp_path)
    second = AccountPagePerson(devices[0], home, tmp_path)
    first.create_account("Tabitha")
    expect(second.signed_in_as("Tabitha")).to_be_visible(timeout=SOON)
    second.request_keys("nobody of that name")
    expect(second.contacts().get_by_text("Nobody of that name has an account here")).to_be_visible(
        timeout=SOON
    )
    second.sign_out()
    expect(first.button("Sign in", first.corner())).to_be_visible(timeout=SOON)
    expect(first.page.get_by_text("You were signed out, in another tab")).to_be_visible(timeout=SOON)
    first.page.reload()
    expect(first.button("Sign in", first.corner())).to_be_visible(timeout=SOON)
    assert first.complaints == []


def test_a_name_that_is_taken_is_said_and_a_forgotten_password_is_set_anew_with_the_words(
    home: str, devices: Devices, tmp_path: Path
) -> None:
    ned = AccountPagePerson(devices[0], home, tmp_path)
    ned.create_account("Ned")
    other = AccountPagePerson(devices[1], home, tmp_path)
    other.begin_creating("NED", "another four words there")
    expect(other.page.get_by_text("This name is taken")).to_be_visible(timeout=SOON)
    other.page.reload()
    other.button("Sign in", other.corner()).click()
    other.button("Forgot the password?").click()
    form = other.page.get_by_role("form", name="A new password")
    form.get_by_role("textbox", name="Account name").fill("Ned")
    form.get_by_role("textbox", name="Your 24 words").fill(" ".join(ned.recovery_words))
    form.get_by_role("textbox", name="New password").fill("found it in the drawer")
    other.button("Set the new password", form).click()
    expect(other.signed_in_as("Ned")).to_be_visible(timeout=SOON)
    # All other sessions ended, and the old password with them.
    expect(ned.button("Sign in", ned.corner())).to_be_visible(timeout=SOON)
    ned.sign_in("Ned", PASSWORD)
    expect(ned.page.get_by_text("The name or the password is wrong")).to_be_visible(timeout=SOON)


def test_password_vault_and_account_change_for_every_tab_and_device(
    home: str, devices: Devices, tmp_path: Path
) -> None:
    here = AccountPagePerson(devices[0], home, tmp_path)
    beside = AccountPagePerson(devices[0], home, tmp_path)
    far = AccountPagePerson(devices[1], home, tmp_path)
    here.create_account("Vera")
    far.sign_in("Vera")
    expect(far.signed_in_as("Vera")).to_be_visible(timeout=SOON)
    new = "quite another phrase"

    here.signed_in_as("Vera").click()
    here.button("Change password").click()
    dialog = here.dialog("Change password")
    dialog.get_by_role("textbox", name="New password").fill(new)
    for old in ("not the old one", PASSWORD):
        dialog.get_by_role("textbox", name="Present password").fill(old)
        here.button("Change password", dialog).click()
        said = here.page.get_by_text("The password is wrong" if old != PASSWORD else "Done.").first
        expect(said).to_be_visible(timeout=SOON)
    expect(far.button("Sign in", far.corner())).to_be_visible(timeout=SOON)
    beside.request_keys("nobody of that name")  # another tab goes on with the new session
    expect(beside.contacts().get_by_text("Nobody of that name has an account here")).to_be_visible(
        timeout=SOON
    )

    here.confirm("Take them off the server", new)
    expect(here.button("Keep them on the server")).to_be_visible(timeout=SOON)
    far.sign_in("Vera", new)  # the session was ended elsewhere, which takes no keys from here
    expect(far.contacts()).to_be_visible(timeout=SOON)
    far.sign_out(forgetting=True)
    far.sign_in("Vera", new)
    words = far.page.get_by_role("textbox", name="Your 24 words")
    for typed in (reversed(here.recovery_words), here.recovery_words):
        words.fill(" ".join(typed), timeout=SOON)
        far.button("Use these words").click()
        wrong = far.page.get_by_text("These are not the 24 words of an account")
        expect(wrong.or_(far.contacts()).first).to_be_visible(timeout=SOON)
    expect(far.contacts()).to_be_visible(timeout=SOON)

    here.confirm("Delete account", new)
    expect(here.page.get_by_text("Your account is deleted.")).to_be_visible(timeout=SOON)
    for person in (here, beside, far):
        expect(person.button("Create account", person.corner())).to_be_visible(timeout=SOON)


def test_contacts_exchange_keys_compare_them_and_meet_without_words(
    home: str, devices: Devices, tmp_path: Path
) -> None:
    alice, bob = _contacts(home, devices, tmp_path, "alice", "bob")
    assert alice.safety_number("bob") == bob.safety_number("alice")
    alice.they_match()
    bob.they_match()
    for person, other in ((alice, "bob"), (bob, "alice")):
        expect(person.contact(other)).to_contain_text("Verified", timeout=SOON)
    _meet(alice, bob)
    expect(alice.page.get_by_text("whose keys you verified").first).to_be_visible(timeout=SOON)
    alice.choose(assorted(tmp_path / "files"))
    alice.button("Send").click()
    bob.accept_offer()
    bob.arrived()
    assert alice.dialog("Check the words").count() == 0
    assert alice.complaints == bob.complaints == []


def test_matching_words_make_a_pinned_contact_verified_and_changed_keys_stop_everything(
    home: str, devices: Devices, tmp_path: Path
) -> None:
    carol, dan = _contacts(home, devices, tmp_path, "carol", "dan")
    _meet(carol, dan)
    carol.button("Check the words").first.click()
    carol.button("They match", carol.dialog("Check the words")).click()
    expect(carol.contact("dan")).to_contain_text("Verified", timeout=SOON)
    expect(dan.contact("carol")).to_contain_text("Pinned")
    carol.button("Disconnect").click()
    dan.button("Meet somebody else").click()

    dan.make_new_keys("dan")
    expect(dan.contact("carol")).to_have_count(0, timeout=SOON)
    carol.connect("Somebody here")
    dan.let_in()
    expect(carol.page.get_by_text("showed other keys than those you know for dan").first).to_be_visible(
        timeout=SOON
    )
    stop = carol.contact("dan").filter(has_text="have changed")
    carol.page.reload()  # a fresh look at the contacts finds it, before dan asks for anything
    expect(stop).to_be_visible(timeout=SOON)

    dan.request_keys("carol")
    asked = dan.asked_number("carol")  # so that carol has somebody to compare with before she answers
    number = carol.safety_number("dan", "Compare the new number")
    assert asked == number
    carol.they_match()
    expect(carol.contact("dan").filter(has_text="Verified")).to_be_visible(timeout=SOON)
    expect(dan.contact("carol")).to_contain_text("Pinned", timeout=SOON)
    assert dan.safety_number("carol") == number


def _contacts(
    home: str, devices: Devices, folder: Path, one: str, other: str
) -> tuple[AccountPagePerson, AccountPagePerson]:
    """Two new accounts that have exchanged keys."""
    first = AccountPagePerson(devices[0], home, folder / one)
    second = AccountPagePerson(devices[1], home, folder / other)
    first.create_account(one)
    second.create_account(other)
    first.request_keys(other)
    second.accept_keys(one)
    expect(first.contact(other)).to_contain_text("Pinned", timeout=SOON)
    expect(second.contact(one)).to_contain_text("Pinned", timeout=SOON)
    return first, second


def _meet(sender: AccountPagePerson, receiver: AccountPagePerson) -> None:
    receiver.wait_as("Somebody here")
    sender.join("Sender here", "Sender")
    sender.connect("Somebody here")
    receiver.let_in()
