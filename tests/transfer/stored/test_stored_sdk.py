"""Stored files by the Python SDK: the whole way of a file, as a program would go it."""

from __future__ import annotations

from pathlib import Path

import pytest

import peerseal
from peerseal.errors import NotFound, UsageError, VerificationFailed
from peerseal.transfer.account import Account

from .conftest import Person

pytestmark = pytest.mark.e2e


def test_a_program_stores_shares_updates_and_takes_back(
    ada: Person, bob: Person, letter: Path, tmp_path: Path
) -> None:
    mine, theirs = Account(ada.account), Account(bob.account)
    with pytest.raises(VerificationFailed):
        peerseal.upload(mine, letter, to=["bob"])
    stored = peerseal.upload(mine, [letter], to=["bob"], unverified=True)
    got = peerseal.download(theirs, stored.id[:10], into=tmp_path / "bob")
    assert [Path(path).read_bytes() for path in got.paths] == [letter.read_bytes()]
    assert peerseal.update(mine, stored.id, text="in short").version == 2
    assert peerseal.download(theirs, stored.id).text == "in short"
    assert peerseal.restore(mine, stored.id, 1).version == 3
    peerseal.revoke(mine, stored.id, "bob")
    with pytest.raises(NotFound):
        peerseal.download(theirs, stored.id)
    peerseal.share(mine, stored.id, ["bob"], unverified=True)
    assert next(item for item in peerseal.stored_files(theirs) if item.id == stored.id).title == "letter.txt"
    link = peerseal.make_link(mine, stored.id, password="between us two", downloads=2, expires_in=60)
    (tmp_path / "guest").mkdir()
    received = peerseal.receive_link(link.url, into=tmp_path / "guest", password="between us two")
    assert received.bytes == letter.stat().st_size
    peerseal.revoke_link(mine, stored.id)
    with pytest.raises(NotFound):
        peerseal.receive_link(link.url, password="between us two")
    peerseal.delete(mine, stored.id)
    assert all(item.id != stored.id for item in peerseal.stored_files(mine))


def test_what_a_program_cannot_mean_is_refused(ada: Person) -> None:
    mine = Account(ada.account)
    with pytest.raises(UsageError):
        peerseal.upload(mine)
    with pytest.raises(UsageError):
        peerseal.receive_link("http://localhost/#code=7-a-b")
    with pytest.raises(UsageError):
        peerseal.receive(f"http://localhost/s/{'a' * 32}#{'A' * 64}")


@pytest.fixture(autouse=True)
def folder_of_bob(tmp_path: Path) -> None:
    (tmp_path / "bob").mkdir(exist_ok=True)
