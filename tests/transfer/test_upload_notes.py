"""What an upload notes: leaves found by their chunk, and a damaged journal is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from peerseal.crypto_engine import Stream
from peerseal.errors import Refused
from peerseal.transfer.journals import all_journals
from peerseal.transfer.upload_notes import UploadNotes, Where, journal_id

from .journals_made import about, silent

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
    assert all_journals(str(tmp_path)) == []


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
    (tmp_path / "transfers" / where.id / "about.json").write_bytes(b"{")
    with UploadNotes(where) as notes:
        assert notes.begun is None
        notes.begin(about("upload"))
        assert notes.keeps


def test_other_words_are_another_journal() -> None:
    assert len({journal_id(words) for words in (["a", "b"], ["ab"], ["a", "", "b"])}) == 3
