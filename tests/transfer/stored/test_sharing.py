"""Who may read a file: sharing later, taking back, leaving, links with and without a password."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from peerseal.client.account import register
from peerseal.client.exchange import accept, ask
from peerseal.client.keyring import Keyring
from peerseal.client.settings import ServerUrl, parse_link
from peerseal.client.upkeep import new_identity
from peerseal.errors import NotFound, PeersealError, UsageError, VerificationFailed
from peerseal.files.scan import scan
from peerseal.protocol.book import Contact
from peerseal.transfer.by_link import LinkVisit
from peerseal.transfer.cancel import Cancel
from peerseal.transfer.download import Target, download
from peerseal.transfer.events import Notice
from peerseal.transfer.sharing import delete, link_again, make_link, revoke, revoke_link, share
from peerseal.transfer.shelf import Item, find, shelf

from .conftest import Person

pytestmark = pytest.mark.e2e


def test_a_file_is_shared_later_and_taken_back(ada: Person, bob: Person, letter: Path) -> None:
    stored = ada.upload(letter)
    with pytest.raises(NotFound):
        bob.download(stored.id)
    share(ada.reader, stored.id, [ada.contact("bob")])
    assert (bob.download(stored.id) / "letter.txt").read_bytes() == letter.read_bytes()
    revoke(ada.reader, stored.id, "Bob")
    with pytest.raises(NotFound):
        bob.download(stored.id)
    assert _item(ada, stored.id).recipients == ()
    with pytest.raises(NotFound, match="cannot read this file anyway"):
        revoke(ada.reader, stored.id, "bob")


def test_an_update_after_a_revoke_is_not_for_who_was_revoked(ada: Person, bob: Person, letter: Path) -> None:
    stored = ada.upload(letter, to=("bob",))
    revoke(ada.reader, stored.id, "bob")
    assert ada.update(stored.id, letter).recipients == ()
    with pytest.raises(NotFound):
        bob.download(stored.id)


def test_who_leaves_a_file_is_sealed_for_no_more(ada: Person, bob: Person, letter: Path) -> None:
    stored = ada.upload(letter, to=("bob",))
    assert delete(bob.reader, find(bob.reader, stored.id)) is False
    assert all(item.id != stored.id for item in shelf(bob.reader))
    assert _item(ada, stored.id).recipients == ()
    assert ada.update(stored.id, letter).recipients == ()
    assert all(item.id != stored.id for item in shelf(bob.reader))


def test_a_deleted_file_is_gone_for_everybody(ada: Person, bob: Person, letter: Path) -> None:
    stored = ada.upload(letter, to=("bob",))
    assert delete(ada.reader, find(ada.reader, stored.id)) is True
    for person in (ada, bob):
        with pytest.raises(NotFound):
            person.download(stored.id)


def test_nothing_is_sealed_for_somebody_who_made_new_keys(
    server: ServerUrl, ada: Person, tmp_path: Path, letter: Path
) -> None:
    dora = register(server, Keyring(None), "dora", "dora's password", vault=False, label="a test")
    ask(dora, "ada")
    accept(ada.account, "dora", 1)
    shared, alone = ada.upload(letter, to=("dora",)), ada.upload(letter)
    before = {item.id for item in shelf(ada.reader)}
    new_identity(dora, "dora's password").close()
    acts: tuple[Callable[[], object], ...] = (
        lambda: ada.upload(letter, to=("dora",)),
        lambda: share(ada.reader, alone.id, [ada.contact("dora")]),
    )
    for act in acts:
        with pytest.raises(VerificationFailed) as caught:
            act()
        assert caught.value.code == "key_changed"
    assert {item.id for item in shelf(ada.reader)} == before, "nothing was begun"
    assert _item(ada, alone.id).recipients == ()
    for stored in (ada.update(shared.id, letter), ada.desk.restore(shared.id, 1)):
        assert stored.recipients == ()
    told = [event.message for event in ada.events if isinstance(event, Notice)]
    assert ["`peerseal exchange verify dora`" in text for text in told] == [True, True]


def test_a_link_opens_without_an_account_and_follows_updates(
    ada: Person, tmp_path: Path, letter: Path
) -> None:
    stored = ada.upload(letter)
    made = make_link(ada.reader, stored.id)
    assert _visit(made.url, tmp_path / "one") == letter.read_bytes()
    letter.write_bytes(b"newer")
    ada.update(stored.id, letter)
    assert _visit(made.url, tmp_path / "two") == b"newer"
    row = (find(ada.reader, stored.id).links or ())[0]
    assert link_again(ada.reader, stored.id, row) == made.url
    assert row.used == 2
    assert revoke_link(ada.reader, stored.id, made.id[:6]) == made.id
    with pytest.raises(NotFound):
        _visit(made.url, tmp_path / "three")


def test_a_link_with_a_password_opens_only_with_it(ada: Person, tmp_path: Path, letter: Path) -> None:
    stored = ada.upload(letter)
    made = make_link(ada.reader, stored.id, password="schlüssel wort")
    for wrong in (None, "schlussel wort"):
        with pytest.raises(NotFound):
            _visit(made.url, tmp_path / "in", wrong)
    assert _visit(made.url, tmp_path / "in", "schlüssel wort") == letter.read_bytes()
    letter.write_bytes(b"the next version needs no password of its owner")
    ada.update(stored.id, letter)
    assert _visit(made.url, tmp_path / "in2", "schlüssel wort") == letter.read_bytes()


def test_a_link_for_one_download_counts_only_what_was_verified(
    ada: Person, tmp_path: Path, letter: Path
) -> None:
    stored = ada.upload(letter)
    made = make_link(ada.reader, stored.id, downloads=1)
    visit = _open(made.url)
    visit.has_password()
    visit.open(None)  # looking takes nothing
    visit.close()
    assert _visit(made.url, tmp_path / "in") == letter.read_bytes()
    with pytest.raises(PeersealError) as caught:
        _visit(made.url, tmp_path / "again")
    assert caught.value.code in ("not_found", "no_downloads_left")


def test_a_link_cut_short_or_of_another_owner_opens_nothing(
    ada: Person, bob: Person, tmp_path: Path, letter: Path
) -> None:
    stored = ada.upload(letter)
    url = make_link(ada.reader, stored.id).url
    with pytest.raises(UsageError, match="not whole"):
        _open(url[:-3])
    address, _, fragment = url.partition("#")
    bobs = make_link(bob.reader, bob.upload(letter).id).url.partition("#")[2]
    # Ada's secret, said to be Bob's: the server's bundle is not the one the link speaks of.
    with pytest.raises(VerificationFailed) as caught:
        _visit(f"{address}#{_secret_of(fragment, owner=bobs)}", tmp_path / "in")
    assert caught.value.code == "unknown_owner"


def _secret_of(fragment: str, owner: str) -> str:
    from peerseal.wire.encoding import base64url_decode, base64url_encode

    return base64url_encode(base64url_decode(fragment)[:32] + base64url_decode(owner)[32:])


def _open(url: str) -> LinkVisit:
    link = parse_link(url)
    assert link is not None
    return LinkVisit(link)


def _visit(url: str, into: Path, password: str | None = None) -> bytes:
    into.mkdir(exist_ok=True)
    visit = _open(url)
    try:
        sealed = visit.open(password)
        download(sealed, visit.origin(sealed), Target(str(into)), lambda _: None, Cancel())
        visit.confirm()
    finally:
        visit.close()
    return (into / "letter.txt").read_bytes()


def _item(person: Person, file_id: str) -> Item:
    return next(item for item in shelf(person.reader) if item.id == file_id)


def test_a_contact_whose_account_is_gone_is_named(ada: Person, letter: Path) -> None:
    left = Contact("zoe", ada.contact("bob").encoded, "verified", 0)
    with pytest.raises(NotFound, match="no account of zoe any more") as caught:
        ada.desk.upload(lambda: scan([str(letter)]), [left])
    assert caught.value.code == "unknown_recipient"
