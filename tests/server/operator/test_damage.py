"""Operators see which files are damaged, whose they are and since when, until they are whole or deleted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from peerseal.server.accounts.asking import Signed
from peerseal.server.damage import Ledger
from peerseal.server.guard.guard import Guard
from peerseal.server.operator.damage import DamageDesk
from peerseal.server.scrub import Scrub
from support.stored_files import Desk, new_file, new_version


class Kept:
    """A server's stored files with all that looks after them."""

    def __init__(self, home: Path) -> None:
        self.desk = Desk(home)
        self.guard = Guard(home, self.now, lambda: self.desk.now / 1000, mode="off")
        self.ledger = Ledger(home, self.now, self.guard.note)
        self.scrub = Scrub(self.desk.database, self.desk.storage, pace=None, ledger=self.ledger)
        self.operator = DamageDesk(self.ledger, self.desk.database)

    def now(self) -> int:
        return self.desk.now

    def stored(self, owner: Signed) -> tuple[str, Path]:
        """The id of a new file of three chunks, and their folder."""
        before = set((self.desk.home / "blobs").iterdir())
        wanted = new_file(version=new_version(content=3 * 16 * 64))
        self.desk.stored(owner, wanted)
        (folder,) = set((self.desk.home / "blobs").iterdir()) - before
        return wanted.id, folder

    def told(self) -> list[tuple[str, str, str, str | None]]:
        """Point, action, kind and label of the events so far."""
        self.guard.log.settle()
        lines = reversed(self.guard.log.latest(None, 100))
        return [
            (one["point"], one["action"], one["subject"]["kind"], self.guard.label(one["subject"]["key"]))
            for one in lines
        ]


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    made = Kept(tmp_path / "data")
    with made.desk:
        yield made
        made.guard.close()


def test_a_damaged_file_is_a_row_and_an_event_until_it_is_whole_again(kept: Kept) -> None:
    file, folder = kept.stored(kept.desk.person("ada"))
    kept.stored(kept.desk.person("bert"))
    kept.scrub.run()
    assert kept.operator.all().damaged == ()
    found = kept.desk.now = kept.desk.now + 5
    chunks = {name: (folder / name).read_bytes() for name in ("c0", "c2")}
    (folder / "c0").unlink()
    (folder / "c2").write_bytes(b"short")
    kept.scrub.run()
    kept.desk.now += 5
    kept.scrub.run()
    (row,) = kept.operator.all().damaged
    assert (row.id, row.kind, row.version, row.owner) == (file, "file", 1, "ada")
    assert (row.chunks, row.fault, row.since) == (2, "missing", found)
    assert kept.operator.all().last == kept.desk.now
    assert kept.told() == [("damaged", "log", "file", file)]
    (folder / "c0").write_bytes(chunks["c0"])
    kept.scrub.look_again()
    assert [(one.chunks, one.fault) for one in kept.operator.all().damaged] == [(1, "length")]
    (folder / "c2").write_bytes(chunks["c2"])
    kept.scrub.look_again()
    assert kept.operator.all().damaged == ()
    assert kept.told()[1:] == [("whole", "log", "file", file)]


def test_events_do_not_hold_the_id(kept: Kept) -> None:
    file, folder = kept.stored(kept.desk.person("ada"))
    (folder / "m0").unlink()
    kept.scrub.run()
    kept.guard.log.settle()
    text = (kept.desk.home / "guard.ndjson").read_text()
    assert '"damaged"' in text
    assert file not in text


def test_a_deleted_file_is_no_row_at_once_and_forgotten_at_the_next_look(kept: Kept) -> None:
    ada = kept.desk.person("ada")
    file, folder = kept.stored(ada)
    (folder / "c1").unlink()
    kept.scrub.run()
    assert len(kept.operator.all().damaged) == 1
    kept.desk.sharing.delete_file(ada, file)
    assert kept.operator.all().damaged == ()
    kept.scrub.look_again()
    assert kept.ledger.all() == ()
    assert [point for point, *_ in kept.told()] == ["damaged"]


def test_a_new_server_on_the_folder_knows_it_and_sees_it_healed_without_a_whole_look(kept: Kept) -> None:
    _, folder = kept.stored(kept.desk.person("ada"))
    before = (folder / "c1").read_bytes()
    (folder / "c1").write_bytes(before[::-1])
    kept.scrub.run()
    ledger = Ledger(kept.desk.home, kept.now)
    operator = DamageDesk(ledger, kept.desk.database)
    assert operator.all() == kept.operator.all()
    (folder / "c1").write_bytes(before)
    scrub = Scrub(kept.desk.database, kept.desk.storage, ledger=ledger)
    scrub.look_again()
    assert operator.all().damaged == ()
    assert scrub.report().passes == 0
