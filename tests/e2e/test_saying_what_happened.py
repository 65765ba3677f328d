"""The page says what is true and no more: codes that end, a server that goes, a peer that leaves or withdraws."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Playwright, expect

from support.page import PagePerson, chromium
from support.payloads import Payload, assorted
from support.serving import free_port, hostile, serving

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.timeout(120)]

Browsers = tuple[BrowserContext, BrowserContext]
SOON = 20_000
AT_ONCE = 4_000
WRONG = "Somebody entered a wrong code"
UNREACHABLE = "The server cannot be reached. Trying again…"


def letter(folder: Path) -> Payload:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "letter.txt").write_text("hello")
    return Payload((folder / "letter.txt",))


def test_a_lost_server_is_no_attack_on_a_code(browsers: Browsers, tmp_path: Path) -> None:
    with serving(tmp_path / "server") as server:
        alice = PagePerson(browsers[0], server, tmp_path / "alice")
        alice.show_code(letter(tmp_path / "files"))
    expect(alice.page.get_by_text("The connection to the server was lost")).to_be_visible(timeout=AT_ONCE)
    expect(alice.page.get_by_text(WRONG)).to_have_count(0)
    expect(alice.page.get_by_text("Ask for a new")).to_have_count(0)
    alice.close()


def test_a_lost_server_is_said_soon_and_taken_back_when_it_returns(
    browsers: Browsers, tmp_path: Path
) -> None:
    port = free_port()
    with serving(tmp_path / "first", port=port) as server:
        alice = PagePerson(browsers[0], server, tmp_path / "alice")
        bob = PagePerson(browsers[1], server, tmp_path / "bob")
        bob.wait_as("Patient Bob")
        alice.join("Alice", "Sender")
        expect(alice.row("Patient Bob")).to_be_visible(timeout=SOON)
    for one in (alice, bob):
        expect(one.page.get_by_text(UNREACHABLE)).to_be_visible(timeout=AT_ONCE)
        expect(one.peers()).to_contain_text("Trying again…")
        expect(one.page.get_by_text("Nobody else is here yet")).to_have_count(0)
        expect(one.page.get_by_text("You can be seen by name now")).to_have_count(0)
    with serving(tmp_path / "second", port=port):
        for one, other in ((alice, "Patient Bob"), (bob, "Alice")):
            expect(one.row(other)).to_be_visible(timeout=SOON)
            expect(one.page.get_by_text(UNREACHABLE)).to_have_count(0)
        alice.close()
        bob.close()


def test_a_wrong_code_is_said_once_on_each_side_in_its_own_words(
    person: Callable[[str], PagePerson], tmp_path: Path
) -> None:
    alice, bob = person("page"), person("page")
    code = alice.show_code(letter(tmp_path))
    bob.use_code(
        f"{code.split('-')[0]}-wrong-words" if "wrong" not in code else f"{code.split('-')[0]}-able-able"
    )
    expect(alice.page.get_by_text(WRONG)).to_have_count(1, timeout=SOON)
    expect(alice.page.get_by_text("Ask for a new")).to_have_count(0)
    expect(alice.button("Meet somebody else")).to_have_count(0)
    told = bob.page.locator("p.message").get_by_text(
        "The code was not right. It is used up now. Ask for a new one."
    )
    expect(told).to_be_visible(timeout=SOON)
    alice.button("Make a new code").click()
    again = alice.page.get_by_text(re.compile(r"^[1-9]\d*-[a-z]+-[a-z]+$"))
    expect(again).to_be_visible(timeout=SOON)
    bob.button("Start again").click()
    bob.use_code(again.inner_text())
    bob.accept_offer()
    bob.arrived()


def test_what_lies_ready_goes_when_the_code_is_used(
    person: Callable[[str], PagePerson], tmp_path: Path
) -> None:
    alice, bob = person("page"), person("page")
    payload = assorted(tmp_path / "files")
    code = alice.show_code(payload)
    expect(alice.page.get_by_text("Sent as soon as the code is used.")).to_be_visible()
    bob.use_code(code)
    bob.accept_offer()
    bob.arrived()
    alice.sent()


def test_after_success_with_a_code_leaving_is_no_failure_and_nobody_is_listed(
    person: Callable[[str], PagePerson], tmp_path: Path
) -> None:
    stranger, alice, bob = person("page"), person("page"), person("page")
    stranger.wait_as("Stranger")
    code = alice.show_code(letter(tmp_path))
    bob.use_code(code)
    bob.accept_offer()
    alice.sent()
    bob.button("Disconnect").click()
    said = alice.page.locator("p.message")
    expect(said).to_contain_text("letter.txt is with", timeout=SOON)
    expect(said).to_contain_text("disconnected.", timeout=SOON)
    expect(alice.page.get_by_text("Connect again")).to_have_count(0)
    for one in (alice, bob):
        expect(one.page.get_by_text("You can be seen by name now")).to_have_count(0)
    alice.button("Start again").click()
    for one in (alice, bob):
        expect(one.button("Join")).to_be_visible(timeout=SOON)
    expect(stranger.page.get_by_text("Nobody else is here yet")).to_be_visible()


def test_a_reload_keeps_an_unused_code_of_a_link(
    browsers: Browsers, server: str, tmp_path: Path, person: Callable[[str], PagePerson]
) -> None:
    alice = person("page")
    code = alice.show_code(letter(tmp_path))
    bob = PagePerson(browsers[1], server, tmp_path / "bob", f"#code={code}")
    field = bob.page.get_by_role("textbox", name="Code", exact=True)
    expect(field).to_have_value(code)
    bob.page.reload()
    expect(field).to_have_value(code)
    bob.button("Use this code").click()
    expect(bob.page.get_by_text("The code matched").first).to_be_visible(timeout=SOON)
    bob.page.reload()
    expect(bob.button("Join")).to_be_visible(timeout=SOON)
    expect(field).to_have_count(0)
    bob.close()


def test_a_server_for_this_computer_only_offers_no_address_to_others(
    person: Callable[[str], PagePerson], tmp_path: Path
) -> None:
    alice = person("page")
    alice.show_code(letter(tmp_path))
    expect(alice.page.get_by_text("Only this computer can reach this server")).to_be_visible()
    expect(alice.page.get_by_text("peerseal serve --host 0.0.0.0")).to_be_visible()
    expect(alice.page.get_by_role("img", name=re.compile("QR code"))).to_have_count(0)


def test_an_offer_taken_back_is_told_by_name(person: Callable[[str], PagePerson], tmp_path: Path) -> None:
    alice, bob = person("page"), person("page")
    bob.wait_as("Offered Bob")
    alice.ask(letter(tmp_path), "Offered Bob")
    bob.let_in()
    alice.hand_over()
    expect(bob.dialog("Incoming files")).to_be_visible(timeout=SOON)
    alice.button("Cancel", alice.transfers()).first.click()
    assert "Alice withdrew it." in bob.failed()


def test_a_declined_request_gives_the_focus_back_to_its_row(person: Callable[[str], PagePerson]) -> None:
    alice, bob = person("page"), person("page")
    bob.wait_as("Declining Bob")
    alice.join("Alice", "Sender")
    alice.connect("Declining Bob")
    bob.button("Decline", bob.dialog("Connection request")).click()
    expect(alice.page.get_by_text("Declining Bob said no.")).to_be_visible(timeout=SOON)
    expect(alice.row("Declining Bob").get_by_role("button", name="Connect")).to_be_focused()


def test_a_message_that_arrives_is_in_sight_on_a_phone(person: Callable[[str], PagePerson]) -> None:
    alice, bob = person("page"), person("page")
    bob.page.set_viewport_size({"width": 390, "height": 844})
    bob.wait_as("Reading Bob")
    alice.ask(Payload(text="The key is under the blue pot."), "Reading Bob")
    bob.let_in()
    alice.hand_over()
    bob.accept_offer()
    bob.arrived()
    expect(bob.page.get_by_text("The key is under the blue pot.")).to_be_in_viewport(timeout=SOON)
    bob.page.set_viewport_size({"width": 1280, "height": 720})


def test_a_server_that_never_answers_a_join_gives_the_button_back(browsers: Browsers, tmp_path: Path) -> None:
    with hostile(tmp_path / "server", "mute join") as server:
        alice = PagePerson(browsers[0], server, tmp_path / "alice")
        alice.join("Alice", "Sender")
        expect(alice.button("Join")).to_be_disabled()
        expect(alice.page.get_by_text("The server did not answer.")).to_be_visible(timeout=12_000)
        expect(alice.button("Join")).to_be_enabled()
        alice.close()


def test_what_a_private_window_cannot_keep_is_said_before_anybody_accepts(
    playwright: Playwright, server: str, tmp_path: Path, person: Callable[[str], PagePerson]
) -> None:
    private = playwright.chromium.launch(
        executable_path=chromium(), args=["--no-sandbox"], chromium_sandbox=False
    )
    bob = PagePerson(private.new_context(), server, tmp_path / "bob")
    bob.page.set_default_timeout(SOON)
    alice = person("page")
    bob.wait_as("Private Bob")
    path = tmp_path / "endless.bin"
    with path.open("wb") as file:
        os.truncate(file.fileno(), 64 << 30)
    alice.ask(Payload((path,)), "Private Bob")
    bob.let_in()
    alice.hand_over()
    offer = bob.dialog("Incoming files")
    expect(offer.get_by_role("alert")).to_contain_text("There is not enough room here", timeout=SOON)
    expect(bob.button("Accept", offer)).to_be_disabled()
    bob.button("Decline", offer).click()
    assert "Private Bob said no" in alice.failed()
    private.close()
