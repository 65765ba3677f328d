"""Stored files between the page and the command line: left by one, opened by the other, also by link and while arriving."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import BrowserContext, Playwright, expect

from support.page import MILLISECONDS, PagePerson, browser
from support.page_files import SOON, FilesPagePerson
from support.payloads import fingerprint
from support.serving import serving

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.timeout(240)]
WAIT = 60
PASSWORD = "four random words maybe"


class CommandLine:
    """Bob's device: commands with keys of its own."""

    def __init__(self, server: str, home: Path) -> None:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("PEERSEAL_")}
        own = {"PEERSEAL_SERVER": server, "PEERSEAL_HOME": str(home), "PEERSEAL_KEYRING": "file"}
        self.env = clean | own

    def start(self, *words: str | Path, folder: Path | None = None) -> subprocess.Popen[str]:
        """Start a command with both its ends open."""
        argv = [sys.executable, "-m", "peerseal", *map(str, words)]
        pipe = subprocess.PIPE
        return subprocess.Popen(
            argv, stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=self.env, cwd=folder
        )

    def run(self, *words: str | Path, typed: str = "", folder: Path | None = None) -> str:
        """Run a command to its good end; what it printed."""
        secret = ["--password-stdin"] if typed else []
        running = self.start(*words, *secret, folder=folder)
        out, err = running.communicate(f"{typed}\n" if typed else "", timeout=WAIT)
        assert running.returncode == 0, f"{words} ended with {running.returncode}:\n{out}{err}"
        return out.strip()

    def id_of(self, title: str) -> str:
        """The id of the file that is called so."""
        lines = [json.loads(line) for line in self.run("files", "--json").splitlines()]
        rows = [row for line in lines for row in line.get("files", [line])]
        return str(next(row["id"] for row in rows if row.get("title") == title))


class Home(NamedTuple):
    """A server with Ann at the page and Bob at the command line, who have exchanged keys."""

    url: str
    ann: BrowserContext
    guest: BrowserContext
    bob: CommandLine


@pytest.fixture(scope="module")
def home(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    place = tmp_path_factory.mktemp("between")
    with (
        serving(place / "server") as url,
        browser(playwright, place / "ann") as one,
        browser(playwright, place / "guest") as two,
    ):
        bob = CommandLine(url, place / "bob")
        bob.run("register", "bob", typed=PASSWORD)
        ann = FilesPagePerson(one, url, place)
        ann.create_account("Ann")
        ann.request_keys("bob")
        expect(
            ann.contacts().get_by_text("waiting for their answer").or_(ann.contact("bob")).first
        ).to_be_visible(timeout=SOON)
        bob.run("exchange", "accept", "ann", "--yes")
        expect(ann.contact("bob").get_by_text("Pinned").first).to_be_visible(timeout=SOON)
        ann.close()
        yield Home(url, one, two, bob)


@pytest.fixture
def ann(home: Home, tmp_path: Path) -> Iterator[FilesPagePerson]:
    person = FilesPagePerson(home.ann, home.url, tmp_path / "ann")
    yield person
    assert person.complaints == []
    person.close()


def _file(folder: Path, name: str, size: int) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(os.urandom(size))
    return path


def test_what_the_page_leaves_the_command_line_opens(
    home: Home, ann: FilesPagePerson, tmp_path: Path
) -> None:
    path = _file(tmp_path, "Grüße 日本.bin", 9_000_001)
    ann.leave_files([path], to=["bob"])
    ann.left()
    here = tmp_path / "bob"
    here.mkdir()
    home.bob.run("download", home.bob.id_of(path.name), "-y", folder=here)
    assert fingerprint(here / path.name) == fingerprint(path)


def test_what_the_command_line_leaves_and_updates_the_page_opens_and_its_people_restore(
    home: Home, ann: FilesPagePerson, tmp_path: Path
) -> None:
    first, second = _file(tmp_path / "1", "tool.bin", 700_000), _file(tmp_path / "2", "tool.bin", 20_000)
    home.bob.run("upload", first, "--to", "ann", "--unverified")
    assert ann.fetch("tool.bin") == {"tool.bin": fingerprint(first)}
    home.bob.run("update", home.bob.id_of("tool.bin"), second)
    expect(ann.stored("tool.bin").get_by_text("version 2")).to_be_visible(timeout=MILLISECONDS)
    assert ann.fetch("tool.bin") == {"tool.bin": fingerprint(second)}
    home.bob.run("restore", home.bob.id_of("tool.bin"), "--version", "1")
    expect(ann.stored("tool.bin").get_by_text("version 3")).to_be_visible(timeout=MILLISECONDS)
    assert ann.fetch("tool.bin") == {"tool.bin": fingerprint(first)}


def test_a_pipe_of_unknown_length_is_opened_at_the_page_while_it_still_comes(
    home: Home, ann: FilesPagePerson, tmp_path: Path
) -> None:
    path = _file(tmp_path, "pipe.bin", 20_000_000)
    argv = [sys.executable, "-m", "peerseal", "upload", "-", "--to", "ann", "--unverified"]
    with (tmp_path / "log").open("wb") as log:
        running = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=log, stderr=log, env=home.bob.env)
    assert running.stdin is not None
    content = path.read_bytes()
    running.stdin.write(content[:12_000_000])
    running.stdin.flush()
    row = ann.my_files().get_by_role("listitem").filter(has_text="arriving")
    ann.button("Download", row).click(timeout=MILLISECONDS)
    expect(ann.newest().get_by_text("fetching and opening…")).to_be_visible(timeout=SOON)
    assert ann.downloads == []
    running.stdin.write(content[12_000_000:])
    running.stdin.close()
    assert running.wait(WAIT) == 0, (tmp_path / "log").read_text()
    assert list(ann.fetched().values()) == [fingerprint(path)]


def test_a_link_of_the_page_opens_at_the_command_line_and_one_of_the_command_line_at_the_page(
    home: Home, ann: FilesPagePerson, tmp_path: Path
) -> None:
    path = _file(tmp_path, "linked.bin", 1_234_567)
    ann.leave_files([path])
    ann.left()
    address = ann.make_link("linked.bin", password="harbor velvet")
    here = tmp_path / "anybody"
    here.mkdir()
    link = f"{home.url}/s/{address.partition('/s/')[2]}"
    home.bob.run("receive", link, "-y", typed="harbor velvet", folder=here)
    assert fingerprint(here / "linked.bin") == fingerprint(path)

    other = _file(tmp_path / "bob", "bobs.bin", 765_432)
    home.bob.run("upload", other)
    made = home.bob.run("share", home.bob.id_of("bobs.bin"), "--link", typed="")
    guest = PagePerson(home.guest, home.url, tmp_path, f"s/{made.partition('/s/')[2].split()[0]}")
    guest.button("Look inside").click(timeout=SOON)
    guest.button("Download").click(timeout=SOON)
    assert guest.downloaded(WAIT) == {"bobs.bin": fingerprint(other)}
    assert guest.complaints == []
    guest.close()
