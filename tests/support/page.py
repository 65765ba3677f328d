"""Somebody at the page, in a real Chromium: only what a person sees and clicks, found by role and name."""

from __future__ import annotations

import re
import time
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from shutil import which
from zipfile import ZipFile

from playwright.sync_api import (
    BrowserContext,
    ConsoleMessage,
    Dialog,
    Download,
    Locator,
    Page,
    Playwright,
    expect,
)

from support.payloads import Payload, Tree, fingerprint
from support.people import WAIT

MILLISECONDS = WAIT * 1000


def chromium() -> str:
    """The system's Chromium; no browser is ever downloaded."""
    program = which("chromium") or which("chromium-browser")
    assert program is not None, "chromium is not installed"
    return program


@contextmanager
def browser(playwright: Playwright, home: Path, program: str | None = None) -> Iterator[BrowserContext]:
    """One browser with a profile on disk, as people have, so that the page can store what arrives."""
    context = playwright.chromium.launch_persistent_context(
        home / "profile",
        executable_path=program or chromium(),
        args=["--no-sandbox"],
        headless=True,
        accept_downloads=True,
        downloads_path=home / "downloads",
        chromium_sandbox=False,
    )
    try:
        context.set_default_timeout(MILLISECONDS)
        yield context
    finally:
        context.close()


class PagePerson:
    """Either side of a transfer, at the page."""

    def __init__(
        self,
        context: BrowserContext,
        server: str,
        home: Path,
        fragment: str = "",
        *,
        script: str | None = None,
    ) -> None:
        """`script` runs in this page before its own scripts."""
        self.home = home
        self.page: Page = context.new_page()
        if script is not None:
            self.page.add_init_script(script)
        self.downloads: list[Download] = []
        self.complaints: list[str] = []
        self.alerts: list[str] = []
        self._words: tuple[str, ...] = ()
        self._payload = Payload()
        self._lies_ready = False
        self.page.on("download", lambda download: self.downloads.append(download))  # noqa: PLW0108 - bound builtins are refused
        self.page.on("console", self._hear)
        self.page.on("dialog", self._dismiss)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(f"{server}/{fragment}")

    def _hear(self, message: ConsoleMessage) -> None:
        # At a LAN address the browser says of each protecting header that it needs https; that is no defect.
        if message.type == "error" and "origin was untrustworthy" not in message.text:
            self.complaints.append(message.text)

    def _dismiss(self, dialog: Dialog) -> None:
        if dialog.type == "beforeunload":  # the page asks before it is left in the middle of something
            dialog.accept()
            return
        self.alerts.append(dialog.message)
        dialog.dismiss()

    def close(self) -> None:
        self.page.close()

    def button(self, name: str, inside: Locator | Page | None = None) -> Locator:
        return (inside or self.page).get_by_role("button", name=name, exact=True)

    def dialog(self, name: str) -> Locator:
        return self.page.get_by_role("dialog", name=name)

    # --- joining and meeting ---

    def join(self, name: str, role: str) -> None:
        """The first visit: Role, Your name, Join."""
        self.choose_role(role)
        self.page.get_by_role("textbox", name="Your name").fill(name)
        self.button("Join").click()

    def choose_role(self, role: str) -> None:
        self.page.get_by_role("radiogroup", name="Role").get_by_role("radio", name=role, exact=True).check()

    def peers(self) -> Locator:
        return self.page.get_by_role("region", name="Available peers")

    def row(self, name: str) -> Locator:
        return self.peers().get_by_role("listitem").filter(has_text=name)

    def ask(self, payload: Payload, to: str) -> None:
        self._payload = payload
        self.join("Alice", "Sender")
        self.connect(to)

    def connect(self, to: str) -> None:
        self.row(to).get_by_role("button", name="Connect").click()

    def wait_as(self, name: str) -> None:
        self.join(name, "Receiver")
        expect(self.peers()).to_be_visible(timeout=MILLISECONDS)

    def let_in(self) -> None:
        """Say yes to the connection request."""
        self.button("Accept", self.dialog("Connection request")).click()

    def accept_request(self) -> None:
        self.let_in()
        self.words()

    def words(self) -> tuple[str, ...]:
        """The words on the screen, seen for the first time when they are there."""
        if not self._words:
            group = self.page.get_by_role("group", name="Check words").first
            said = group.inner_text(timeout=MILLISECONDS)
            self._words = tuple(re.findall(r"[a-z]+", said))
        return self._words

    def show_code(self, payload: Payload) -> str:
        """Files are chosen at once and go when the code is used; a text can only be written once connected."""
        self._payload = payload
        self.choose_role("Sender")
        self.button("Send with a code").click()
        if payload.paths:
            self.choose(payload)
            self._lies_ready = True
        return self.page.get_by_text(re.compile(r"^[1-9]\d*-[a-z]+-[a-z]+$")).first.inner_text()

    def use_code(self, code: str) -> None:
        self.choose_role("Receiver")
        self.button("Enter a code").click()
        self.page.get_by_role("textbox", name="Code", exact=True).fill(code)
        self.button("Use this code").click()

    # --- handing over ---

    def hand_over(self) -> None:
        if self._lies_ready:
            return
        self.choose(self._payload)
        self.button("Send").click()
        self.compare_words()

    def choose(self, payload: Payload) -> None:
        """Put files, a folder or a text on our side."""
        if payload.text is not None:
            self.page.get_by_role("textbox", name="Send text").fill(payload.text)
            return
        with self.page.expect_file_chooser() as chooser:
            self.button("Choose a folder" if payload.is_folder else "Choose files").click()
        chooser.value.set_files(payload.paths[0] if payload.is_folder else list(payload.paths))

    def compare_words(self) -> None:
        """Answer "Check the words", which the first Send asks where no code proved the peer."""
        dialog = self.dialog("Check the words")
        moving = self.transfers().get_by_role("listitem").first
        expect(dialog.or_(moving).first).to_be_visible(timeout=MILLISECONDS)
        if dialog.is_visible():
            self.words()
            self.button("They match", dialog).click()

    def accept_offer(self) -> None:
        self.button("Accept", self.dialog("Incoming ")).click()

    # --- how it ends ---

    def transfers(self) -> Locator:
        return self.page.get_by_role("region", name="Transfers")

    def sent(self) -> None:
        self._until_told(r"^with .+\. \d")

    def received(self) -> Tree:
        self.arrived()
        return self.downloaded()

    def arrived(self) -> None:
        """Wait until the page says that everything is here."""
        self._until_told(r"^from .+\. \d")

    def downloaded(self, seconds: float = WAIT) -> Tree:
        """What the browser put into its download folder: a folder comes as one archive, looked into here."""
        end = time.monotonic() + seconds
        while not self.downloads and time.monotonic() < end:
            self.page.wait_for_timeout(50)
        self.page.wait_for_timeout(300)  # further downloads of the same transfer start at once
        tree: Tree = {}
        for download in self.downloads:
            assert download.failure() is None, download.failure()
            tree.update(_looked_into(download.suggested_filename, Path(download.path())))
            download.delete()
        self.downloads.clear()
        return tree

    def failed(self) -> str:
        """Wait until the last transfer has ended otherwise; what the page says about it."""
        row = self.transfers().get_by_role("listitem").last
        ended = row.get_by_role("button", name=re.compile("^Dismiss "))
        expect(ended).to_be_visible(timeout=MILLISECONDS)
        said = row.inner_text()
        assert not re.search(r"^(with|from) .+\. \d", said, re.MULTILINE), said
        return said

    def received_text(self) -> str:
        self.arrived()
        return self.transfers().locator("details p").first.text_content() or ""

    def _until_told(self, pattern: str) -> None:
        try:
            expect(self.transfers().get_by_text(re.compile(pattern)).last).to_be_visible(timeout=MILLISECONDS)
        except AssertionError:
            said = self.page.locator("main").inner_text()
            raise AssertionError(
                f"{pattern} was never shown. The page said:\n{said}\n{self.complaints}"
            ) from None


def _looked_into(name: str, file: Path) -> Tree:
    """A download as a tree: itself, or the files in it if it is the archive of a folder."""
    if not name.endswith(".zip"):
        return {name: fingerprint(file)}
    tree: Tree = {}
    with ZipFile(file) as archive:
        assert archive.testzip() is None
        inside = file.parent / f"{file.name}-unpacked"
        for member in archive.infolist():
            if not member.is_dir():
                unpacked = Path(archive.extract(member, inside))
                tree[member.filename] = fingerprint(unpacked)
                unpacked.unlink()
    return tree


def as_downloaded(tree: Tree) -> Tree:
    """A tree's names after Chromium's own download, which puts `_` for invisible characters such as joiners."""
    return {_as_downloaded(name): digest for name, digest in tree.items()}


def _as_downloaded(name: str) -> str:
    if "/" in name:
        return name  # inside an archive it stays as it is
    return "".join("_" if unicodedata.category(letter) == "Cf" else letter for letter in name)


def complaints_of(people: Sequence[PagePerson]) -> list[str]:
    """Everything the pages' consoles reported as an error, blocked scripts included."""
    return [text for person in people for text in person.complaints]
