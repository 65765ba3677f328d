"""Uploads that were interrupted, and files that are still arriving."""

from __future__ import annotations

import itertools
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from peerseal.errors import Interrupted, PeersealError, ServerUnreachable
from peerseal.files.stream_source import StreamSource
from peerseal.transfer.events import Notice
from peerseal.transfer.journals import all_journals
from peerseal.transfer.shelf import shelf
from peerseal.transfer.upload import FROM_THE_START
from peerseal.transport.store import ChunkStore

from .conftest import CHUNK, Person

pytestmark = pytest.mark.e2e


@pytest.fixture
def broken_after(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Lets so many chunks through, then the network is gone."""

    def breaks(count: int) -> list[tuple[str, int]]:
        carried: list[tuple[str, int]] = []
        turns = itertools.count()
        put = ChunkStore.put

        def counted(store: ChunkStore, stream: Any, number: int, chunk: memoryview) -> None:
            if next(turns) >= count:
                raise Interrupted(
                    "The connection to the server broke.", code="connection_lost", retryable=True
                )
            put(store, stream, number, chunk)
            carried.append((stream, number))

        monkeypatch.setattr(ChunkStore, "put", counted)
        return carried

    return breaks


def test_the_same_upload_again_goes_on_where_it_stopped(
    ada: Person, tmp_path: Path, broken_after: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "big.bin"
    file.write_bytes(os.urandom(9 * CHUNK + 5))
    carried = broken_after(5)
    with pytest.raises(Interrupted) as caught:
        ada.upload(file, again=("big",))
    assert caught.value.exit_code == 10
    assert "Run the same command again" in caught.value.hint
    (journal,) = _journals(ada)
    (listed,) = all_journals(str(journal.parent.parent))
    up = sum(stream == "content" for stream, _ in carried)
    assert (listed.done, up > 0) == (up * CHUNK, True)
    assert {path.stat().st_mode & 0o777 for path in journal.iterdir()} == {0o600}
    monkeypatch.undo()
    later = broken_after(100)
    stored = ada.upload(file, again=("big",))
    assert not set(carried) & set(later)
    # 10 of the content and 1 of the manifest; what was under way when it broke may have arrived as well.
    assert 11 - 5 <= len(later) <= 11 - len(carried)
    assert _journals(ada) == []
    assert (ada.download(stored.id) / "big.bin").read_bytes() == file.read_bytes()


def test_a_source_that_changed_since_is_not_mixed_with_the_old(
    ada: Person, tmp_path: Path, broken_after: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "big.bin"
    file.write_bytes(os.urandom(9 * CHUNK))
    times = file.stat()
    broken_after(5)
    with pytest.raises(Interrupted):
        ada.upload(file, again=("big",))
    monkeypatch.undo()
    with file.open("r+b") as changing:
        changing.write(b"other")
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))  # nothing but the bytes tells of it
    stored = ada.upload(file, again=("big",))
    assert Notice("It has changed since its upload was interrupted; starting anew.") in ada.events
    assert _journals(ada) == []
    assert (ada.download(stored.id) / "big.bin").read_bytes() == file.read_bytes()


def test_a_source_of_another_size_is_uploaded_anew(
    ada: Person, tmp_path: Path, broken_after: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "grows.bin"
    file.write_bytes(os.urandom(9 * CHUNK))
    broken_after(5)
    with pytest.raises(Interrupted):
        ada.upload(file, again=("grows",))
    begun = {item.id for item in shelf(ada.reader) if item.arriving}
    monkeypatch.undo()
    file.write_bytes(os.urandom(10 * CHUNK))
    stored = ada.upload(file, again=("grows",))
    assert _journals(ada) == []
    assert (ada.download(stored.id) / "grows.bin").read_bytes() == file.read_bytes()
    assert not begun & {item.id for item in shelf(ada.reader)}, "what was begun takes no space"


def test_a_chunk_no_journal_tells_of_is_not_trusted(
    ada: Person, tmp_path: Path, broken_after: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "big.bin"
    file.write_bytes(os.urandom(9 * CHUNK))
    broken_after(5)
    with pytest.raises(Interrupted):
        ada.upload(file, again=("big",))
    monkeypatch.undo()
    (journal,) = _journals(ada)
    os.truncate(journal / "content.marks", 16 * 32 + 20)
    carried = broken_after(100)
    ada.upload(file, again=("big",))
    assert len(carried) == 10  # all of it, under a fresh key


def test_a_commit_whose_answer_was_lost_is_found_again(
    ada: Person, letter: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from peerseal.transfer.upload import _Uploading

    honest = _Uploading._commit

    def lost(self: Any, *given: Any) -> Any:
        honest(self, *given)
        raise Interrupted("The connection to the server broke.", code="connection_lost", retryable=True)

    monkeypatch.setattr(_Uploading, "_commit", lost)
    with pytest.raises(Interrupted):
        ada.upload(letter, again=("letter",))
    monkeypatch.undo()
    stored = ada.upload(letter, again=("letter",))
    assert stored.version == 1
    assert (ada.download(stored.id) / "letter.txt").read_bytes() == letter.read_bytes()
    assert _journals(ada) == []


def test_without_a_journal_an_interrupted_upload_is_freed(
    ada: Person, letter: Path, broken_after: Any
) -> None:
    before = _uploads(ada)
    broken_after(1)
    with pytest.raises(Interrupted) as caught:
        ada.upload(letter)
    assert caught.value.hint == FROM_THE_START
    assert _uploads(ada) == before


def test_a_server_out_of_reach_is_said_once_and_waited_for(
    ada: Person, letter: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exchange = ChunkStore._exchange
    turns = itertools.count()

    def absent_at_first(store: ChunkStore, *arguments: Any) -> Any:
        if next(turns) < 4:
            raise ServerUnreachable("Nobody answers.", retryable=True)
        return exchange(store, *arguments)

    monkeypatch.setattr(ChunkStore, "_exchange", absent_at_first)
    stored = ada.upload(letter)
    said = [event for event in ada.events if isinstance(event, Notice)]
    assert said == [Notice("The server does not answer; trying again for a while.")]
    monkeypatch.undo()
    assert (ada.download(stored.id) / "letter.txt").read_bytes() == letter.read_bytes()


def test_a_file_is_downloaded_while_it_is_still_uploaded(ada: Person, bob: Person, tmp_path: Path) -> None:
    content = os.urandom(6 * CHUNK + 7)
    reading, writing = os.pipe()
    outcome: list[Any] = []

    def send() -> None:
        source = StreamSource(reading, "stream")
        outcome.append(ada.desk.upload(lambda: source, [contact]))

    contact = ada.contact("bob")
    sender = threading.Thread(target=send, daemon=True)
    sender.start()
    os.write(writing, content[: 3 * CHUNK])
    file_id = _wait_for_new(bob)

    def receive() -> None:
        try:
            outcome.append(bob.download(file_id))
        except PeersealError as error:
            outcome.append(error)

    receiver = threading.Thread(target=receive, daemon=True)
    receiver.start()
    _wait(lambda: any(isinstance(event, Notice) for event in bob.events) or not receiver.is_alive())
    assert not list(bob.folder.glob("in-*/stream")), "under its name before everything was verified"
    os.write(writing, content[3 * CHUNK :])
    os.close(writing)
    sender.join(30)
    receiver.join(30)
    os.close(reading)
    assert [error for error in outcome if isinstance(error, PeersealError)] == []
    (into,) = [what for what in outcome if isinstance(what, Path)]
    assert (into / "stream").read_bytes() == content


def _journals(person: Person) -> list[Path]:
    folder = person.account.keyring.folder
    assert folder is not None
    return list((Path(folder).parent / "transfers").glob("*"))


def _uploads(person: Person) -> set[str]:
    from peerseal.transfer.shelf import all_files

    return {file.id for file in all_files(person.reader) if file.arriving is not None}


def _wait_for_new(person: Person) -> str:
    from peerseal.transfer.shelf import all_files

    found: list[str] = []

    def look() -> bool:
        found[:] = [file.id for file in all_files(person.reader) if file.current is None and file.arriving]
        return bool(found)

    _wait(look)
    return found[0]


def _wait(until: Any, seconds: float = 30) -> None:
    import time

    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)
