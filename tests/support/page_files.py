"""Somebody at the page who leaves files on the server, opens what was left, shares it and takes it back."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Locator, expect

from support.page import MILLISECONDS
from support.page_account import AccountPagePerson
from support.payloads import Tree

SOON = 20_000


class FilesPagePerson(AccountPagePerson):
    """A signed-in person with stored files."""

    _left_before = 0

    # --- what lies there ---

    def my_files(self) -> Locator:
        return self.page.get_by_role("region", name="My files")

    def stored(self, title: str) -> Locator:
        return self.my_files().get_by_role("listitem").filter(has_text=title)

    def newest(self) -> Locator:
        """The transfer that began last."""
        return self.transfers().locator("li").first

    # --- leaving ---

    def leave_files(self, paths: Sequence[Path], to: Sequence[str] = (), *, folder: bool = False) -> None:
        """Choose them, say for whom, press Upload; does not wait."""
        self._left_before = self._all_left().count()
        form = self.page.get_by_role("form", name="Leave files on the server")
        self._choose_into(form, paths, folder=folder)
        for name in to:
            form.get_by_role("checkbox", name=name).check()
        self.button("Upload", form).click()

    def leave_text(self, text: str, to: Sequence[str] = ()) -> None:
        self._left_before = self._all_left().count()
        form = self.page.get_by_role("form", name="Leave files on the server")
        form.get_by_role("textbox", name="Message to leave").fill(text)
        for name in to:
            form.get_by_role("checkbox", name=name).check()
        self.button("Upload", form).click()

    def left(self) -> None:
        """Wait until what was just handed over is on the server."""
        expect(self._all_left()).to_have_count(self._left_before + 1, timeout=MILLISECONDS)

    def _all_left(self) -> Locator:
        return self.transfers().get_by_text(re.compile("^left on the server"))

    def update(self, title: str, paths: Sequence[Path]) -> None:
        self._left_before = self._all_left().count()
        self.act(title, "Update")
        dialog = self.page.get_by_role("dialog", name=re.compile("^A new version of "))
        self._choose_into(dialog, paths)
        self.button("Update", dialog).click()

    def act(self, title: str, action: str) -> None:
        self.button(action, self.stored(title)).click(timeout=MILLISECONDS)

    def _choose_into(self, where: Locator, paths: Sequence[Path], *, folder: bool = False) -> None:
        with self.page.expect_file_chooser() as chooser:
            self.button("Add a folder" if folder else "Add files", where).click()
        chooser.value.set_files(paths[0] if folder else list(paths))

    # --- opening ---

    def fetch(self, title: str) -> Tree:
        """Download it, and what is in the browser's downloads then."""
        self.act(title, "Download")
        return self.fetched()

    def fetched(self) -> Tree:
        expect(self.newest().get_by_text(re.compile(r"^here\. "))).to_be_visible(timeout=MILLISECONDS)
        return self.downloaded()

    # --- sharing ---

    def make_link(self, title: str, password: str = "", downloads: str = "") -> str:
        """A link to it, as it can be copied."""
        self.act(title, "Share")
        dialog = self.page.get_by_role("dialog", name=re.compile("^Who can open "))
        if password:
            dialog.get_by_role("textbox", name="Link password").fill(password)
        if downloads:
            dialog.get_by_role("combobox", name="Downloads").select_option(downloads)
        self.button("Make a link", dialog).click()
        shown = dialog.get_by_text(re.compile("/s/[0-9a-f]{32}#")).last
        expect(shown).to_be_visible(timeout=MILLISECONDS)
        address = shown.inner_text().strip()
        self.button("Close", dialog).click()
        return address
