"""A server that lies about stored files, and a reader who changes them: every lie is noticed, and said.

What the server answers is changed on its way in; what it keeps is changed on its disk.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import pytest

from peerseal.client.api import Api
from peerseal.crypto_engine import RecordSealer
from peerseal.errors import PeersealError
from peerseal.transfer.reseal import StoredSource
from peerseal.transfer.sharing import make_link, revoke, share
from peerseal.transfer.shelf import find, shelf
from peerseal.wire.stored import File, NewFileVersion, Version, Versions
from support.payloads import tree_of

from .conftest import CHUNK, RECORD, Person

pytestmark = pytest.mark.e2e
OVERHEAD = 28
Lie = Callable[[Any], Any]


class Liar:
    """Changes what one person's client hears."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._patch = monkeypatch

    def tell(self, person: Person, **lies: Lie) -> list[str]:
        """For answers to these endpoints, what they become. Lists the endpoints they ask from now on."""
        honest = Api.call
        asked: list[str] = []

        def call(api: Api, endpoint: str, body: Any = None, /, **rest: Any) -> Any:
            asked.append(endpoint)
            answer = honest(api, endpoint, body, **rest)
            return lies[endpoint](answer) if api is person.account.api and endpoint in lies else answer

        self._patch.setattr(Api, "call", call)
        return asked


@pytest.fixture
def liar(monkeypatch: pytest.MonkeyPatch) -> Liar:
    return Liar(monkeypatch)


def but(value: Any, **changed: Any) -> Any:
    """The same with some fields changed."""
    return type(value)(**{name: changed.get(name, getattr(value, name)) for name in value.field_names})


def refused(person: Person, file_id: str) -> PeersealError:
    """A download that must fail and leave nothing."""
    with pytest.raises(PeersealError) as caught:
        person.download(file_id)
    assert tree_of(person.folder) == {}
    return caught.value


def wire(person: Person, file_id: str) -> File:
    return find(person.reader, file_id)


def test_another_files_version_in_its_place_is_noticed(
    ada: Person, bob: Person, letter: Path, liar: Liar
) -> None:
    one, other = ada.upload(letter, to=("bob",)), ada.upload(letter, to=("bob",))
    swapped = wire(bob, other.id).current
    liar.tell(bob, file=lambda file: but(file, current=swapped))
    error = refused(bob, one.id)
    assert (error.code, error.exit_code) == ("not_authentic", 7)


def test_keys_swapped_between_files_are_noticed(ada: Person, bob: Person, letter: Path, liar: Liar) -> None:
    one, other = ada.upload(letter, to=("bob",)), ada.upload(letter, to=("bob",))
    wrap = _current(bob, other.id).wrap
    liar.tell(bob, file=lambda file: but(file, current=but(file.current, wrap=wrap)))
    error = refused(bob, one.id)
    assert error.code == "not_authentic"
    assert "was not sealed by ada for this file" in error.message


def test_heads_of_another_file_are_noticed(ada: Person, bob: Person, letter: Path, liar: Liar) -> None:
    one, other = ada.upload(letter, to=("bob",)), ada.upload(letter, to=("bob",))
    theirs = _current(bob, other.id)
    liar.tell(
        bob,
        file=lambda file: but(
            file, current=but(file.current, opening=theirs.opening, closing=theirs.closing)
        ),
    )
    error = refused(bob, one.id)
    assert error.code == "content_differs"
    assert "another file or version" in error.message


def test_a_renamed_file_is_noticed(ada: Person, bob: Person, letter: Path, liar: Liar) -> None:
    one, other = ada.upload(letter, to=("bob",)), ada.upload(letter, to=("bob",))
    card = _current(bob, other.id).card
    liar.tell(bob, file=lambda file: but(file, current=but(file.current, card=card)))
    error = refused(bob, one.id)
    assert error.code == "content_differs"
    assert "changed after ada signed it" in error.message


def test_an_old_version_after_a_newer_was_seen_is_noticed(
    ada: Person, bob: Person, letter: Path, liar: Liar
) -> None:
    stored = ada.upload(letter, to=("bob",))
    old = _current(bob, stored.id)
    ada.update(stored.id, letter)
    bob.account.contacts.load()
    shelf(bob.reader)  # looking at the list is enough to have seen it
    liar.tell(bob, file=lambda file: but(file, current=old))
    error = refused(bob, stored.id)
    assert (error.code, error.exit_code) == ("rolled_back", 7)
    assert "rolled back" in error.message


def test_a_history_with_a_version_left_out_is_noticed(
    ada: Person, bob: Person, letter: Path, liar: Liar
) -> None:
    stored = ada.upload(letter, to=("bob",))
    bob.download(stored.id)
    ada.update(stored.id, letter)
    ada.update(stored.id, letter)
    liar.tell(bob, versions=lambda page: Versions(page.versions[:1] + page.versions[2:], None))
    with pytest.raises(PeersealError) as caught:
        bob.download(stored.id)
    assert caught.value.code == "rolled_back"
    with pytest.raises(PeersealError) as caught:
        bob.download(stored.id, 1)
    assert caught.value.code == "rolled_back"


def test_a_file_injected_as_adas_is_noticed(
    ada: Person, bob: Person, eve: Person, letter: Path, liar: Liar
) -> None:
    as_eves = wire(eve, eve.upload(letter).id)
    injected = but(as_eves, owner="ada", mine=False, recipients=None, links=None)
    mine = ada.upload(letter, to=("bob",))
    liar.tell(bob, file=lambda _: but(injected, id=mine.id))
    error = refused(bob, mine.id)
    assert error.code == "signature_invalid"
    assert "This is not ada's" in error.message


def test_an_injected_file_stands_in_the_list_as_what_it_is(
    bob: Person, eve: Person, letter: Path, liar: Liar
) -> None:
    stored = eve.upload(letter)
    injected = but(wire(eve, stored.id), owner="ada", mine=False, recipients=None, links=None)
    stranger = but(injected, owner="eve")
    liar.tell(bob, files=lambda page: but(page, files=(injected, stranger)))
    items = shelf(bob.reader)
    assert [item.title for item in items] == ["", ""]
    assert [item.problem.code for item in items if item.problem] == ["signature_invalid", "unknown_owner"]


def test_an_old_access_list_and_one_that_does_not_name_the_reader_are_noticed(
    ada: Person, bob: Person, letter: Path, liar: Liar
) -> None:
    stored = ada.upload(letter)
    alone = wire(ada, stored.id).access
    share(ada.reader, stored.id, [ada.contact("bob")])
    liar.tell(bob, file=lambda file: but(file, access=alone))
    assert refused(bob, stored.id).code == "not_listed"
    with_bob = wire(ada, stored.id).access
    revoke(ada.reader, stored.id, "bob")
    liar.tell(ada, file=lambda file: but(file, access=with_bob))
    ada.account.contacts.load()
    with pytest.raises(PeersealError) as caught:
        ada.update(stored.id, letter)
    assert caught.value.code == "rolled_back"


def test_whom_the_server_adds_gets_no_key(
    ada: Person, letter: Path, liar: Liar, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = ada.upload(letter)
    sent: list[NewFileVersion] = []
    honest = Api.ask

    def ask(api: Api, kind: Any, endpoint: str, body: Any = None, /, **rest: Any) -> Any:
        answer = honest(api, kind, endpoint, body, **rest)
        if endpoint == "new_version":
            sent.append(body)
        return but(answer, recipients=("bob", "eve")) if endpoint == "file" else answer

    monkeypatch.setattr(Api, "ask", ask)
    assert ada.update(stored.id, letter).recipients == ()
    assert [version.recipients for version in sent] == [()]


@pytest.mark.parametrize(
    "where", [(name, place) for name in ("m0", "c0", "c2") for place in (0, 12, 28, 60, -1)]
)
def test_a_flipped_bit_on_the_servers_disk_is_noticed(
    ada: Person, bob: Person, letter: Path, data: Path, where: tuple[str, int]
) -> None:
    name, place = where
    with Stored(data) as stored:
        file = ada.upload(letter, to=("bob",))
    blob = stored.blob(name)
    content = bytearray(blob.read_bytes())
    content[place] ^= 1
    blob.write_bytes(content)
    error = refused(bob, file.id)
    assert (error.code, error.exit_code) == ("not_authentic", 7)


def test_parts_that_change_places_are_noticed(
    ada: Person, bob: Person, letter: Path, data: Path, tmp_path: Path
) -> None:
    letter.write_bytes(os.urandom(4 * CHUNK))
    with Stored(data) as stored:
        file = ada.upload(letter, to=("bob",))
    one, other = stored.blob("c0"), stored.blob("c1")
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)
    assert refused(bob, file.id).code == "not_authentic"
    one.write_bytes(first)
    other.write_bytes(first)
    assert refused(bob, file.id).code == "not_authentic"


def test_a_record_a_fellow_reader_wrote_with_the_right_key_is_noticed(
    ada: Person, bob: Person, letter: Path, data: Path
) -> None:
    with Stored(data) as stored:
        file = ada.upload(letter, to=("bob",))
    seen = wire(bob, file.id)
    sealed = bob.reader.sealed(seen, _current(bob, file.id), bob.reader.owner(seen))
    forged = RecordSealer(sealed.file.key, "content", sealed.file.id, 1, RECORD).seal(0, False, b"f" * RECORD)
    blob = stored.blob("c0")
    blob.write_bytes(forged + blob.read_bytes()[len(forged) :])
    error = refused(bob, file.id)
    assert (error.code, error.exit_code) == ("content_differs", 7)


def test_a_version_that_does_not_hold_is_not_restored(ada: Person, letter: Path, data: Path) -> None:
    with Stored(data) as stored:
        file = ada.upload(letter)
    ada.update(file.id, letter)
    blob = stored.blob("c2")
    blob.write_bytes(blob.read_bytes()[:-1] + b"!")
    with pytest.raises(PeersealError) as caught:
        ada.desk.restore(file.id, 1)
    assert caught.value.code == "not_authentic"
    assert wire(ada, file.id).arriving is None
    assert _current(ada, file.id).version == 2


@pytest.mark.parametrize("stripped", [False, True])
def test_an_old_version_said_to_be_arriving_is_given_to_nobody(
    ada: Person, letter: Path, liar: Liar, stripped: bool
) -> None:
    stored = ada.upload(letter)
    old = _current(ada, stored.id)
    ada.update(stored.id, letter)
    said = but(old, closing=None, state="arriving", committed=None) if stripped else old
    asked = liar.tell(
        ada,
        file=lambda file: but(file, arriving=said),
        files=lambda page: but(
            page, files=tuple(but(one, arriving=said) for one in page.files if one.id == stored.id)
        ),
    )
    for give in (
        lambda: make_link(ada.reader, stored.id),
        lambda: share(ada.reader, stored.id, [ada.contact("bob")]),
    ):
        with pytest.raises(PeersealError) as caught:
            give()
        assert caught.value.code == "rolled_back"
    assert not {"new_link", "share"} & set(asked)
    assert [item.problem.code for item in shelf(ada.reader) if item.problem] == ["rolled_back"]


def test_a_file_whose_versions_are_withheld_gets_no_second_first_one(
    ada: Person, letter: Path, liar: Liar
) -> None:
    stored = ada.upload(letter)
    first = _current(ada, stored.id)
    for arriving in (None, but(first, closing=None, state="arriving", committed=None)):
        withheld: Lie = functools.partial(but, current=None, arriving=arriving)
        asked = liar.tell(ada, file=withheld)
        for act in (
            lambda: ada.update(stored.id, letter),
            lambda: make_link(ada.reader, stored.id),
            lambda: share(ada.reader, stored.id, [ada.contact("bob")]),
            lambda: ada.download(stored.id),
        ):
            with pytest.raises(PeersealError) as caught:
                act()
            assert caught.value.code == "rolled_back"
        assert not {"new_version", "new_link", "share"} & set(asked)


def test_a_version_whose_card_is_not_that_of_its_files_is_not_restored(ada: Person, letter: Path) -> None:
    file = wire(ada, ada.upload(letter).id)
    sealed = ada.reader.sealed(file, _current(ada, file.id), ada.reader.owner(file))
    origin = ada.desk._origin(sealed)
    StoredSource(sealed, origin).close()
    with pytest.raises(PeersealError) as caught:
        StoredSource(but(sealed, card=but(sealed.card, files=2)), origin)
    assert caught.value.code == "manifest_invalid"


class Stored:
    """Finds where the server put what is uploaded meanwhile."""

    def __init__(self, data: Path) -> None:
        self._blobs = data / "blobs"
        self._before: set[Path] = set()
        self._folder = Path()

    def __enter__(self) -> Self:
        self._before = set(self._blobs.iterdir()) if self._blobs.exists() else set()
        return self

    def __exit__(self, *_: object) -> None:
        new = [folder for folder in self._blobs.iterdir() if folder not in self._before]
        (self._folder,) = [folder for folder in new if not folder.name.startswith(".")]

    def blob(self, name: str) -> Path:
        """One chunk: `m0` of the manifest, `c0` of the content."""
        path = self._folder / name
        path.chmod(0o600)
        return path


def _current(person: Person, file_id: str) -> Version:
    current = wire(person, file_id).current
    assert current is not None
    return current
