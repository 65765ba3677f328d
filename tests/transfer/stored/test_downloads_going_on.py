"""Downloads that were interrupted: what is here is checked and kept, only the rest comes again."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from peerseal.client.settings import parse_link
from peerseal.errors import IntegrityFailed, Interrupted, Refused
from peerseal.transfer import download_notes
from peerseal.transfer.by_link import LinkVisit
from peerseal.transfer.cancel import Cancel
from peerseal.transfer.download import Target, download
from peerseal.transfer.events import Event, Notice
from peerseal.transfer.journal import Journal
from peerseal.transfer.journals import all_journals
from peerseal.transfer.sharing import make_link
from peerseal.transfer.shelf import find
from peerseal.transport.store import ChunkStore

from .conftest import CHUNK, RECORD, Person

pytestmark = pytest.mark.e2e
GOING_ON = Notice("Going on with the download that was begun before.")


@pytest.fixture(autouse=True)
def little_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tiny records are worth going on with here."""
    monkeypatch.setattr(download_notes, "LEAST_BYTES", CHUNK)


class Network:
    """Counts the content chunks that come, and breaks after some."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.most = 10_000
        self.came: list[int] = []
        get = ChunkStore.get_into
        network = self

        def counted(store: ChunkStore, stream: Any, number: int, room: memoryview) -> int | None:
            if stream != "content":
                return get(store, stream, number, room)
            if number >= network.most:
                raise Interrupted(
                    "The connection to the server broke.", code="connection_lost", retryable=True
                )
            network.came.append(number)
            return get(store, stream, number, room)

        monkeypatch.setattr(ChunkStore, "get_into", counted)


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Network:
    return Network(monkeypatch)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of small files and a big one, that together take many chunks."""
    root = tmp_path / "holiday"
    (root / "empty").mkdir(parents=True)
    for number in range(30):
        (root / f"{number:02}.txt").write_bytes(os.urandom(number * 7))
    (root / "big.bin").write_bytes(os.urandom(9 * CHUNK + 5))
    return root


def _into(person: Person) -> Path:
    person.folder.mkdir(exist_ok=True)
    return person.folder


def _fetch(person: Person, file_id: str) -> None:
    person.events.clear()
    person.desk.download(find(person.reader, file_id), Target(str(_into(person))))


def _stopped(person: Person, file_id: str, network: Network, after: int) -> Path:
    """An interrupted download; its part folder."""
    network.most = after
    with pytest.raises(Interrupted) as caught:
        _fetch(person, file_id)
    assert "goes on" in caught.value.hint
    network.most = 10_000
    network.came.clear()
    (part,) = _into(person).glob(".peerseal-*.part")
    return part


def _journals(person: Person) -> list[Any]:
    home = person.desk.home
    assert home is not None
    return all_journals(home)


def _same(one: Path, other: Path) -> bool:
    def look(folder: Path) -> dict[str, Any]:
        return {
            str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns // 1_000_000)
            if path.is_file()
            else None
            for path in folder.rglob("*")
        }

    return look(one) == look(other)


def test_the_same_download_again_fetches_only_the_rest(ada: Person, folder: Path, network: Network) -> None:
    stored = ada.upload(folder)
    _stopped(ada, stored.id, network, 5)
    (journal,) = _journals(ada)
    assert journal.about.kind == "download"
    assert 0 < journal.done <= 5 * CHUNK
    _fetch(ada, stored.id)
    assert GOING_ON in ada.events
    assert min(network.came) == journal.done // CHUNK
    assert _same(_into(ada) / "holiday", folder)
    assert _journals(ada) == []
    assert [path.name for path in _into(ada).iterdir()] == ["holiday"]


@pytest.mark.parametrize("harm", ["flip", "zeros", "cut", "gone"])
def test_what_was_torn_meanwhile_comes_again(ada: Person, folder: Path, network: Network, harm: str) -> None:
    stored = ada.upload(folder)
    part = _stopped(ada, stored.id, network, 8)
    placed = _journals(ada)[0].done // CHUNK
    torn = part / "holiday" / "29.txt"
    start = sum(number * 7 for number in range(29))  # it stands behind the others, before the big one
    content = bytearray(torn.read_bytes())
    if harm == "flip":
        content[100] ^= 1
    torn.write_bytes(
        {"flip": bytes(content), "zeros": bytes(len(content)), "cut": bytes(content[:100]), "gone": b""}[harm]
    )
    if harm == "gone":
        torn.unlink()
    _fetch(ada, stored.id)
    assert Notice("Part of what was received before is damaged; that part comes again.") in ada.events
    first = (start + 100 if harm in ("flip", "cut") else start) // RECORD // 16
    assert min(network.came) == min(first, placed)
    assert _same(_into(ada) / "holiday", folder)


def test_the_last_chunk_that_was_placed_before_the_end_is_enough(
    ada: Person, folder: Path, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between the last byte and the final names."""
    from peerseal.files.folder_sink import FolderSink

    stored = ada.upload(folder)

    def broken(_sink: FolderSink) -> list[str]:
        raise Interrupted("Just now.", code="connection_lost")

    with monkeypatch.context() as patch:
        patch.setattr(FolderSink, "finish", broken)
        with pytest.raises(Interrupted):
            _fetch(ada, stored.id)
    network.came.clear()
    _fetch(ada, stored.id)
    assert len(network.came) == 1
    assert _same(_into(ada) / "holiday", folder)


def test_a_part_folder_that_is_gone_begins_anew_and_says_so(
    ada: Person, folder: Path, network: Network
) -> None:
    stored = ada.upload(folder)
    part = _stopped(ada, stored.id, network, 5)
    part.rename(part.with_name("moved"))
    _fetch(ada, stored.id)
    assert Notice("What was received before is gone; beginning anew.") in ada.events
    assert min(network.came) == 0
    assert _same(_into(ada) / "holiday", folder)


def test_a_part_folder_that_became_a_link_is_not_written_through(
    ada: Person, folder: Path, network: Network
) -> None:
    stored = ada.upload(folder)
    part = _stopped(ada, stored.id, network, 5)
    elsewhere = part.with_name("elsewhere")
    part.rename(elsewhere)
    part.symlink_to(elsewhere)
    before = {path: path.read_bytes() for path in elsewhere.rglob("*") if path.is_file()}
    _fetch(ada, stored.id)
    assert {path: path.read_bytes() for path in elsewhere.rglob("*") if path.is_file()} == before
    assert _same(_into(ada) / "holiday", folder)


def test_a_newer_version_is_not_mixed_with_the_old(ada: Person, folder: Path, network: Network) -> None:
    stored = ada.upload(folder)
    _stopped(ada, stored.id, network, 5)
    (folder / "00.txt").write_bytes(b"another now")
    ada.update(stored.id, folder)
    ada.account.contacts.load()
    _fetch(ada, stored.id)
    assert min(network.came) == 0
    assert [path.name for path in _into(ada).iterdir()] == ["holiday"]
    assert _same(_into(ada) / "holiday", folder)


def test_what_does_not_hold_leaves_nothing(
    ada: Person, folder: Path, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = ada.upload(folder)
    _stopped(ada, stored.id, network, 5)
    get = ChunkStore.get_into

    def changed(store: ChunkStore, stream: Any, number: int, room: memoryview) -> int | None:
        length = get(store, stream, number, room)
        if stream == "content":
            room[40] ^= 1
        return length

    monkeypatch.setattr(ChunkStore, "get_into", changed)
    with pytest.raises(IntegrityFailed):
        _fetch(ada, stored.id)
    assert list(_into(ada).iterdir()) == []
    assert _journals(ada) == []


def test_other_transfers_into_the_same_folder_leave_it_alone(
    ada: Person, folder: Path, letter: Path, network: Network
) -> None:
    stored, other = ada.upload(folder), ada.upload(letter)
    part = _stopped(ada, stored.id, network, 5)
    _fetch(ada, other.id)
    assert part.is_dir()
    _fetch(ada, stored.id)
    assert GOING_ON in ada.events


def test_one_process_at_a_time(ada: Person, folder: Path, network: Network) -> None:
    stored = ada.upload(folder)
    _stopped(ada, stored.id, network, 5)
    home = ada.desk.home
    assert home is not None
    with Journal.open(home, _journals(ada)[0].id), pytest.raises(Refused) as caught:
        _fetch(ada, stored.id)
    assert caught.value.code == "busy"
    _fetch(ada, stored.id)
    assert GOING_ON in ada.events


def test_what_is_little_keeps_no_journal(
    ada: Person, folder: Path, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download_notes, "LEAST_BYTES", 1_000_000)
    stored = ada.upload(folder)
    network.most = 5
    with pytest.raises(Interrupted):
        _fetch(ada, stored.id)
    assert list(_into(ada).iterdir()) == []
    assert _journals(ada) == []


def test_the_same_link_again_goes_on_without_the_link_being_kept(
    ada: Person, folder: Path, network: Network, tmp_path: Path
) -> None:
    stored = ada.upload(folder)
    made = make_link(ada.reader, stored.id, password=None, expires=None, downloads=None)
    link = parse_link(made.url)
    assert link is not None
    home, into = tmp_path / "guest", tmp_path / "in"
    events: list[Event] = []

    def visit() -> None:
        assert link is not None
        at = LinkVisit(link)
        try:
            keeping = at.keeping(str(home), lambda text: events.append(Notice(text)))
            sealed = at.open(None)
            download(sealed, at.origin(sealed), Target(str(into), keeping=keeping), events.append, Cancel())
            at.confirm()
        finally:
            at.close()

    network.most = 5
    with pytest.raises(Interrupted):
        visit()
    fragment = made.url.rpartition("#")[2]
    assert not any(fragment.encode()[:20] in path.read_bytes() for path in home.rglob("*") if path.is_file())
    network.most = 10_000
    visit()
    assert GOING_ON in events
    assert _same(into / "holiday", folder)
    assert all_journals(str(home)) == []
