"""The journal of an upload: private, whole lines only, one process at a time, gone when done."""

from __future__ import annotations

from pathlib import Path

import pytest

from peerseal.errors import LocalFileFailed, Refused
from peerseal.transfer.journal import Begun, Journal, journal_path

BEGUN = Begun(
    file="f" * 32,
    version=3,
    upload="a" * 32,
    key=b"k" * 32,
    record_size=64,
    manifest=b"m" * 32,
    opening=b"opening",
    card=b"card",
)


def begin(path: Path) -> None:
    with Journal(str(path)) as journal:
        journal.begin(BEGUN)
        journal.sealed("manifest", 0, b"l" * 32)
        journal.sealed("content", 5, b"c" * 64)


def test_what_was_noted_is_read_again(tmp_path: Path) -> None:
    begin(tmp_path / "j")
    assert (tmp_path / "j").stat().st_mode & 0o777 == 0o600
    with Journal(str(tmp_path / "j")) as journal:
        assert journal.begun == BEGUN
        assert journal.leaves("content", 5) == b"c" * 64
        assert journal.leaves("manifest", 0) == b"l" * 32
        assert journal.leaves("content", 0) is None


def test_a_line_cut_short_is_none_and_the_next_one_is_whole(tmp_path: Path) -> None:
    begin(tmp_path / "j")
    content = (tmp_path / "j").read_bytes()
    (tmp_path / "j").write_bytes(content[:-7])
    with Journal(str(tmp_path / "j")) as journal:
        assert journal.leaves("manifest", 0) == b"l" * 32
        assert journal.leaves("content", 5) is None
        journal.sealed("content", 6, b"d" * 32)
    with Journal(str(tmp_path / "j")) as journal:
        assert journal.leaves("content", 6) == b"d" * 32


@pytest.mark.parametrize("content", [b"", b"{", b"{}\n", b"\xff\n", b'{"file":1}\n', b"x" * 100_000])
def test_what_is_no_journal_is_an_empty_one(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "j").write_bytes(content)
    with Journal(str(tmp_path / "j")) as journal:
        assert journal.begun is None
    assert not (tmp_path / "j").exists()


def test_a_discarded_one_is_gone(tmp_path: Path) -> None:
    begin(tmp_path / "j")
    with Journal(str(tmp_path / "j")) as journal:
        journal.discard()
    assert not (tmp_path / "j").exists()


def test_two_processes_never_work_on_one_upload(tmp_path: Path) -> None:
    begin(tmp_path / "j")
    with Journal(str(tmp_path / "j")), pytest.raises(Refused) as caught:
        Journal(str(tmp_path / "j"))
    assert caught.value.code == "busy"


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(b"precious")
    (tmp_path / "j").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(LocalFileFailed):
        Journal(str(tmp_path / "j"))
    assert (tmp_path / "elsewhere").read_bytes() == b"precious"


def test_the_key_shows_in_no_repr_and_other_words_are_another_journal(tmp_path: Path) -> None:
    assert "k" * 8 not in repr(BEGUN)
    paths = {journal_path(str(tmp_path), words, print) for words in (["a", "b"], ["ab"], ["a", "", "b"])}
    assert len(paths) == 3
    assert (tmp_path / "uploads").stat().st_mode & 0o777 == 0o700
