"""A hostile store, the people it lies to, and what their command lines tell them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from peerseal.client.account import OpenAccount, register
from peerseal.client.exchange import accept, ask, compare, look, verify
from peerseal.client.keyring import Keyring
from peerseal.client.settings import parse_server
from peerseal.files.scan import scan
from peerseal.transfer.cancel import Cancel
from peerseal.transfer.desk import Desk
from peerseal.transfer.destination import contacts_named
from peerseal.transfer.upload import UploadResult
from support.serving import serving

PROGRAM = (sys.executable, Path(__file__).with_name("hostile_store.py"))
#: Tiny records: sixteen of them are a chunk of 1 KiB.
RECORD = 64


class HostileStore:
    """The server and its present intentions."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.folder = url, folder
        self._plan = folder / "plan"

    @property
    def data(self) -> Path:
        """Its own folder."""
        return self.folder / "data"

    @contextmanager
    def attack(self, name: str, **plan: str) -> Iterator[None]:
        """It does this meanwhile."""
        self._plan.write_text(json.dumps({"attack": name, **plan}))
        try:
            yield
        finally:
            self._plan.write_text("")

    def sealed_for(self) -> dict[str, list[str]]:
        """For whom the last new version came sealed: names of recipients, ids of links."""
        said: dict[str, list[str]] = json.loads((self.folder / "sent").read_text())
        return said

    def blobs(self) -> set[Path]:
        """The folders of all uploads on its disk."""
        root = self.data / "blobs"
        return {one for one in root.iterdir() if not one.name.startswith(".")} if root.exists() else set()


@contextmanager
def hostile_store(folder: Path) -> Iterator[HostileStore]:
    """One that is honest until told otherwise."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "plan").write_text("")
    settings = {"PEERSEAL_REGISTRATIONS_PER_HOUR": "1000", "PEERSEAL_DISCOVERY": "everyone"}
    with serving(folder, program=(*PROGRAM, folder / "plan"), env=settings) as url:
        yield HostileStore(url, folder)


class Told:
    """What a command ended with: exit code, the error's code, and what the person read."""

    def __init__(self, done: subprocess.CompletedProcess[str]) -> None:
        self.exit = done.returncode
        events: list[dict[str, Any]] = [json.loads(line) for line in done.stdout.splitlines()]
        errors = [event for event in events if event["event"] == "error"]
        self.events = events
        self.code = str(errors[-1]["code"]) if errors else ""
        self.read = f"{errors[-1]['message']} {errors[-1]['hint']}" if errors else done.stdout + done.stderr


class Victim:
    """Somebody with an account on it, a folder for what arrives, and a command line."""

    def __init__(self, store: HostileStore, home: Path, account: OpenAccount) -> None:
        self.store, self.home, self.account = store, home, account
        self.into = home / "in"
        self.into.mkdir(exist_ok=True)

    def upload(self, *paths: Path, to: Sequence[str] = ()) -> UploadResult:
        """Store files for contacts, in tiny records."""
        desk = Desk(self.account, lambda _: None, Cancel(), RECORD)
        return desk.upload(lambda: scan([str(path) for path in paths]), contacts_named(self.account, to))

    def update(self, file: str, *paths: Path) -> UploadResult:
        """The next version."""
        desk = Desk(self.account, lambda _: None, Cancel(), RECORD)
        return desk.update(file, lambda: scan([str(path) for path in paths]))

    def command(self, *words: str) -> list[str]:
        """The command line for these words."""
        return [sys.executable, "-m", "peerseal", *words, "--json", "--server", self.store.url]

    @property
    def environment(self) -> dict[str, str]:
        """Where its keys are."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("PEERSEAL_")}
        return {**clean, "PEERSEAL_HOME": str(self.home), "PEERSEAL_KEYRING": "file"}

    def run(self, *words: str, typed: Sequence[str] = ()) -> Told:
        """Run a command to its end, in the folder for what arrives."""
        done = subprocess.run(
            self.command(*words, *(["--password-stdin"] if typed else [])),
            input="".join(f"{line}\n" for line in typed),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env=self.environment,
            cwd=self.into,
        )
        return Told(done)

    def arrived(self) -> list[str]:
        """Everything in the folder for what arrives."""
        return sorted(str(path.relative_to(self.into)) for path in self.into.rglob("*"))


def victim(store: HostileStore, home: Path, name: str) -> Victim:
    """A new account there; the password is `NAME's password`."""
    keyring = Keyring(str(home / "accounts"))
    account = register(
        parse_server(store.url), keyring, name, f"{name}'s password", vault=True, label="a test"
    )
    return Victim(store, home, account)


def befriend(one: Victim, other: Victim) -> None:
    """They exchange keys and compare them."""
    ask(one.account, other.account.name)
    accept(other.account, one.account.name, 1)
    look(one.account, 2)
    for mine, theirs in ((one.account, other.account), (other.account, one.account)):
        verify(mine, compare(mine, theirs.name), 3)
