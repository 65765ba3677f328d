"""The journal of one transfer: private, locked, whole or plainly damaged, and silent about its keys."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from peerseal.errors import LocalFileFailed, NotFound, PeersealError, Refused
from peerseal.transfer.about import (
    Put,
    Taken,
    read_about,
    write_about,
)
from peerseal.transfer.journal import Acked, Journal
from peerseal.transfer.journals import all_journals, remove

from .journals_made import PART, about, create


@pytest.mark.parametrize("kind", ["send", "receive", "upload", "download"])
def test_what_was_noted_is_there_for_a_later_process(tmp_path: Path, kind: str) -> None:
    what = about(kind)
    with create(tmp_path, what) as journal:
        name = journal.id
        journal.mark("content", 0, b"a" * 28)
        journal.mark("content", 1, b"b" * 28)
        journal.mark("content", 3, b"d" * 28)
        journal.manifest_add(b"first")
        journal.manifest_add(b"second")
        journal.acked(1, 2, 128)
    with Journal.open(str(tmp_path), name) as journal:
        assert journal.about == what
        assert journal.marks("content") == b"a" * 28 + bytes(4) + b"b" * 28 + bytes(4)
        assert journal.joined("content") == b"a" * 28 + b"b" * 28
        assert journal.slots("content", 3, 1) == b"d" * 28 + bytes(4)
        assert journal.slots("content", 1, 2) is None
        assert journal.marks("manifest") == b""
        assert journal.manifest() == b"firstsecond"
        assert journal.acks == Acked(1, 2, 128)
        journal.manifest_cut(5)
        journal.cut("content", 1)
        assert (journal.manifest(), journal.joined("content")) == (b"first", b"a" * 28)


def test_everything_is_this_users_alone(tmp_path: Path) -> None:
    with create(tmp_path / "home") as journal:
        journal.mark("content", 0, b"m" * 28)
        journal.manifest_add(b"names")
        journal.acked(0, 0, 0)
        journal.replace(about(title="other"))
        folder = tmp_path / "home" / "transfers" / journal.id
        assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
        assert [place.stat().st_mode & 0o777 for place in (folder, folder.parent, folder.parent.parent)] == [
            0o700
        ] * 3


def test_no_key_shows_in_a_repr_or_an_error() -> None:
    for kind in ("send", "receive", "upload", "download"):
        what = about(kind)
        shown = f"{what!r} {what} {what.live!r} {what.upload!r} {what.live and what.live.parked!r}"
        assert not any(secret * 6 in shown for secret in "krpt")


def test_only_one_process_goes_on(tmp_path: Path) -> None:
    with create(tmp_path) as journal:
        with pytest.raises(Refused) as caught:
            Journal.open(str(tmp_path), journal.id)
        assert caught.value.code == "busy"
        with pytest.raises(Refused):
            remove(str(tmp_path), journal.id)
        journal.replace(about(title="renamed"))
        with pytest.raises(Refused):
            Journal.open(str(tmp_path), journal.id)
        (listed,) = all_journals(str(tmp_path))
        assert (listed.id, listed.running) == (journal.id, True)
        assert listed.about is not None
        assert listed.about.title == "renamed"
    Journal.open(str(tmp_path), journal.id).close()


def test_a_process_that_is_killed_leaves_a_journal_to_go_on_from(tmp_path: Path) -> None:
    script = (
        "import sys\n"
        "sys.path[:0] = sys.argv[2:]\n"
        "from journals_made import create\n"
        "from pathlib import Path\n"
        "journal = create(Path(sys.argv[1]))\n"
        "for index in range(1000): journal.mark('content', index, b'm' * 28)\n"
        "print('there', flush=True)\n"
        "sys.stdin.read()\n"
    )
    here = str(Path(__file__).parent)
    with subprocess.Popen(
        [sys.executable, "-c", script, tmp_path, here],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "there\n"
        (listed,) = all_journals(str(tmp_path))
        assert listed.running
        other.kill()
    (listed,) = all_journals(str(tmp_path))
    assert not listed.running
    with Journal.open(str(tmp_path), listed.id) as journal:
        assert len(journal.marks("content")) == 32 * 1000


def test_a_link_in_the_place_of_a_journal_is_not_followed(tmp_path: Path) -> None:
    with create(tmp_path / "other") as journal:
        pass
    (tmp_path / "home" / "transfers").mkdir(parents=True)
    (tmp_path / "home" / "transfers" / journal.id).symlink_to(tmp_path / "other" / "transfers" / journal.id)
    with pytest.raises(PeersealError):
        Journal.open(str(tmp_path / "home"), journal.id)
    (tmp_path / "other" / "transfers" / journal.id / "content.marks").symlink_to(tmp_path / "precious")
    with Journal.open(str(tmp_path / "other"), journal.id) as opened, pytest.raises(LocalFileFailed):
        opened.mark("content", 0, b"m" * 28)
    assert not (tmp_path / "precious").exists()


def test_a_journal_of_another_user_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with create(tmp_path) as journal:
        pass
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(LocalFileFailed):
        Journal.open(str(tmp_path), journal.id)
    assert [listed.about for listed in all_journals(str(tmp_path))] == [None]


def test_an_unknown_id_is_not_found_and_none_leaves_the_folder(tmp_path: Path) -> None:
    create(tmp_path).close()
    for name in ("0" * 32, "..", "../transfers", ""):
        with pytest.raises(NotFound):
            Journal.open(str(tmp_path), name)


def test_how_far_each_kind_is(tmp_path: Path) -> None:
    for kind, done in (("send", 100), ("receive", 64), ("upload", 100), ("download", 64)):
        with create(tmp_path / kind, about(kind)) as journal:
            journal.acked(1, 2, 100)
            journal.mark("content", 0, b"m" * 28)
            journal.mark("content", 2, b"m" * 28)
            assert journal.done == done
    with create(tmp_path, about("receive", total=10)) as journal:
        journal.mark("content", 0, b"m" * 28)
        assert journal.done == 10


def test_journals_of_the_former_form_go(tmp_path: Path) -> None:
    (tmp_path / "uploads").mkdir(mode=0o700)
    (tmp_path / "uploads" / ("a" * 32)).write_bytes(b'{"file":1}\n')
    create(tmp_path).close()
    assert [path.name for path in tmp_path.iterdir()] == ["transfers"]


def test_what_is_too_long_or_of_another_kind_is_not_written(tmp_path: Path) -> None:
    long = about(taken=Taken((b"/" + b"x" * 900_000,), b"m" * 32, b"s" * 32))
    for wrong in (long, about(put=Put(b"/x", PART, False)), about(live=None)):
        with pytest.raises(PeersealError):
            create(tmp_path, wrong)
    assert read_about(write_about(about())) == about()
