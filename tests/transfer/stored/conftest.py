"""A server with Ada and Bob, who know each other, and Eve, whom nobody knows. Tiny records: sixteen are a chunk."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from peerseal.client.account import OpenAccount, register
from peerseal.client.api import Api
from peerseal.client.exchange import accept, ask, look
from peerseal.client.keyring import Keyring
from peerseal.client.settings import ServerUrl, parse_server
from peerseal.files.scan import scan
from peerseal.protocol.book import Contact
from peerseal.transfer.cancel import Cancel
from peerseal.transfer.desk import Desk
from peerseal.transfer.destination import contacts_named
from peerseal.transfer.download import Target
from peerseal.transfer.events import Event
from peerseal.transfer.shelf import find
from peerseal.transfer.upload import UploadResult
from support.live_server import LiveServer

RECORD = 64
CHUNK = RECORD * 16


class Person:
    """Somebody at their desk, with a folder for what they download."""

    def __init__(self, account: OpenAccount, folder: Path, record_size: int = RECORD) -> None:
        self.account = account
        self.folder = folder
        self.folder.mkdir(parents=True, exist_ok=True)
        self.events: list[Event] = []
        self.desk = Desk(account, self.events.append, Cancel(), record_size)
        self.reader = self.desk.reader

    def upload(self, *paths: Path, to: tuple[str, ...] = (), **more: Any) -> UploadResult:
        """Store these for some contacts."""
        contacts = contacts_named(self.account, to)
        return self.desk.upload(lambda: scan([str(path) for path in paths]), contacts, **more)

    def contact(self, name: str) -> Contact:
        """Somebody in the book."""
        return contacts_named(self.account, (name,))[0]

    def update(self, file_id: str, *paths: Path, **more: Any) -> UploadResult:
        """The next version."""
        return self.desk.update(file_id, lambda: scan([str(path) for path in paths]), **more)

    def download(self, file_id: str, number: int | None = None) -> Path:
        """Into a new folder, which is returned."""
        into = self.folder / f"in-{len(list(self.folder.iterdir()))}"
        into.mkdir()
        self.account.contacts.load()
        self.desk.download(find(self.reader, file_id), Target(str(into)), number)
        return into


@pytest.fixture(autouse=True)
def connections_closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever a test opened is closed after it; an account that is used again opens what it needs."""
    opened: list[Api] = []
    begin = Api.__init__

    def noted(self: Api, *arguments: Any, **named: Any) -> None:
        begin(self, *arguments, **named)
        opened.append(self)

    monkeypatch.setattr(Api, "__init__", noted)
    yield
    for api in opened:
        api.close()


@pytest.fixture(scope="package")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The server's own folder."""
    return tmp_path_factory.mktemp("server")


@pytest.fixture(scope="package")
def server(data: Path) -> Iterator[ServerUrl]:
    with LiveServer({"data": str(data)}) as live:
        yield parse_server(live.url)


@pytest.fixture(scope="package")
def accounts(server: ServerUrl, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, OpenAccount]]:
    home = tmp_path_factory.mktemp("homes")
    made = {
        name: register(
            server,
            Keyring(str(home / name / "accounts")),
            name,
            f"{name}'s password",
            vault=False,
            label="a test",
        )
        for name in ("ada", "bob", "eve")
    }
    now = int(time.time() * 1000)
    ask(made["ada"], "bob")
    accept(made["bob"], "ada", now)
    look(made["ada"], now)
    yield made
    for account in made.values():
        account.close()


@pytest.fixture
def person(accounts: dict[str, OpenAccount], tmp_path: Path) -> Iterator[Callable[[str], Person]]:
    yield lambda name: Person(accounts[name], tmp_path / name)
    for account in accounts.values():
        account.close()


@pytest.fixture
def ada(person: Callable[[str], Person]) -> Person:
    return person("ada")


@pytest.fixture
def bob(person: Callable[[str], Person]) -> Person:
    return person("bob")


@pytest.fixture
def eve(person: Callable[[str], Person]) -> Person:
    return person("eve")


@pytest.fixture
def letter(tmp_path: Path) -> Path:
    """A file of three chunks and a bit."""
    path = tmp_path / "letter.txt"
    path.write_bytes(bytes(range(256)) * 12 + b"the end of it" * 20)
    return path
