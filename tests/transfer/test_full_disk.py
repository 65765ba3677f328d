"""A disk that fills up half-way costs nothing: both sides keep what they have, say how to go on, and do."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from peerseal.errors import LocalFileFailed
from peerseal.files.folder_sink import FolderSink
from peerseal.files.sink import write_failed
from peerseal.transfer.going_on import resume_receive, resume_send
from peerseal.transfer.journal import Journal
from peerseal.transfer.journals import all_journals

from .journals_made import about
from .test_going_on import going_on
from .wishing import noise, receiving, sending

pytestmark = pytest.mark.e2e
_SIZE = 24_000_000


def fill_up(monkeypatch: pytest.MonkeyPatch, free: int) -> None:
    """From now on files that arrive may take so many bytes of the disk."""
    left = [free]
    write_some = FolderSink._write_some

    def until_full(self: FolderSink, content: memoryview) -> int:
        if left[0] < len(content):
            raise write_failed(self.current, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), self.target)
        left[0] -= len(content)
        return write_some(self, content)

    monkeypatch.setattr(FolderSink, "_write_some", until_full)


def test_both_sides_keep_what_they_have_and_finish_once_there_is_room(
    server: str, outbox: Path, inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = noise(outbox / "a.bin", _SIZE)
    homes = tmp_path / "alice", tmp_path / "bob"
    file = outbox / "a.bin"
    with monkeypatch.context() as full:
        fill_up(full, _SIZE // 2)
        alice = sending(server, file, keep_in=str(homes[0]), taken=(str(file),), record_size=65_536)
        bob = receiving(server, alice.code(), inbox, keep_in=str(homes[1]))
        here, there = bob.error(), alice.error()
    assert (here.code, here.exit_code, here.retryable) == ("no_space", LocalFileFailed.exit_code, True)
    assert str(inbox) in here.message
    assert (there.code, there.retryable) == ("no_space", True)
    assert "no space left" in there.message
    assert all("peerseal transfers resume" in error.hint for error in (here, there))
    (listed,) = all_journals(str(homes[1]))
    assert 0 < listed.done <= _SIZE // 2
    again = going_on(resume_send, homes[0]), going_on(resume_receive, homes[1])
    for person in again:
        person.result()
    assert (inbox / "a.bin").read_bytes() == content
    assert [path.name for path in inbox.iterdir()] == ["a.bin"]
    assert not any(all_journals(str(home)) for home in homes)


def test_a_journal_that_the_disk_has_no_room_for_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.EDQUOT, "Disk quota exceeded")

    with Journal.create(str(tmp_path), about(), print) as journal:
        monkeypatch.setattr(os, "pwrite", full)
        with pytest.raises(LocalFileFailed) as caught:
            journal.mark("content", 0, bytes(28))
        assert caught.value.code == "no_space"
