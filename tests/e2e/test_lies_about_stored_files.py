"""A real server that lies about what it stores, and command lines: each lie is noticed, said, and nothing is kept.

The tables name the attack, the error's code and what the person reads.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from peerseal.client.api import Api
from peerseal.client.exchange import compare
from peerseal.crypto_engine import RecordSealer, words_of
from peerseal.transfer.sharing import make_link, revoke, revoke_link, share
from peerseal.transfer.shelf import find, shelf
from peerseal.transfer.trust import Reader
from support.lied_to import RECORD, HostileStore, Victim, befriend, hostile_store, victim

pytestmark = pytest.mark.e2e
VERIFICATION, INTEGRITY, NOT_FOUND = 4, 7, 9


class Lie(NamedTuple):
    """A row: the attack, what it is noticed by, what is read."""

    attack: str
    code: str
    exit: int
    read: str


class World(NamedTuple):
    """Ada, Bob and Eve, who know each other. `one` and `other` are Ada's, for both; `eves` is Eve's own."""

    store: HostileStore
    ada: Victim
    bob: Victim
    eve: Victim
    one: str
    other: str
    other_upload: str
    eves: str


@pytest.fixture(autouse=True, scope="module")
def connections_closed() -> Iterator[None]:
    """Whatever was opened here is closed at the end."""
    opened: list[Api] = []
    begin = Api.__init__

    def noted(self: Api, *arguments: Any, **named: Any) -> None:
        begin(self, *arguments, **named)
        opened.append(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Api, "__init__", noted)
        yield
    for api in opened:
        api.close()


@pytest.fixture(scope="module")
def world(connections_closed: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    place = tmp_path_factory.mktemp("lies")
    with hostile_store(place / "server") as store:
        ada, bob, eve = (victim(store, place / name, name) for name in ("ada", "bob", "eve"))
        for one, other in ((ada, bob), (ada, eve), (bob, eve)):
            befriend(one, other)
        files = [letter(place, name) for name in ("one.txt", "other.txt")]
        ids = [ada.upload(path, to=("bob", "eve")).id for path in files]
        eves = eve.upload(files[0])
        current = find(Reader(ada.account), ids[1]).current
        assert current is not None
        yield World(store, ada, bob, eve, ids[0], ids[1], current.upload, eves.id)


@pytest.fixture(autouse=True)
def lines_open(world: World) -> None:
    """Idle lines are closed by servers; each test opens its own."""
    for person in (world.ada, world.bob, world.eve):
        person.account.close()
        shutil.rmtree(person.into)
        person.into.mkdir()


def letter(folder: Path, name: str) -> Path:
    """A file of three chunks and a bit."""
    path = folder / name
    path.write_bytes(os.urandom(RECORD * 16 * 3 + 100))
    return path


def noticed(told: Any, lie: Lie, person: Victim) -> None:
    """The command said what the table says, and nothing is there."""
    assert told.code in lie.code.split(" | "), told.read
    assert told.exit == lie.exit
    assert any(said in told.read for said in lie.read.split(" | "))
    assert person.arrived() == []


INSTEAD = [
    Lie("another file in its place", "not_authentic", INTEGRITY, "was not sealed by ada for this file"),
    Lie("another file under its id", "content_differs", INTEGRITY, "another file than the one asked for"),
    Lie("the key of another file", "not_authentic", INTEGRITY, "was not sealed by ada for this file"),
    Lie("the key for another person", "not_authentic", INTEGRITY, "was not sealed by ada for this file"),
    Lie(
        "the heads of another file",
        "content_differs",
        INTEGRITY,
        "another file or version than the one asked",
    ),
    Lie("the closing head of another file", "content_differs", INTEGRITY, "another file or version"),
    Lie("the name of another file", "content_differs", INTEGRITY, "was changed after ada signed it"),
    Lie("a file of somebody else's as hers", "signature_invalid", INTEGRITY, "This is not ada's"),
    Lie("her file as somebody else's", "signature_invalid", INTEGRITY, "This is not eve's"),
    Lie("her file as a stranger's", "unknown_owner", VERIFICATION, "is not in your contacts"),
    Lie("her file as the reader's own", "signature_invalid", INTEGRITY, "the signature does not hold"),
    Lie("the closing head withheld", "rolled_back", INTEGRITY, "was rolled back"),
    Lie("one record less", "content_differs", INTEGRITY, "more or fewer records"),
    Lie("one record more", "content_differs", INTEGRITY, "more or fewer records"),
    Lie("two chunks in each other's place", "not_authentic", INTEGRITY, "ada"),
    # Chunks come beside each other; the last is shorter, so if it is looked at first its length is what is wrong.
    Lie(
        "the first chunk again and again",
        "not_authentic | content_differs",
        INTEGRITY,
        "ada | has a wrong length",
    ),
    Lie("a chunk left out", "not_found", NOT_FOUND, "gone"),
    Lie("the content of another file", "not_authentic", INTEGRITY, "ada"),
    Lie("the list of names of another file", "not_authentic", INTEGRITY, "ada"),
]


@pytest.mark.parametrize("lie", INSTEAD, ids=[lie.attack for lie in INSTEAD])
def test_something_else_than_what_ada_stored_is_noticed(world: World, lie: Lie) -> None:
    if lie.code == "rolled_back":
        assert world.bob.run("files").exit == 0  # seeing it in the list is enough
    whom = (
        {}
        if "chunk" in lie.attack or "of names" in lie.attack or "content of" in lie.attack
        else {"to": "bob"}
    )
    plan = {"file": world.one, "other": world.other, "upload": world.other_upload, "reader": "eve", **whom}
    if lie.attack == "a file of somebody else's as hers":
        plan["other"] = world.eves
    with world.store.attack(lie.attack, author="eve", **plan):
        told = world.bob.run("download", world.one)
    noticed(told, lie, world.bob)
    assert world.bob.run("download", world.one).exit == 0, "the honest server gives it as before"


def test_a_lie_that_changes_nothing_for_the_reader_is_harmless(world: World) -> None:
    with world.store.attack("another record size", file=world.one, to="bob"):
        assert world.bob.run("download", world.one).exit == 0
    assert world.bob.arrived() == ["one.txt"]


def test_an_old_version_and_a_history_with_a_gap_are_noticed(world: World, tmp_path: Path) -> None:
    ada, bob, store = world.ada, world.bob, world.store
    stored = ada.upload(letter(tmp_path, "plan.txt"), to=("bob",)).id
    ada.update(stored, letter(tmp_path, "plan.txt"))
    assert bob.run("download", stored).exit == 0
    shutil.rmtree(bob.into)
    bob.into.mkdir()
    again = Lie("the first version again", "rolled_back", INTEGRITY, "it was rolled back")
    with store.attack(again.attack, file=stored, to="bob"):
        noticed(bob.run("download", stored), again, bob)
        (result,) = bob.run("files").events
        listed = next(file for file in result["files"] if file["id"] == stored)
        assert listed["problem"]["code"] == "rolled_back"
        assert listed["title"] == ""
    ada.update(stored, letter(tmp_path, "plan.txt"))
    for gap in (
        Lie("a version left out of the history", "rolled_back", INTEGRITY, "it was rolled back"),
        Lie("a version under another number", "content_differs", INTEGRITY, "another file or version"),
    ):
        with store.attack(gap.attack, file=stored, to="bob"):
            noticed(bob.run("download", stored, "--version", "1"), gap, bob)
            assert bob.run("history", stored).code == gap.code
    assert bob.run("download", stored).exit == 0


def test_two_devices_of_one_account_cannot_be_shown_different_files(world: World, tmp_path: Path) -> None:
    ada, bob, store = world.ada, world.bob, world.store
    stored = ada.upload(letter(tmp_path, "fork.txt"), to=("bob",)).id
    ada.update(stored, letter(tmp_path, "fork.txt"))
    phone = another_device(world, tmp_path)
    assert bob.run("download", stored).exit == 0
    fork = Lie("the first version again", "rolled_back", INTEGRITY, "it was rolled back")
    with store.attack(fork.attack, file=stored, to="bob"):
        noticed(phone.run("download", stored), fork, phone)
    assert phone.run("download", stored).exit == 0


def test_without_its_end_a_file_never_gets_its_name(world: World, tmp_path: Path) -> None:
    ada, bob, store = world.ada, world.bob, world.store
    stored = ada.upload(letter(tmp_path, "endless.txt"), to=("bob",)).id
    with (
        store.attack("the closing head withheld", file=stored, to="bob"),
        subprocess.Popen(
            bob.command("download", stored),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=bob.environment,
            cwd=bob.into,
        ) as waiting,
    ):
        end = time.monotonic() + 30
        while not any(".part" in name for name in bob.arrived()):
            assert time.monotonic() < end
            assert waiting.poll() is None
            time.sleep(0.05)
        time.sleep(2.5)  # it looks again meanwhile
        assert waiting.poll() is None
        assert "endless.txt" not in bob.arrived()
        waiting.send_signal(signal.SIGINT)
        assert waiting.wait(30) == 130
    assert bob.arrived() == []


def test_a_taken_back_reader_gets_no_key_whatever_list_the_server_shows(world: World, tmp_path: Path) -> None:
    ada, bob, store = world.ada, world.bob, world.store
    path = letter(tmp_path, "taken.txt")
    stored = ada.upload(path, to=("bob",)).id
    revoke(Reader(ada.account), stored, "bob")
    old = Lie("the access list before", "rolled_back", INTEGRITY, "it was rolled back")
    with store.attack(old.attack, file=stored, to="ada"):
        told = ada.run("update", stored, str(path))
    assert (told.code, told.exit) == (old.code, old.exit)
    assert old.read in told.read
    with store.attack("a reader nobody added", file=stored, to="ada"):
        assert ada.run("update", stored, str(path)).exit == 0
    assert store.sealed_for() == {"recipients": [], "links": []}
    assert bob.run("download", stored).exit == NOT_FOUND


def test_a_reader_whom_the_owners_list_does_not_name_is_told(world: World, tmp_path: Path) -> None:
    ada, bob, store = world.ada, world.bob, world.store
    stored = ada.upload(letter(tmp_path, "later.txt")).id
    share(
        Reader(ada.account),
        stored,
        [contact for contact in ada.account.contacts.book.contacts if contact.name == "bob"],
    )
    first = Lie("the first access list", "not_listed", INTEGRITY, "does not name you")
    with store.attack(first.attack, file=stored, to="bob"):
        noticed(bob.run("download", stored), first, bob)


def test_a_revoked_link_that_is_back_gets_no_key(world: World, tmp_path: Path) -> None:
    ada, store = world.ada, world.store
    path = letter(tmp_path, "linked.txt")
    stored = ada.upload(path).id
    kept = make_link(Reader(ada.account), stored)
    gone = make_link(Reader(ada.account), stored)
    shelf(Reader(ada.account))
    revoke_link(Reader(ada.account), stored, gone.id)
    with store.attack("a link that was revoked", file=stored, to="ada"):
        assert ada.run("update", stored, str(path)).exit == 0
    assert store.sealed_for() == {"recipients": [], "links": [kept.id]}


@pytest.mark.parametrize(
    "lie",
    [
        Lie("the contact book before", "rolled_back", INTEGRITY, "contact book"),
        Lie("no contact book", "rolled_back", INTEGRITY, "contact book"),
        Lie("the contact book of somebody else", "not_authentic", INTEGRITY, ""),
    ],
    ids=lambda lie: lie.attack,
)
def test_another_contact_book_is_noticed_before_anything_is_sealed(
    world: World, tmp_path: Path, lie: Lie
) -> None:
    path = letter(tmp_path, "for bob.txt")
    before = world.store.blobs()
    assert world.ada.run("contacts").exit == 0
    with world.store.attack(lie.attack, to="ada"):
        noticed(world.ada.run("upload", str(path), "--to", "bob"), lie, world.ada)
        assert world.ada.run("contacts").code == lie.code
    assert world.store.blobs() == before


def test_other_keys_under_a_known_name_stop_everything_and_are_sealed_for_by_nobody(
    world: World, tmp_path: Path
) -> None:
    ada, bob, store = world.ada, world.bob, world.store
    path, before = letter(tmp_path, "still bobs.txt"), store.blobs()
    with store.attack("other keys of a contact", to="ada"):
        told = ada.run("upload", str(path), "--to", "bob")
        assert (told.code, told.exit) == ("key_changed", VERIFICATION), told.read
        assert "other keys for bob than those you know. Nothing was sealed or sent" in told.read
        assert store.blobs() == before
    stored = ada.run("upload", str(path), "--to", "bob").events[-1]
    assert bob.run("download", stored["id"]).exit == 0, "the keys in the book are still bob's"


def test_keys_that_are_swapped_from_the_start_show_when_two_people_compare(
    world: World, tmp_path: Path
) -> None:
    carol = victim(world.store, tmp_path / "carol", "carol")
    assert carol.run("exchange", "request", "bob").exit == 0
    assert world.bob.run("exchange", "accept", "carol").exit == 0
    with world.store.attack("other keys of a contact", to="carol"):
        carol.run("contacts")
        hers = compare(carol.account, "bob").number
    assert hers != compare(world.bob.account, "carol").number
    known = carol.account.contacts.load().contact("bob")
    assert known is not None
    assert known.state == "pinned", "never more than that without a comparison"
    carol.account.close()


def test_another_server_at_the_address_gets_neither_token_nor_password(world: World) -> None:
    with world.store.attack("another server"):
        told = world.bob.run("files")
        assert (told.code, told.exit) == ("key_changed", VERIFICATION)
        assert "not the server you used there before. Your password was not sent" in told.read


ENTERING = [
    Lie("a password hardly stretched", "weak_parameters", VERIFICATION, "not safe"),
    Lie("parameters of another server", "key_changed", VERIFICATION, "server"),
    Lie("the vault of somebody else", "not_authentic", INTEGRITY, "do not open"),
    Lie("other keys of the account", "key_changed", VERIFICATION, "other public keys"),
]


@pytest.mark.parametrize("lie", ENTERING, ids=[lie.attack for lie in ENTERING])
def test_signing_in_at_a_server_that_lies_keeps_nothing(world: World, tmp_path: Path, lie: Lie) -> None:
    device = another_device(world, tmp_path)
    assert device.run("logout").exit == 0
    with world.store.attack(lie.attack, to="bob"):
        told = device.run("login", "bob", typed=["bob's password"])
    noticed(told, lie, device)
    assert device.run("whoami").exit != 0


def test_a_challenge_of_another_server_is_not_signed(world: World, tmp_path: Path) -> None:
    device = another_device(world, tmp_path)
    assert device.run("logout").exit == 0
    words = " ".join(words_of(world.eve.account.identity.root))
    lie = Lie("a challenge of another server", "key_changed", VERIFICATION, "server")
    with world.store.attack(lie.attack, to="eve"):
        told = device.run("account", "recover", "eve", typed=[words, "stolen password", "stolen password"])
    noticed(told, lie, device)
    assert device.run("login", "eve", typed=["eve's password"]).exit == 0


BEHIND_LINKS = [
    Lie("a link to another file", "not_authentic", INTEGRITY, "opens something else"),
    Lie("the key of another link", "not_authentic", INTEGRITY, "opens something else"),
    Lie("other keys behind a link", "unknown_owner", VERIFICATION, "somebody else"),
]


@pytest.mark.parametrize("lie", BEHIND_LINKS, ids=[lie.attack for lie in BEHIND_LINKS])
def test_what_a_link_leads_to_is_what_its_maker_meant(world: World, lie: Lie) -> None:
    ada, guest = world.ada, world.bob
    mine, other = (make_link(Reader(ada.account), one) for one in (world.one, world.other))
    honest = guest.run("receive", other.url, "-y")
    assert honest.exit == 0, honest.read
    shutil.rmtree(guest.into)
    guest.into.mkdir()
    with world.store.attack(lie.attack, other=other.id):
        noticed(guest.run("receive", mine.url, "-y"), lie, guest)
    for link, file in ((mine, world.one), (other, world.other)):
        revoke_link(Reader(ada.account), file, link.id)


@pytest.mark.parametrize("stream", ["content", "manifest"])
def test_a_reader_who_has_the_key_cannot_rewrite_the_file_for_others(
    world: World, tmp_path: Path, stream: str
) -> None:
    ada, bob, eve, store = world.ada, world.bob, world.eve, world.store
    before = store.blobs()
    stored = ada.upload(letter(tmp_path, "shared.txt"), to=("bob", "eve"))
    (folder,) = store.blobs() - before
    reader = Reader(eve.account)
    file = find(reader, stored.id)
    assert file.current is not None
    sealed = reader.sealed(file, file.current, reader.owner(file))
    blob = folder / f"{stream[0]}0"
    blob.chmod(0o600)
    kept = blob.read_bytes()
    size = RECORD + 28
    forger = RecordSealer(sealed.file.key, stream, sealed.file.id, 1, RECORD)  # type: ignore[arg-type]
    if stream == "content":
        forged = forger.seal(0, False, b"f" * RECORD) + kept[size:]
    else:
        forged = rewritten(kept, forger, sealed)
    assert len(forged) == len(kept)
    blob.write_bytes(forged)
    told = bob.run("download", stored.id)
    assert (told.code, told.exit) == ("content_differs", INTEGRITY), told.read
    assert "changed after ada signed it" in told.read
    assert bob.arrived() == []
    blob.write_bytes(kept)
    assert bob.run("download", stored.id).exit == 0


def rewritten(kept: bytes, forger: RecordSealer, sealed: Any) -> bytes:
    """The list of names with another name in it, under tags that hold."""
    from peerseal.crypto_engine import RecordOpener

    opener = RecordOpener(sealed.file.key, "manifest", sealed.file.id, 1, RECORD)
    size = RECORD + 28
    pieces = [kept[at : at + size] for at in range(0, len(kept), size)]
    plain = b"".join(bytes(opener.open(n, n == len(pieces) - 1, piece)) for n, piece in enumerate(pieces))
    assert b"shared.txt" in plain
    plain = plain.replace(b"shared.txt", b"virus!.exe")
    parts = [plain[at : at + RECORD] for at in range(0, len(plain), RECORD)]
    return b"".join(forger.seal(n, n == len(parts) - 1, part) for n, part in enumerate(parts))


def another_device(world: World, tmp_path: Path) -> Victim:
    """Bob's second device, signed in."""
    device = Victim(world.store, fresh(tmp_path), world.bob.account)
    assert device.run("login", "bob", typed=["bob's password"]).exit == 0
    return device


def fresh(tmp_path: Path) -> Path:
    """A home nobody has signed in from."""
    home = tmp_path / "another home"
    home.mkdir()
    return home
