"""Pages that lose the server or come by a link: they are where they were again, without a click."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from support.page import PagePerson
from support.payloads import assorted
from support.serving import free_port, serving

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.timeout(120)]

Browsers = tuple[BrowserContext, BrowserContext]
SOON = 20_000


def test_after_the_server_restarted_pages_find_each_other_and_hand_over(
    browsers: Browsers, tmp_path: Path
) -> None:
    port = free_port()
    with serving(tmp_path / "first", port=port) as server:
        alice = PagePerson(browsers[0], server, tmp_path / "alice")
        bob = PagePerson(browsers[1], server, tmp_path / "bob")
        bob.wait_as("Returning Bob")
        alice.join("Alice", "Sender")
        expect(alice.row("Returning Bob")).to_be_visible(timeout=SOON)
    expect(alice.row("Returning Bob")).to_have_count(0, timeout=SOON)
    with serving(tmp_path / "second", port=port):
        expect(alice.row("Returning Bob")).to_be_visible(timeout=SOON)
        payload = assorted(tmp_path / "files")
        alice.connect("Returning Bob")
        bob.accept_request()
        alice.choose(payload)
        alice.button("Send").click()
        alice.compare_words()
        bob.accept_offer()
        bob.arrived()
        alice.sent()
        alice.close()
        bob.close()


def test_a_server_that_ends_during_a_transfer_is_waited_for_and_nothing_is_downloaded(
    browsers: Browsers, tmp_path: Path
) -> None:
    # Without a drain: a server that waits a little for its transfers would let this one finish.
    with serving(tmp_path / "server", env={"PEERSEAL_DRAIN": "0"}) as server:
        alice = PagePerson(browsers[0], server, tmp_path / "alice")
        bob = PagePerson(browsers[1], server, tmp_path / "bob")
        bob.wait_as("Cut off Bob")
        alice.join("Alice", "Sender")
        alice.connect("Cut off Bob")
        bob.accept_request()
        with (tmp_path / "big.bin").open("wb") as big:
            big.truncate(400_000_000)
        with alice.page.expect_file_chooser() as chooser:
            alice.button("Choose files").click()
        chooser.value.set_files([tmp_path / "big.bin"])
        alice.button("Send").click()
        alice.compare_words()
        bob.accept_offer()
        expect(bob.transfers().get_by_role("progressbar").first).to_be_visible(timeout=SOON)
    for person in (alice, bob):
        expect(person.transfers().get_by_text("Trying again")).to_be_visible(timeout=SOON)
    assert bob.downloads == []
    for person in (alice, bob):
        person.button("Cancel", person.transfers()).click()
        assert "cancelled" in person.failed()
        person.close()


def test_who_opens_a_room_link_meets_only_those_in_the_room(
    browsers: Browsers, server: str, tmp_path: Path, person: Callable[[str], PagePerson]
) -> None:
    stranger = person("page")
    stranger.wait_as("Stranger outside")
    alice = PagePerson(browsers[0], server, tmp_path / "alice")
    alice.join("Alice inside", "Sender")
    alice.button("Invite by link").click()
    expect(alice.page).to_have_url(re.compile(r"#room=[A-Za-z0-9_-]{22}$"), timeout=SOON)
    fragment = "#" + alice.page.url.split("#")[1]
    bob = PagePerson(browsers[1], server, tmp_path / "bob", fragment)
    bob.wait_as("Bob inside")
    expect(alice.row("Bob inside")).to_be_visible(timeout=SOON)
    expect(bob.row("Alice inside")).to_be_visible(timeout=SOON)
    expect(bob.row("Stranger outside")).to_have_count(0)
    expect(stranger.row("inside")).to_have_count(0)
    alice.close()
    bob.close()
