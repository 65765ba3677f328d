"""The journals of a user: listed whatever state they are in, and removed whatever they hold."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from peerseal.errors import LocalFileFailed
from peerseal.transfer.journal import Journal
from peerseal.transfer.journals import all_journals, part_names, remove

from .journals_made import PART, about, create


def test_a_discarded_one_is_gone_and_its_part_folder_no_longer_spared(tmp_path: Path) -> None:
    journal = create(tmp_path, about("receive"))
    assert part_names(str(tmp_path)) == {PART}
    journal.discard()
    assert all_journals(str(tmp_path)) == []
    assert part_names(str(tmp_path)) == frozenset()


def _not_json(folder: Path) -> None:
    (folder / "about.json").write_bytes(b"{")


def _longer(folder: Path) -> None:
    (folder / "about.json").write_bytes(b" " * 2_000_000)


def _other_version(folder: Path) -> None:
    value = json.loads((folder / "about.json").read_text())
    (folder / "about.json").write_text(json.dumps({**value, "v": 2}))


def _without_its_parts(folder: Path) -> None:
    value = json.loads((folder / "about.json").read_text())
    (folder / "about.json").write_text(json.dumps({**value, "live": None}))


def _a_pipe(folder: Path) -> None:
    (folder / "about.json").unlink()
    os.mkfifo(folder / "about.json")


def _a_link(folder: Path) -> None:
    (folder / "about.json").rename(folder.parent.parent / "elsewhere")
    (folder / "about.json").symlink_to(folder.parent.parent / "elsewhere")


@pytest.mark.parametrize(
    "harm",
    [
        _not_json,
        _longer,
        _other_version,
        _without_its_parts,
        _a_pipe,
        _a_link,
        lambda f: (f / "about.json").unlink(),
    ],
)
def test_a_damaged_journal_is_listed_as_such_and_can_be_removed(
    tmp_path: Path, harm: Callable[[Path], object]
) -> None:
    with create(tmp_path) as journal:
        pass
    harm(tmp_path / "transfers" / journal.id)
    with pytest.raises(LocalFileFailed) as caught:
        Journal.open(str(tmp_path), journal.id)
    assert caught.value.code == "journal_damaged"
    assert [(listed.about, listed.running) for listed in all_journals(str(tmp_path))] == [(None, False)]
    assert part_names(str(tmp_path)) == frozenset()
    remove(str(tmp_path), journal.id)
    assert list((tmp_path / "transfers").iterdir()) == []
