"""Contacts at a server that lies about who is there, or sits in between: no words are needed to find it out."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Playwright, expect

from support.page import PagePerson, browser
from support.page_account import AccountPagePerson
from support.serving import hostile

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.timeout(180)]

SOON = 20_000


def test_who_only_is_said_to_be_a_contact_gets_nothing(playwright: Playwright, tmp_path: Path) -> None:
    with (
        hostile(tmp_path / "server", "claim dora") as server,
        browser(playwright, tmp_path / "one") as one,
        browser(playwright, tmp_path / "two") as two,
    ):
        carol = AccountPagePerson(one, server, tmp_path)
        dora = AccountPagePerson(two, server, tmp_path)
        carol.create_account("carol")
        dora.create_account("dora")
        exchange_keys(carol, dora)
        dora.sign_out()
        expect(dora.button("Sign in", dora.corner())).to_be_visible(timeout=SOON)
        mallory: PagePerson = dora
        mallory.wait_as("Somebody")
        carol.join("Carol", "Sender")
        expect(carol.row("signed in as dora")).to_be_visible(timeout=SOON)

        # Who says nothing of themselves is waited for, whatever the words; then it is over.
        carol.connect("Somebody")
        mallory.let_in()
        carol.page.get_by_role("textbox", name="Send text").fill("for Dora alone")
        carol.button("Send").click()
        carol.button("They match", carol.dialog("Check the words")).click()
        stopped = carol.page.get_by_text("did not show the keys of dora").first
        expect(stopped).to_be_visible(timeout=SOON)
        assert mallory.dialog("Incoming ").count() == 0
        assert mallory.page.get_by_text("for Dora alone").count() == 0
        carol.button("Meet somebody else").click()
        mallory.button("Meet somebody else").click()

        # Nor may they send something before they said who they are.
        carol.connect("Somebody")
        mallory.let_in()
        mallory.button("Send something back").click()
        mallory.page.get_by_role("textbox", name="Send text").fill("it is me")
        mallory.button("Send").click()
        mallory.button("They match", mallory.dialog("Check the words")).click()
        expect(stopped).to_be_visible(timeout=5_000)
        assert carol.dialog("Incoming ").count() == 0


def test_a_server_in_the_middle_of_verified_contacts_is_found_out(
    playwright: Playwright, tmp_path: Path
) -> None:
    with (
        hostile(tmp_path / "server", "middle") as server,
        browser(playwright, tmp_path / "one") as one,
        browser(playwright, tmp_path / "two") as two,
    ):
        ella = AccountPagePerson(one, server, tmp_path)
        finn = AccountPagePerson(two, server, tmp_path)
        ella.create_account("ella")
        finn.create_account("finn")
        exchange_keys(ella, finn)
        for person, other in ((ella, "finn"), (finn, "ella")):
            person.safety_number(other)
            person.they_match()
            expect(person.contact(other)).to_contain_text("Verified", timeout=SOON)
        finn.wait_as("Finn here")
        ella.join("Ella here", "Sender")
        ella.connect("Finn here")
        finn.let_in()
        for person in (ella, finn):
            expect(person.button("Meet somebody else")).to_be_visible(timeout=SOON)
        # Both would find it; who is first ends it for both, and then the other only hears that they left.
        said = [
            person.page.get_by_text("A signature does not hold").first.is_visible() for person in (ella, finn)
        ]
        assert any(said)


def exchange_keys(one: AccountPagePerson, other: AccountPagePerson) -> None:
    name = one.corner().get_by_role("button").first.inner_text()
    one.request_keys(other.corner().get_by_role("button").first.inner_text())
    other.accept_keys(name)
    expect(one.contacts().get_by_text("Pinned").first).to_be_visible(timeout=SOON)
