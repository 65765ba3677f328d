"""The journal of one transfer: private, locked, whole or plainly damaged, and silent about its keys."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerseal.crypto_engine import FileKey, Secret, Stream
from peerseal.errors import LocalFileFailed, NotFound, PeersealError, Refused
from peerseal.transfer.about import (
    About,
    Download,
    Live,
    Parked,
    Put,
    Taken,
    Upload,
    With,
    read_about,
    write_about,
)
from peerseal.transfer.journal import Acked, Journal, part_names, remove
from peerseal.transfer.upload_notes import UploadNotes, Where, journal_id

KEY = FileKey(b"k" * 32)
PART = ".peerseal-0123456789ab.part"


def about(kind: str = "send", **more: object) -> About:
    parts: dict[str, dict[str, object]] = {
        "send": {
            "live": Live(
                "initiator",
                Secret(b"r" * 32),
                False,
                Secret(b"p" * 32),
                Parked(b"i" * 16, Secret(b"t" * 32)),
                "relay",
                "never",
            ),
            "taken": Taken((b"/home/ada/\xff",), b"m" * 32, b"s" * 32),
        },
        "receive": {
            "live": Live("responder", Secret(b"r" * 32)),
            "put": Put(b"/home/bob", PART, False, b"{}"),
        },
        "upload": {
            "taken": Taken((b"/home/ada/x",), b"m" * 32, b"s" * 32),
            "upload": Upload("a" * 32, b"opening", b"card", ("bob",), 5, True),
        },
        "download": {
            "put": Put(b"/home/bob", PART, True),
            "download": Download("a" * 32, b"o" * 32, 3, "b" * 32),
        },
    }
    given: dict[str, object] = {
        "kind": kind,
        "server": "http://localhost:5000",
        "title": "holiday",
        "peer": With("Bob", "bob", True),
        "id": b"f" * 16,
        "version": 1,
        "record_size": 64,
        "key": KEY,
        "total": 1000,
        "files": 2,
        "text": False,
        "started": 7,
        **parts[kind],
        **more,
    }
    return About(**given)  # type: ignore[arg-type]  # what a test gives is what it means


def silent(_text: str) -> None:
    raise AssertionError("nothing should be said here")


def create(home: Path, what: About | None = None) -> Journal:
    return Journal.create(str(home), what or about(), silent)


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


@given(st.lists(st.booleans(), max_size=40), st.sampled_from([28, 32]))
def test_slots_count_up_to_the_first_that_is_empty(
    tmp_path_factory: pytest.TempPathFactory, filled: list[bool], length: int
) -> None:
    with create(tmp_path_factory.mktemp("home")) as journal:
        for index, is_filled in enumerate(filled):
            if is_filled:
                # Zeros at both ends: what is empty is a whole slot of them.
                journal.mark("content", index, bytes(length - 20) + b"\1" + bytes(19))
        first_empty = filled.index(False) if False in filled else len(filled)
        assert len(journal.marks("content")) == 32 * first_empty


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
        (listed,) = Journal.all(str(tmp_path))
        assert (listed.id, listed.running) == (journal.id, True)
        assert listed.about is not None
        assert listed.about.title == "renamed"
    Journal.open(str(tmp_path), journal.id).close()


def test_a_process_that_is_killed_leaves_a_journal_to_go_on_from(tmp_path: Path) -> None:
    script = (
        "import sys\n"
        "sys.path[:0] = sys.argv[2:]\n"
        "from test_journal import about, create\n"
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
        (listed,) = Journal.all(str(tmp_path))
        assert listed.running
        other.kill()
    (listed,) = Journal.all(str(tmp_path))
    assert not listed.running
    with Journal.open(str(tmp_path), listed.id) as journal:
        assert len(journal.marks("content")) == 32 * 1000


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
    assert [(listed.about, listed.running) for listed in Journal.all(str(tmp_path))] == [(None, False)]
    assert part_names(str(tmp_path)) == frozenset()
    remove(str(tmp_path), journal.id)
    assert list((tmp_path / "transfers").iterdir()) == []


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
    assert [listed.about for listed in Journal.all(str(tmp_path))] == [None]


def test_an_unknown_id_is_not_found_and_none_leaves_the_folder(tmp_path: Path) -> None:
    create(tmp_path).close()
    for name in ("0" * 32, "..", "../transfers", ""):
        with pytest.raises(NotFound):
            Journal.open(str(tmp_path), name)


def test_a_discarded_one_is_gone_and_its_part_folder_no_longer_spared(tmp_path: Path) -> None:
    journal = create(tmp_path, about("receive"))
    assert part_names(str(tmp_path)) == {PART}
    journal.discard()
    assert Journal.all(str(tmp_path)) == []
    assert part_names(str(tmp_path)) == frozenset()


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


# --- what an upload notes ---


def begin(where: Where) -> None:
    with UploadNotes(where) as notes:
        notes.begin(about("upload"))
        notes.sealed("manifest", 0, b"l" * 32)
        notes.sealed("content", 5, b"c" * 64)


def test_leaves_are_found_by_their_chunk(tmp_path: Path) -> None:
    where = Where(str(tmp_path), journal_id(["ada", "x"]), silent)
    begin(where)
    with UploadNotes(where) as notes:
        assert notes.begun == about("upload")
        assert notes.keeps
        assert notes.leaves("content", 5, 2) == b"c" * 64
        assert notes.leaves("manifest", 0, 1) == b"l" * 32
        assert notes.leaves("content", 5, 3) is None
        assert notes.leaves("content", 0, 1) is None
        notes.begin(about("upload", title="another"))
        assert notes.leaves("content", 5, 2) is None
    with UploadNotes(where) as notes, pytest.raises(Refused):
        UploadNotes(where)
    with UploadNotes(where) as notes:
        notes.discard()
        assert notes.begun is None
    assert Journal.all(str(tmp_path)) == []


@pytest.mark.parametrize("stream", ["manifest", "content"])
def test_an_upload_without_a_place_for_it_notes_nothing(stream: Stream) -> None:
    with UploadNotes(None) as notes:
        notes.begin(about("upload"))
        notes.sealed(stream, 0, b"l" * 32)
        assert not notes.keeps
        assert notes.leaves(stream, 0, 1) is None


def test_a_damaged_journal_of_an_upload_is_none(tmp_path: Path) -> None:
    where = Where(str(tmp_path), journal_id(["x"]), silent)
    begin(where)
    _not_json(tmp_path / "transfers" / where.id)
    with UploadNotes(where) as notes:
        assert notes.begun is None
        notes.begin(about("upload"))
        assert notes.keeps


def test_other_words_are_another_journal() -> None:
    assert len({journal_id(words) for words in (["a", "b"], ["ab"], ["a", "", "b"])}) == 3
