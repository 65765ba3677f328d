"""Somebody with an account at the page: signing in and out, contacts, comparing keys."""

from __future__ import annotations

import re
from collections.abc import Sequence

from playwright.sync_api import Locator, expect

from support.page import MILLISECONDS, PagePerson

PASSWORD = "four random words maybe"


class AccountPagePerson(PagePerson):
    """A person at the page who has, or makes, an account."""

    recovery_words: Sequence[str] = ()

    # --- the account ---

    def create_account(self, name: str, password: str = PASSWORD, *, vault: bool = True) -> None:
        """Fill in the form, and write down the 24 words."""
        self.begin_creating(name, password, vault=vault)
        dialog = self.dialog("Your 24 words")
        expect(dialog.get_by_role("listitem")).to_have_count(24, timeout=MILLISECONDS)
        self.recovery_words = [
            text.strip("0123456789") for text in dialog.get_by_role("listitem").all_inner_texts()
        ]
        self.button("I have written them down", dialog).click()
        expect(self.signed_in_as(name)).to_be_visible(timeout=MILLISECONDS)

    def begin_creating(self, name: str, password: str = PASSWORD, *, vault: bool = True) -> None:
        self.button("Create account", self.corner()).click()
        form = self.page.get_by_role("form", name="Create account")
        form.get_by_role("textbox", name="Account name").fill(name)
        form.get_by_role("textbox", name="Password", exact=True).fill(password)
        form.get_by_role("checkbox", name=re.compile("^Keep my keys")).set_checked(vault)
        self.button("Create account", form).click()

    def sign_in(self, name: str, password: str = PASSWORD) -> None:
        self.button("Sign in", self.corner()).click()
        form = self.page.get_by_role("form", name="Sign in")
        form.get_by_role("textbox", name="Account name").fill(name)
        form.get_by_role("textbox", name="Password", exact=True).fill(password)
        self.button("Sign in", form).click()

    def sign_out(self, *, forgetting: bool = False, stopping: bool = False) -> None:
        """Sign out; it asks first if the server has no copy of the keys, or if an upload is under way."""
        self.button("Sign out", self.corner()).click()
        if forgetting or stopping:
            asks = (
                "Sign out and forget your keys here?"
                if forgetting
                else "Sign out in the middle of an upload?"
            )
            self.button("Sign out", self.dialog(asks)).click()

    def corner(self) -> Locator:
        return self.page.get_by_role("navigation", name="Account", exact=True)

    def signed_in_as(self, name: str) -> Locator:
        return self.button(f"Account of {name}", self.corner())

    # --- contacts ---

    def contacts(self) -> Locator:
        return self.page.get_by_role("region", name="Contacts", exact=True)

    def contact(self, name: str) -> Locator:
        return self.contacts().get_by_role("listitem").filter(has=self.page.get_by_text(name, exact=True))

    def request_keys(self, name: str) -> None:
        self.contacts().get_by_role("textbox", name="Account name of a person").fill(name)
        self.button("Request keys", self.contacts()).click()

    def accept_keys(self, name: str) -> None:
        self.button("Accept", self.contact(name)).click(timeout=MILLISECONDS)

    def safety_number(self, name: str, button: str = "Verify") -> str:
        """Open the comparison with a contact and read the digits aloud."""
        self.button(button, self.contact(name)).click()
        said = self.page.get_by_role("dialog").get_by_role("group", name="Safety number").inner_text()
        return re.sub(r"\D", "", said)

    def asked_number(self, name: str) -> str:
        """The digits beside one's own request that waits for an answer."""
        row = self.page.get_by_role("listitem").filter(has_text="asked, no answer yet").filter(has_text=name)
        self.button("Compare", row).click()
        dialog = self.page.get_by_role("dialog")
        said = dialog.get_by_role("group", name="Safety number").inner_text()
        self.button("Close", dialog).click()
        return re.sub(r"\D", "", said)

    def they_match(self) -> None:
        self.button("They match", self.page.get_by_role("dialog")).click()

    # --- the account's page ---

    def confirm(self, what: str, password: str = PASSWORD) -> None:
        """A step on the account's page that asks for the password."""
        self.button(what).click()
        dialog = self.dialog(what)
        dialog.get_by_role("textbox", name="Your password, to confirm").fill(password)
        self.button(what, dialog).click()

    def make_new_keys(self, name: str, password: str = PASSWORD) -> None:
        self.signed_in_as(name).click()
        self.confirm("Make new keys", password)
        words = self.dialog("Your 24 words")
        expect(words.get_by_role("listitem")).to_have_count(24, timeout=MILLISECONDS)
        self.button("I have written them down", words).click()
        self.button("Back").click()
