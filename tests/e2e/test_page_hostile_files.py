"""A real server that lies about what it stores, and the page: each lie is noticed, said, and nothing is downloaded."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import BrowserContext, Playwright, expect

from peerseal.crypto_engine import RecordSealer
from peerseal.transfer.sharing import make_link, revoke, share
from peerseal.transfer.shelf import all_files, find
from peerseal.transfer.trust import Reader
from support.lied_to import RECORD, HostileStore, Victim, befriend, hostile_store, victim
from support.page import PagePerson, browser
from support.page_files import SOON, FilesPagePerson

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.timeout(180)]


class World(NamedTuple):
    """Ada at her command line, Bob at the page. `one` and `other` are hers, for Bob and Eve; `eves` is Eve's own."""

    store: HostileStore
    ada: Victim
    eve: Victim
    bob_elsewhere: Victim
    bob: BrowserContext
    one: str
    other: str
    other_upload: str
    eves: str
    folder: Path


@pytest.fixture(scope="module")
def world(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    place = tmp_path_factory.mktemp("lies")
    with hostile_store(place / "server") as store, browser(playwright, place / "bob at the page") as context:
        ada, bob, eve = (victim(store, place / name, name) for name in ("ada", "bob", "eve"))
        for left, right in ((ada, bob), (ada, eve), (bob, eve)):
            befriend(left, right)
        ids = [ada.upload(letter(place, name), to=("bob", "eve")).id for name in ("one.txt", "other.txt")]
        eves = eve.upload(letter(place, "eves.txt")).id
        current = find(Reader(ada.account), ids[1]).current
        assert current is not None
        page = FilesPagePerson(context, store.url, place)
        page.sign_in("bob", "bob's password")
        expect(page.stored("one.txt")).to_be_visible(timeout=SOON)
        page.close()
        yield World(store, ada, eve, bob, context, ids[0], ids[1], current.upload, eves, place)
        for person in (ada, bob, eve):
            person.account.close()


@pytest.fixture
def bob(world: World, tmp_path: Path) -> Iterator[FilesPagePerson]:
    for person in (world.ada, world.eve, world.bob_elsewhere):
        person.account.close()
    page = FilesPagePerson(world.bob, world.store.url, tmp_path)
    expect(page.stored("one.txt")).to_be_visible(timeout=SOON)
    yield page
    page.close()


def letter(folder: Path, name: str) -> Path:
    """A file of three chunks and a bit."""
    path = folder / name
    path.write_bytes(os.urandom(RECORD * 16 * 3 + 100))
    return path


ACCUSED = "not sealed by ada for this file"
LISTED = {
    "another file in its place": "it was swapped",
    "the key of another file": ACCUSED,
    "the key for another person": ACCUSED,
    "the heads of another file": "it was swapped",
    "the closing head of another file": "it was swapped",
    "the name of another file": "it was renamed",
    "a file of somebody else's as hers": "This is not ada’s",
    "her file as somebody else's": "This is not eve’s",
    "her file as a stranger's": "not among your contacts",
    "her file as the reader's own": "does not hold",
    "the closing head withheld": "it was rolled back",
    "one record less": "it was rewritten",
    "one record more": "it was rewritten",
}


@pytest.mark.parametrize("attack", LISTED)
def test_what_ada_did_not_leave_is_said_to_be_that_and_cannot_be_opened(
    world: World, bob: FilesPagePerson, attack: str
) -> None:
    other = world.eves if attack == "a file of somebody else's as hers" else world.other
    plan = {"file": world.one, "other": other, "reader": "eve", "author": "eve", "to": "bob"}
    with world.store.attack(attack, **plan):
        bob.page.reload()
        expect(bob.stored("other.txt")).to_be_visible(timeout=SOON)
        row = bob.my_files().get_by_role("listitem").filter(has_text=LISTED[attack])
        expect(row).to_have_count(1, timeout=SOON)
        expect(bob.button("Download", row)).to_have_count(0)
    assert bob.downloads == []


CARRIED = {
    "two chunks in each other's place": "changed, swapped or taken from elsewhere",
    "the first chunk again and again": "changed, swapped or taken from elsewhere",
    "the content of another file": "changed, swapped or taken from elsewhere",
    "the list of names of another file": "changed, swapped or taken from elsewhere",
    "a chunk left out": "gone",
}


@pytest.mark.parametrize("attack", CARRIED)
def test_parts_that_are_not_adas_end_the_download(world: World, bob: FilesPagePerson, attack: str) -> None:
    with world.store.attack(attack, file=world.one, other=world.other, upload=world.other_upload):
        bob.act("one.txt", "Download")
        said = bob.failed()
    assert CARRIED[attack] in said
    assert bob.downloads == []


def test_an_old_version_is_not_taken_for_the_newest(
    world: World, bob: FilesPagePerson, tmp_path: Path
) -> None:
    stored = world.ada.upload(letter(tmp_path, "plan.txt"), to=("bob",)).id
    world.ada.update(stored, letter(tmp_path, "plan.txt"))
    expect(bob.stored("plan.txt").get_by_text("version 2")).to_be_visible(timeout=SOON)
    with world.store.attack("the first version again", file=stored, to="bob"):
        bob.page.reload()
        row = bob.my_files().get_by_role("listitem").filter(has_text="it was rolled back")
        expect(row).to_have_count(1, timeout=SOON)
        expect(bob.button("Download", row)).to_have_count(0)
        expect(bob.stored("plan.txt")).to_have_count(0)


def test_a_reader_whom_adas_list_does_not_name_is_told(
    world: World, bob: FilesPagePerson, tmp_path: Path
) -> None:
    stored = world.ada.upload(letter(tmp_path, "later.txt")).id
    contacts = [one for one in world.ada.account.contacts.book.contacts if one.name == "bob"]
    with world.store.attack("the first access list", file=stored, to="bob"):
        share(Reader(world.ada.account), stored, contacts)
        bob.page.reload()
        row = bob.my_files().get_by_role("listitem").filter(has_text="does not name you")
        expect(row).to_have_count(1, timeout=SOON)
        expect(bob.button("Download", row)).to_have_count(0)


BOOKS = {
    "the contact book before": "an older state than you have seen before",
    "no contact book": "an older state than you have seen before",
    "the contact book of somebody else": "Something was changed on the way",
}


@pytest.mark.parametrize("attack", BOOKS)
def test_another_contact_book_opens_nothing(world: World, bob: FilesPagePerson, attack: str) -> None:
    with world.store.attack(attack, to="bob"):
        bob.page.reload()
        expect(bob.page.get_by_text(BOOKS[attack])).to_be_visible(timeout=SOON)
        expect(bob.button("Download", bob.my_files())).to_have_count(0)


def test_a_reader_who_has_the_key_cannot_rewrite_the_file_for_others(
    world: World, bob: FilesPagePerson, tmp_path: Path
) -> None:
    before = world.store.blobs()
    stored = world.ada.upload(letter(tmp_path, "shared.txt"), to=("bob", "eve")).id
    (folder,) = world.store.blobs() - before
    reader = Reader(world.eve.account)
    file = find(reader, stored)
    assert file.current is not None
    sealed = reader.sealed(file, file.current, reader.owner(file))
    blob = folder / "c0"
    blob.chmod(0o600)
    forged = RecordSealer(sealed.file.key, "content", sealed.file.id, 1, RECORD).seal(0, False, b"f" * RECORD)
    blob.write_bytes(forged + blob.read_bytes()[len(forged) :])
    bob.act("shared.txt", "Download")
    said = bob.failed()
    assert "changed after ada signed it" in said
    assert bob.downloads == []


BEHIND_LINKS = {
    "a link to another file": "opens something else",
    "the key of another link": "opens something else",
    "other keys behind a link": "somebody else",
}


@pytest.mark.parametrize("attack", BEHIND_LINKS)
def test_what_a_link_leads_to_is_what_its_maker_meant(
    world: World, bob: FilesPagePerson, tmp_path: Path, attack: str
) -> None:
    mine, other = (make_link(Reader(world.ada.account), one) for one in (world.one, world.other))
    assert world.eve.run("receive", other.url, "-y").exit == 0
    with world.store.attack(attack, other=other.id):
        guest = PagePerson(world.bob, world.store.url, tmp_path, f"s/{mine.url.partition('/s/')[2]}")
        guest.button("Look inside").click(timeout=SOON)
        expect(guest.page.get_by_text(BEHIND_LINKS[attack])).to_be_visible(timeout=SOON)
        expect(guest.button("Download")).to_have_count(0)
    guest.close()


def test_without_its_end_a_file_is_never_handed_over(
    world: World, bob: FilesPagePerson, tmp_path: Path
) -> None:
    path = letter(tmp_path, "endless.txt")
    seen = ",".join(file.id for file in all_files(Reader(world.bob_elsewhere.account)))
    with world.store.attack("every closing head withheld", but=seen, to="bob"):
        world.ada.upload(path, to=("bob",))
        bob.act("endless.txt", "Download")
        expect(bob.transfers().get_by_text("fetching and opening…")).to_be_visible(timeout=SOON)
        bob.page.wait_for_timeout(1500)
        assert bob.downloads == []
        expect(bob.transfers().get_by_text("fetching and opening…")).to_be_visible()
        bob.button("Cancel", bob.transfers()).click()
        expect(bob.transfers().get_by_text("cancelled")).to_be_visible(timeout=SOON)
    assert bob.downloads == []


def test_a_taken_back_reader_gets_no_key_whatever_list_the_server_shows(
    world: World, bob: FilesPagePerson, tmp_path: Path
) -> None:
    mine, path = world.bob_elsewhere, letter(tmp_path, "taken back.txt")
    stored = mine.upload(path, to=("eve",)).id
    revoke(Reader(mine.account), stored, "eve")
    expect(bob.stored("taken back.txt").get_by_text("for you alone")).to_be_visible(timeout=SOON)
    with world.store.attack("a reader nobody added", file=stored, to="bob"):
        bob.update("taken back.txt", [path])
        bob.left()
    assert world.store.sealed_for() == {"recipients": [], "links": []}
    with world.store.attack("the access list before", file=stored, reader="eve", to="bob"):
        bob.page.reload()
        row = bob.my_files().get_by_role("listitem").filter(has_text="it was rolled back")
        expect(row).to_have_count(1, timeout=SOON)
        expect(bob.button("Update", row)).to_have_count(0)


def test_other_keys_under_a_known_name_are_a_hard_stop(world: World, bob: FilesPagePerson) -> None:
    with world.store.attack("other keys of a contact", to="bob", whose="ada"):
        bob.page.reload()
        warned = bob.contacts().get_by_text("The keys of ada have changed")
        expect(warned).to_be_visible(timeout=SOON)
        # Earlier tests of this file may have left others in that state: only ada is meant here.
        expect(
            bob.contacts().get_by_text("other keys for ada than the ones you know. Nothing is sealed")
        ).to_be_visible()


ENTERING = {
    "a password hardly stretched": "asks for a weak protection of your password",
    "parameters of another server": "not the server you signed in to before",
    "other keys of the account": "other keys",
}


@pytest.mark.parametrize("attack", ENTERING)
def test_signing_in_at_a_server_that_lies_signs_nobody_in(
    world: World, bob: FilesPagePerson, attack: str
) -> None:
    bob.sign_out()
    with world.store.attack(attack, to="bob"):
        bob.sign_in("bob", "bob's password")
        expect(bob.page.get_by_text(ENTERING[attack]).first).to_be_visible(timeout=SOON)
        expect(bob.signed_in_as("bob")).to_have_count(0)
    bob.page.reload()
    bob.sign_in("bob", "bob's password")
    expect(bob.stored("one.txt")).to_be_visible(timeout=SOON)


def test_somebody_elses_vault_opens_nothing(world: World, bob: FilesPagePerson) -> None:
    bob.sign_out()
    with world.store.attack("the vault of somebody else", to="bob"):
        bob.sign_in("bob", "bob's password")
        said = bob.page.get_by_text("the keys the server kept do not open with it")
        expect(said).to_be_visible(timeout=SOON)
        expect(bob.my_files()).to_have_count(0)
    bob.sign_out()
    bob.sign_in("bob", "bob's password")
    expect(bob.stored("one.txt")).to_be_visible(timeout=SOON)
