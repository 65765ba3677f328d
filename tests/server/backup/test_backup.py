"""A backup holds all that was acknowledged before its mark, is checked when it is put back, and is never half."""

from __future__ import annotations

import dataclasses
import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from peerseal.errors import IntegrityFailed, LocalFileFailed, PeersealError, UsageError
from peerseal.server.accounts.asking import Signed
from peerseal.server.backup import create as module
from peerseal.server.backup.create import create
from peerseal.server.backup.layout import Held, copy, sha256
from peerseal.server.backup.restore import restore
from peerseal.server.config import ServerConfig
from peerseal.server.guard.chain import check
from peerseal.server.guard.guard import Guard
from peerseal.wire import stored as wire
from support.api_client import ApiServer
from support.stored_files import Desk, chunks_of, commit_of, new_file, new_version

Chunks = dict[str, bytes]


class Running:
    """A server's folder with files in it, in use."""

    def __init__(self, home: Path) -> None:
        server = ApiServer(home)  # makes the server's id
        server.close()
        self.desk = Desk(home)
        self.home = home
        self.config = dataclasses.replace(ServerConfig(), data=home)

    def store(self, owner: Signed, chunks: int = 2) -> str:
        """The id of a new file."""
        wanted = new_file(version=new_version(content=chunks * 16 * 64))
        self.desk.stored(owner, wanted)
        return wanted.id

    def blobs(self) -> Chunks:
        return blobs_of(self.home)


def blobs_of(folder: Path) -> Chunks:
    root = folder / "blobs"
    files = [path for path in root.rglob("*") if path.is_file() and path.name[0] != "."]
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    made = Running(tmp_path / "data")
    with made.desk:
        yield made


@pytest.fixture
def ada(running: Running) -> Signed:
    return running.desk.person("ada")


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    return tmp_path / "backup"


def refused(error: type[PeersealError], code: str, call: object, *arguments: object) -> None:
    assert callable(call)
    with pytest.raises(error) as caught:
        call(*arguments)
    assert caught.value.code == code
    assert caught.value.hint


def test_what_was_stored_comes_back_on_an_empty_folder(
    running: Running, ada: Signed, backup: Path, tmp_path: Path
) -> None:
    file = running.store(ada, 3)
    (running.home / "guard.json").write_text("{}")
    made = create(running.config, backup)
    assert (made.held.accounts, made.held.files, made.held.chunks, made.copied) == (1, 1, 4, 4)
    assert made.held.damaged == []
    back = tmp_path / "back"
    assert restore(backup, back) == made.held
    assert blobs_of(back) == running.blobs()
    assert (back / "guard.json").read_text() == "{}"
    assert {path.stat().st_mode & 0o077 for path in (back, *back.rglob("*"))} == {0}
    again = ApiServer(back)  # starts on it: the blobs are the database's own
    again.services.files.sweep.run()
    assert blobs_of(back) == running.blobs()
    with again.database.reading() as session:
        assert again.services.files.parts.visible(session, file, ada.user_id).id == file
    again.close()


def test_it_is_its_users_alone_whatever_folder_it_goes_to(
    running: Running, ada: Signed, backup: Path
) -> None:
    running.desk.stored(ada, new_file())
    backup.mkdir(mode=0o755)
    before = os.umask(0o022)
    try:
        create(running.config, backup)
    finally:
        os.umask(before)
    assert {path.name for path in (backup, *backup.rglob("*")) if path.stat().st_mode & 0o077} == set()


def test_what_is_arriving_is_in_it_as_far_as_it_came(
    running: Running, ada: Signed, backup: Path, tmp_path: Path
) -> None:
    wanted = new_file(version=new_version(content=3 * 16 * 64))
    ticket = running.desk.uploads.new_file(ada, wanted).ticket
    first, *rest = chunks_of(wanted.version)
    assert running.desk.put(ticket, *first).status == 201
    create(running.config, backup)
    restore(backup, tmp_path / "back")
    with Desk(tmp_path / "back") as desk:
        ticket = desk.uploads.ticket(ada, wire.AskStoreTicket("upload"), wanted.version.upload).ticket
        assert desk.put(ticket, *first).status == 200
        for chunk in rest:
            assert desk.put(ticket, *chunk).status == 201
        desk.uploads.commit(ada, commit_of(wanted.version), wanted.version.upload)


def test_a_second_backup_into_the_same_folder_copies_what_is_new_and_lets_go_of_the_rest(
    running: Running, ada: Signed, backup: Path, tmp_path: Path
) -> None:
    gone = running.store(ada)
    create(running.config, backup)
    before = {path: path.stat().st_ino for path in (backup / "blobs").rglob("c*")}
    assert create(running.config, backup).copied == 0
    running.store(ada)
    made = create(running.config, backup)
    assert (made.copied, made.kept) == (3, 3)
    assert {path: path.stat().st_ino for path in before} == before
    running.desk.sharing.delete_file(ada, gone)
    running.desk.cleaned()
    made = create(running.config, backup)
    assert (made.copied, made.kept, made.held.files) == (0, 3, 1)
    assert blobs_of(backup) == running.blobs()
    assert len(list(backup.glob("*.db"))) == len(list(backup.glob("sums-*"))) == 1
    restore(backup, tmp_path / "back")
    assert blobs_of(tmp_path / "back") == running.blobs()


def test_a_file_deleted_meanwhile_is_not_half_in_it(
    running: Running, ada: Signed, backup: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stays, goes = running.store(ada), running.store(ada)
    copied: list[Path] = []

    def deleting(source: Path, target: Path) -> tuple[str, int, int]:
        if source.name == "c0" and not copied:
            copied.append(source)
            running.desk.sharing.delete_file(ada, goes)
            running.desk.cleaned()
        return copy(source, target)

    monkeypatch.setattr(module, "copy", deleting)
    made = create(running.config, backup)
    assert (made.held.files, made.held.damaged) == (1, [])
    assert stays
    restore(backup, tmp_path / "back")
    assert blobs_of(tmp_path / "back") == running.blobs()


def test_chunks_that_are_damaged_on_the_server_are_said(running: Running, ada: Signed, backup: Path) -> None:
    running.store(ada)
    running.store(ada)
    spoiled, lost = sorted(path for path in (running.home / "blobs").rglob("c0"))
    spoiled.write_bytes(bytes(len(spoiled.read_bytes())))
    lost.unlink()
    held = create(running.config, backup).held
    assert held.damaged == sorted([f"blobs/{spoiled.parent.name}/c0", f"blobs/{lost.parent.name}"])


def test_a_chunk_that_was_mended_on_the_server_is_right_in_the_next_backup(
    running: Running, ada: Signed, backup: Path, tmp_path: Path
) -> None:
    running.store(ada)
    chunk = next((running.home / "blobs").rglob("c0"))
    whole = chunk.read_bytes()
    chunk.write_bytes(bytes(len(whole)))
    name = f"blobs/{chunk.parent.name}/c0"
    assert create(running.config, backup).held.damaged == [name]
    assert create(running.config, backup).held.damaged == [name]
    chunk.write_bytes(whole)
    made = create(running.config, backup)
    assert (made.held.damaged, made.mended) == ([], [])
    restore(backup, tmp_path / "back")
    assert blobs_of(tmp_path / "back") == running.blobs()


@pytest.mark.parametrize("harm", ["rots", "shrinks", "goes"])
def test_a_chunk_that_is_harmed_on_the_server_later_stays_right_in_the_backup(
    running: Running, ada: Signed, backup: Path, tmp_path: Path, harm: str
) -> None:
    running.store(ada)
    before = running.blobs()
    create(running.config, backup)
    chunk = next((running.home / "blobs").rglob("c0"))
    if harm == "goes":
        chunk.unlink()
    else:
        chunk.write_bytes(bytes(len(chunk.read_bytes()) if harm == "rots" else 3))
    assert create(running.config, backup).held.damaged == []
    restore(backup, tmp_path / "back")
    assert blobs_of(tmp_path / "back") == before


def test_a_chunk_that_rots_in_the_backup_is_copied_anew(
    running: Running, ada: Signed, backup: Path, tmp_path: Path
) -> None:
    running.store(ada)
    create(running.config, backup)
    rotten = next((backup / "blobs").rglob("c0"))
    octets = bytearray(rotten.read_bytes())
    octets[7] ^= 1
    rotten.write_bytes(octets)
    made = create(running.config, backup)
    assert (made.copied, made.mended) == (1, [rotten.relative_to(backup).as_posix()])
    restore(backup, tmp_path / "back")
    assert blobs_of(tmp_path / "back") == running.blobs()


def test_what_is_whole_of_a_damaged_backup_can_be_restored(
    running: Running, ada: Signed, backup: Path, tmp_path: Path
) -> None:
    running.store(ada, 3)
    create(running.config, backup)
    rotten, gone = sorted((backup / "blobs").rglob("c?"))[:2]
    rotten.write_bytes(bytes(len(rotten.read_bytes())))
    gone.unlink()
    refused(IntegrityFailed, "backup_damaged", restore, backup, tmp_path / "back")
    names = sorted(path.relative_to(backup).as_posix() for path in (rotten, gone))
    assert restore(backup, tmp_path / "back", damaged_too=True).damaged == names
    there = {f"blobs/{name}": octets for name, octets in running.blobs().items()}
    assert {f"blobs/{name}" for name in blobs_of(tmp_path / "back")} == there.keys() - set(names)


def test_a_restored_server_misses_no_events_of_the_one_before(
    running: Running, ada: Signed, backup: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    guard = Guard(running.home, lambda: 1_000, lambda: 1.0)
    guard.allow("192.0.2.7")
    guard.note("damaged", "file", "f", "a chunk is not as it was")
    guard.close()
    create(running.config, backup)
    back = tmp_path / "back"
    restore(backup, back)
    again = Guard(back, lambda: 2_000, lambda: 1.0)
    assert list(again.allowed()) == ["192.0.2.7/32"]
    again.close()
    assert caplog.text == ""
    assert check(back).wrong is None


def fill(folder: Path) -> None:
    folder.mkdir()
    (folder / "thesis.odt").write_text("important")


def test_a_folder_with_anything_else_in_it_is_left_alone(
    running: Running, ada: Signed, backup: Path, tmp_path: Path
) -> None:
    fill(backup)
    refused(LocalFileFailed, "not_empty", create, running.config, backup)
    refused(LocalFileFailed, "not_empty", create, running.config, running.home)
    assert [path.name for path in backup.iterdir()] == ["thesis.odt"]
    good = tmp_path / "good"
    create(running.config, good)
    refused(LocalFileFailed, "not_empty", restore, good, backup)
    refused(LocalFileFailed, "folder_in_use", restore_running, good, running.home)
    other = Running(tmp_path / "other")
    with other.desk:
        refused(LocalFileFailed, "not_empty", create, other.config, good)


def restore_running(backup: Path, home: Path) -> None:
    server = ApiServer(home)
    try:
        restore(backup, home)
    finally:
        server.close()


def spoil_chunk(backup: Path) -> None:
    path = next((backup / "blobs").rglob("c0"))
    path.write_bytes(path.read_bytes()[::-1])


def spoil_database(backup: Path) -> None:
    path = next(backup.glob("*.db"))
    path.write_bytes(path.read_bytes()[:-1] + b"x")


def lead_elsewhere(backup: Path) -> None:
    held = Held.read(backup)
    assert held is not None
    sums = backup / held.sums
    sums.write_text(sums.read_text().replace("blobs/", "blobs/../../", 1))
    (backup / ".part").mkdir()
    dataclasses.replace(held, sums_sha256=sha256(sums)).write(backup)


@pytest.mark.parametrize(
    "spoil",
    [
        spoil_chunk,
        spoil_database,
        lead_elsewhere,
        lambda backup: next((backup / "blobs").rglob("m0")).unlink(),
        lambda backup: next(backup.glob("sums-*")).write_text(""),
        lambda backup: (backup / "backup.json").write_text("{"),
        lambda backup: (backup / "backup.json").write_text('{"v": 1}'),
    ],
)
def test_a_damaged_backup_is_refused_and_leaves_the_folder_empty(
    running: Running, ada: Signed, backup: Path, tmp_path: Path, spoil: object
) -> None:
    running.store(ada)
    create(running.config, backup)
    assert callable(spoil)
    spoil(backup)
    back = tmp_path / "back"
    refused(IntegrityFailed, "backup_damaged", restore, backup, back)
    assert not back.exists() or {path.name for path in back.iterdir()} <= {"peerseal.lock"}


def test_no_backup_no_server_and_another_database_are_said(
    running: Running, ada: Signed, backup: Path, tmp_path: Path
) -> None:
    backup.mkdir()
    refused(LocalFileFailed, "no_backup", restore, backup, tmp_path / "back")
    nothing = dataclasses.replace(running.config, data=tmp_path / "nothing")
    refused(LocalFileFailed, "nothing_to_back_up", create, nothing, backup)
    away = dataclasses.replace(running.config, database="postgresql://somewhere/peerseal")
    refused(UsageError, "not_sqlite", create, away, backup)


def test_a_backup_that_fails_half_way_leaves_the_former_one(
    running: Running, ada: Signed, backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    running.store(ada)
    create(running.config, backup)
    former = running.blobs()
    running.store(ada)
    replace = Path.replace
    for step in range(30):
        left = [step]

        def failing(self: Path, target: Path, left: list[int] = left) -> Path:
            left[0] -= 1
            if left[0] < 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return replace(self, target)

        monkeypatch.setattr(Path, "replace", failing)
        code = ""
        try:
            create(running.config, backup)
        except LocalFileFailed as failed:
            code = failed.code
        done = code == ""
        monkeypatch.undo()
        assert code in ("", "disk_full")
        back = tmp_path / f"back {step}"
        restore(backup, back)
        assert blobs_of(back) == (running.blobs() if done else former)
        if done:
            break
    assert 5 <= step < 29
