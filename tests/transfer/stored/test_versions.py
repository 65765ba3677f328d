"""Versions: updating, two at once, the history, an older one again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from peerseal.errors import NotFound, Refused
from peerseal.files.bytes_source import from_text
from peerseal.files.scan import scan
from peerseal.transfer.cancel import Cancel
from peerseal.transfer.destination import NextVersionOf
from peerseal.transfer.shelf import find
from peerseal.transfer.upload import UploadWish, upload
from peerseal.transfer.versions import Heads, history
from peerseal.wire.stored import StoreTicket

from .conftest import RECORD, Person

pytestmark = pytest.mark.e2e


def test_an_update_reaches_everybody_and_the_old_version_can_still_be_had(
    ada: Person, bob: Person, letter: Path
) -> None:
    first = letter.read_bytes()
    stored = ada.upload(letter, to=("bob",))
    letter.write_bytes(b"another letter" * 100)
    again = ada.update(stored.id, letter)
    assert (again.id, again.version, again.recipients) == (stored.id, 2, ("bob",))
    assert (bob.download(stored.id) / "letter.txt").read_bytes() == b"another letter" * 100
    assert (bob.download(stored.id, 1) / "letter.txt").read_bytes() == first


def test_of_two_updates_at_once_one_wins_and_the_other_is_told_which(ada: Person, letter: Path) -> None:
    stored = ada.upload(letter)
    late = NextVersionOf(ada.reader, stored.id, notice=lambda _: None)
    ada.update(stored.id, letter)
    wish = UploadWish(lambda: scan([str(letter)]), late, None, RECORD)
    with pytest.raises(Refused, match="Version 2 of this file came first") as caught:
        upload(ada.account, wish, ada.events.append, Cancel())
    assert (caught.value.code, caught.value.retryable) == ("stale", True)
    assert [heads.wire.version for heads in _history(ada, stored.id)] == [1, 2]


def test_of_two_updates_that_race_to_the_commit_the_second_is_not_stored(
    ada: Person, letter: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = ada.upload(letter)
    late = NextVersionOf(ada.reader, stored.id, notice=lambda _: None)
    raced: list[int] = []
    started = late.start

    def start_first(*given: Any) -> StoreTicket:
        ticket = started(*given)
        raced.append(ada.update(stored.id, letter).version)
        return ticket

    monkeypatch.setattr(late, "start", start_first)
    with pytest.raises(Refused, match="Version 2 of this file came first"):
        upload(
            ada.account,
            UploadWish(lambda: scan([str(letter)]), late, None, RECORD),
            ada.events.append,
            Cancel(),
        )
    assert raced == [2]
    assert [heads.wire.version for heads in _history(ada, stored.id)] == [1, 2]


def test_an_update_that_expects_an_older_version_begins_nothing(ada: Person, letter: Path) -> None:
    stored = ada.upload(letter)
    ada.update(stored.id, letter)
    with pytest.raises(Refused) as caught:
        ada.update(stored.id, letter, expected=1)
    assert caught.value.code == "stale"
    assert ada.update(stored.id, letter, expected=2).version == 3


def test_a_version_is_restored_under_a_new_key(ada: Person, bob: Person, letter: Path) -> None:
    first = letter.read_bytes()
    stored = ada.upload(letter, to=("bob",))
    letter.write_bytes(b"")
    ada.update(stored.id, letter)
    restored = ada.desk.restore(stored.id, 1)
    assert (restored.version, restored.title, restored.bytes) == (3, "letter.txt", len(first))
    assert (bob.download(stored.id) / "letter.txt").read_bytes() == first
    file = find(ada.reader, stored.id)
    keys = {
        ada.reader.key(ada.reader.owner(file), bytes.fromhex(file.id), one.wire)
        for one in _history(ada, file.id)
    }
    assert len(keys) == 3
    assert ada.desk.restore(stored.id, 2).bytes == 0


def test_a_restored_text_keeps_its_title(ada: Person) -> None:
    stored = ada.desk.upload(lambda: from_text("first words", 1000))
    ada.desk.update(stored.id, lambda: from_text("second words", 1000))
    assert ada.desk.restore(stored.id, 1).title == "first words"


def test_a_version_that_never_was_is_not_found(ada: Person, letter: Path) -> None:
    stored = ada.upload(letter)
    with pytest.raises(NotFound, match="no version 7"):
        ada.download(stored.id, 7)
    with pytest.raises(NotFound, match="no version 7"):
        ada.desk.restore(stored.id, 7)


def test_only_the_owner_makes_versions(ada: Person, bob: Person, letter: Path) -> None:
    stored = ada.upload(letter, to=("bob",))
    with pytest.raises(Refused, match="only its owner"):
        bob.update(stored.id, letter)


def _history(person: Person, file_id: str) -> list[Heads]:
    file = find(person.reader, file_id)
    return history(person.reader, file, person.reader.owner(file))
