"""What the server never has: after everything people do with it, no secret of theirs is on its disk, in its log, in it.

The people are in this process, so that every secret their programs make is known; the server is a process of its own,
as talkative as it can be made. What proves a password or a session does pass through it (`Passing`): that is on no
disk and in no log, and nothing is promised about memory.
"""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import peerseal
from peerseal.client import upkeep
from peerseal.client.account import OpenAccount, register, sign_in, sign_out
from peerseal.client.api import Api
from peerseal.client.exchange import accept, ask, compare, look, verify
from peerseal.client.keyring import Keyring
from peerseal.client.settings import parse_link, parse_server
from peerseal.crypto.kdf import Secret
from peerseal.crypto_engine import words_of
from peerseal.files.bytes_source import from_text
from peerseal.files.scan import scan
from peerseal.transfer.by_link import LinkVisit
from peerseal.transfer.cancel import Cancel
from peerseal.transfer.desk import Desk
from peerseal.transfer.destination import contacts_named
from peerseal.transfer.download import Target, download
from peerseal.transfer.events import Event, Progress
from peerseal.transfer.sharing import make_link, revoke, share
from peerseal.transfer.shelf import find, shelf
from peerseal.wire.accounts import Login
from peerseal.wire.encoding import base64url_decode
from peerseal.wire.value import Value
from support.canaries import LEAST, Canaries
from support.live_server import LiveServer
from support.stored_files import commit_of, new_file, sealed
from support.storing import Storer

pytestmark = pytest.mark.e2e

#: Before the server is imported: everything that any library logs goes to its log.
TALKATIVE = """
import logging
logging.basicConfig(level=1)
logging.Logger.setLevel = lambda *_: None
import peerseal.server.logs
peerseal.server.logs.silent_log = logging.getLogger
"""
PASSING = {"auth", "token", "ticket"}


class Watch:
    """All secrets of the people, as they come to be; and the server they are kept from."""

    def __init__(self, server: LiveServer, data: Path) -> None:
        self.server, self.data = server, data
        self.never = Canaries()
        self.passing = Canaries()
        self.passwords: dict[str, str] = {}
        self._lock = threading.Lock()
        self._passed: set[bytes] = set()
        self._made: list[tuple[str, bytes]] = []

    def made(self, kind: str, secret: bytes) -> None:
        """A program of theirs made or learnt a secret."""
        with self._lock:
            self._made.append((kind, secret))

    def passes(self, value: object) -> None:
        """What of a request or an answer proves something to the server."""
        if not isinstance(value, Value):
            return
        for name in value.field_names:
            field = getattr(value, name)
            if name in PASSING and field is not None:
                with self._lock:
                    self._passed |= (
                        {field.encode(), base64url_decode(field)}
                        if isinstance(field, str)
                        else {bytes(field)}
                    )
            self.passes(field)

    def text(self, name: str, text: str) -> str:
        """A secret text."""
        self.never.add(name, text)
        return text

    def learn(self) -> None:
        """Look for everything that is known by now."""
        with self._lock:
            made, passed = list(self._made), set(self._passed)
        for secret in passed:
            self.passing.add("what passes through", secret)
        for kind, secret in made:
            if len(secret) >= LEAST and bytes(secret) not in passed:
                self.never.add(kind, bytes(secret))

    def memory(self) -> set[str]:
        """What of what must never be there is in the server's memory now."""
        self.learn()
        return self.never.in_memory(self.server.pid)

    def disk(self) -> dict[str, set[str]]:
        """The same in its folder and its log, and what passes through as well."""
        self.learn()
        found: dict[str, set[str]] = {}
        for canaries in (self.never, self.passing):
            for name, here in canaries.in_folder(self.data).items():
                found.setdefault(name, set()).update(here)
            if here := canaries.in_bytes(self.server.log.read_bytes()):
                found.setdefault("log", set()).update(here)
        return found


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Watch]:
    data = tmp_path / "data"
    opened: list[Api] = []
    with LiveServer({"data": str(data), "discovery": "everyone"}, before=TALKATIVE) as server:
        watching = Watch(server, data)
        begin, call = Api.__init__, Api.call

        def make(kind: type[Secret], value: Any = b"") -> Secret:
            secret = bytes.__new__(kind, value)
            watching.made(kind.__name__, secret)
            return secret

        def noted(api: Api, *arguments: Any, **named: Any) -> None:
            begin(api, *arguments, **named)
            opened.append(api)

        def passing(api: Api, name: str, body: Any = None, /, **named: Any) -> Any:
            watching.passes(body)
            answer = call(api, name, body, **named)
            watching.passes(answer)
            return answer

        monkeypatch.setattr(Secret, "__new__", make)
        monkeypatch.setattr(Api, "__init__", noted)
        monkeypatch.setattr(Api, "call", passing)
        yield watching
        for api in opened:
            api.close()


def test_nothing_that_people_keep_to_themselves_reaches_the_server(
    watch: Watch, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    seen: list[set[str]] = []
    looked: set[str] = set()

    def look_inside(moment: str) -> Callable[[Event], None]:
        def on_event(event: Event) -> None:
            if isinstance(event, Progress) and moment not in looked:
                looked.add(moment)
                seen.append(watch.memory())

        return on_event

    ada, bob = people(watch)
    files_for_people(watch, ada, bob, tmp_path, look_inside)
    live_by_code(watch, tmp_path, look_inside("live"))
    other_devices(watch, ada)
    seen.append(watch.memory())
    assert looked == {"up", "down", "live"}
    assert seen == [set()] * 4
    assert watch.disk() == {}
    kinds = {"Root", "FileKey", "RecordKey", "SharedSecret", "LinkSecret", "ada's words", "words of a code"}
    assert kinds <= watch.never.names
    assert len(watch.never) > 60
    log = watch.server.log.read_text(errors="replace")
    assert "INSERT INTO versions" in log, "the server is not as talkative as it can be"
    passing = watch.passing.in_memory(watch.server.pid)
    record_property("in memory for a while, as documented", sorted(passing))


def test_a_secret_that_does_get_there_is_found(watch: Watch) -> None:
    content = watch.text("content", secrets.token_hex(30))
    label = watch.text("label", secrets.token_hex(20))
    careless = Storer.sign_up(watch.server.port)
    careless.expect("login", Login(careless.name, b"a" * 32, "token", label))
    wanted = new_file()
    ticket = careless.expect("new_file", wanted)["ticket"]
    manifest = bytes(sealed(50))
    plain = content.encode().ljust(sealed(100), b".")
    assert (careless.put(ticket, "manifest", 0, manifest), careless.put(ticket, "content", 0, plain)) == (
        201,
        201,
    )
    careless.expect("commit", commit_of(wanted.version), upload=wanted.version.upload)
    careless.close()
    found = watch.disk()
    assert {"content", "label"} == set().union(*found.values())
    assert any(name.startswith("peerseal.db") for name in found)
    assert any(name.startswith("blobs/") for name in found)
    assert "label" in watch.memory()
    buried = os.urandom(1000) + b"\x01" + content.encode()[::-1]
    assert watch.never.in_bytes(buried) == set()
    for before in range(20):
        for form in (content.encode(), content.encode("utf-16-le"), content.encode().hex().encode()):
            assert watch.never.in_bytes(os.urandom(before) + form + b"x") == {"content"}


def people(watch: Watch) -> tuple[OpenAccount, OpenAccount]:
    """Ada and Bob, who know each other."""
    server = parse_server(watch.server.url)

    def new(name: str) -> OpenAccount:
        password = watch.text(f"{name}'s password", f"{name} {secrets.token_hex(20)}")
        account = register(server, Keyring(None), name, password, vault=True, label="here")
        watch.text(f"{name}'s words", " ".join(words_of(account.identity.root)))
        watch.passwords[account.user] = password
        return account

    ada, bob = new("ada"), new("bob")
    ask(ada, "bob")
    accept(bob, "ada", 1)
    look(ada, 2)
    verify(ada, compare(ada, "bob"), 3)
    return ada, bob


def files_for_people(
    watch: Watch,
    ada: OpenAccount,
    bob: OpenAccount,
    tmp_path: Path,
    look_inside: Callable[[str], Callable[[Event], None]],
) -> None:
    """Files and texts, their versions, sharing, links, taking back."""
    folder = tmp_path / watch.text("name of a folder", f"folder {secrets.token_hex(12)}")
    folder.mkdir()
    big = folder / watch.text("name of a file", f"bücher {secrets.token_hex(12)}.txt")
    line = watch.text("content of a file", f"the content {secrets.token_hex(20)}\n")
    big.write_text(line * 100_000)
    mine = Desk(ada, look_inside("up"), Cancel())
    theirs = Desk(bob, look_inside("down"), Cancel())
    contacts = contacts_named(ada, ["bob"])
    stored = mine.upload(lambda: scan([str(folder)]), contacts)
    bob.contacts.load()
    into = tmp_path / "in"
    into.mkdir()
    theirs.download(find(theirs.reader, stored.id), Target(str(into)))
    assert (into / folder.name / big.name).read_text() == line * 100_000
    words = watch.text("a text", f"meet me at {secrets.token_hex(12)}")
    text = mine.upload(lambda: from_text(words, 1000))
    share(mine.reader, text.id, contacts)
    shelf(theirs.reader)
    big.write_text(watch.text("content of the next version", f"newer {secrets.token_hex(20)}\n") * 1000)
    mine.update(stored.id, lambda: scan([str(folder)]))
    mine.restore(stored.id, 1)
    password = watch.text("password of a link", f"link {secrets.token_hex(12)}")
    made = make_link(mine.reader, stored.id, password=password)
    link = parse_link(made.url)
    assert link is not None
    watch.text("what stands behind the #", made.url.partition("#")[2])
    visit = LinkVisit(link)
    opened = visit.open(password)
    (tmp_path / "by link").mkdir()
    download(opened, visit.origin(opened), Target(str(tmp_path / "by link")), lambda _: None, Cancel())
    visit.confirm()
    visit.close()
    mine.update(stored.id, lambda: scan([str(folder)]))
    revoke(mine.reader, stored.id, "bob")


def live_by_code(watch: Watch, tmp_path: Path, look_inside: Callable[[Event], None]) -> None:
    """A transfer between two who are there, by a code of their own."""
    file = tmp_path / watch.text("name of a live file", f"live {secrets.token_hex(12)}")
    line = watch.text("content of a live file", f"said live {secrets.token_hex(20)}\n")
    file.write_text(line * 200_000)
    words = watch.text("words of a code", "velvet-harbor-quartz-lantern")
    ready = threading.Event()
    failed: list[peerseal.PeersealError] = []

    def on_event(event: Event) -> None:
        if event.event == "ready":
            codes.append(event)
            ready.set()
        look_inside(event)

    codes: list[Any] = []

    def send() -> None:
        try:
            peerseal.send([file], code=f"77-{words}", server=watch.server.url, on_event=on_event)
        except peerseal.PeersealError as error:
            failed.append(error)
            ready.set()

    sender = threading.Thread(target=send, daemon=True)
    sender.start()
    assert ready.wait(30)
    assert failed == []
    (tmp_path / "live").mkdir()
    peerseal.receive(codes[0].code, into=tmp_path / "live", server=watch.server.url)
    sender.join(30)
    assert failed == []
    assert (tmp_path / "live" / file.name).stat().st_size == file.stat().st_size


def other_devices(watch: Watch, ada: OpenAccount) -> None:
    """Keys out of the vault, a new password, the 24 words instead of one, signing out."""
    server, old = ada.server, watch.passwords[ada.user]
    there = sign_in(server, Keyring(None), "ada", old, label="there", words=lambda: None)
    new = watch.text("the next password", f"next {secrets.token_hex(20)}")
    changed = upkeep.change_password(there, old, new)
    found = watch.text("a password by the words", f"found {secrets.token_hex(20)}")
    upkeep.recover(server, Keyring(None), "ada", changed.identity.root, found, vault=True)
    sign_out(sign_in(server, Keyring(None), "ada", found, label="again", words=lambda: None))
