"""Making a backup while the server runs: the database first, by SQLite's own way, then the chunks it knows.

In this order every chunk the copied database needs has been durable for longer than the copy; what is deleted in
between is noticed, and then the database is copied once more, so that the backup knows nothing it does not hold.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.engine import make_url

from peerseal.errors import LocalFileFailed, UsageError
from peerseal.server.accounts.models import Server, User
from peerseal.server.backup.layout import (
    GUARD,
    LOCK,
    MANIFEST,
    PART,
    Held,
    copy,
    open_own,
    sha256,
    sums_of,
    sync,
)
from peerseal.server.config import ServerConfig
from peerseal.server.database import FILE_NAME, Database
from peerseal.server.files.models import StoredFile, StoredVersion
from peerseal.server.files.uploads import whole_of as upload_of
from peerseal.server.files.wholes import Whole
from peerseal.server.guard.problems import FULL
from peerseal.server.lock import lock_file
from peerseal.server.parking.kind import whole_of as park_of
from peerseal.server.parking.models import ParkRow
from peerseal.server.storage.sums import read as noted_sums
from peerseal.version import VERSION

#: So often the database is copied again because files were deleted meanwhile.
_ROUNDS: Final = 5


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that was made. `copied` and `kept`: chunks that are new, and that were in the former one.

    `mended`: those of the former one that were no longer as they had been copied there, and are again.
    """

    held: Held
    copied: int
    copied_bytes: int
    kept: int
    mended: list[str]


def create(config: ServerConfig, folder: Path) -> Made:
    """Back this server's folder up into `folder`, which is empty or a former backup of the same server.

    Raises UsageError (`not_sqlite`), LocalFileFailed (`not_empty`, `backup_in_use`, `disk_full`, `backup_failed`,
    and of the database as at a server's start), IntegrityFailed.
    """
    database = _source(config)
    try:
        with _said(folder), _locked(folder):
            former = Held.read(folder)
            with database.reading() as session:
                server = session.scalars(select(Server)).one().server_id.hex()
            if former is not None and former.server != server:
                raise LocalFileFailed(
                    f"{folder} holds the backup of another server.",
                    code="not_empty",
                    hint="Name another folder.",
                )
            return _Copy(config, database, folder, former).make()
    finally:
        database.close()


def _source(config: ServerConfig) -> Database:
    if config.database and make_url(config.database).get_backend_name() != "sqlite":
        raise UsageError(
            "The database is another program's (PEERSEAL_DATABASE), and so is its backup.",
            code="not_sqlite",
            hint="Copy it with its own tool first (pg_dump), then the folder blobs; restore in the same order.",
        )
    database = Database.as_it_is(config.database, config.data)
    if database is None:
        raise LocalFileFailed(
            f"There is no database of this version in {config.data}.",
            code="nothing_to_back_up",
            hint="Name the server's folder with --data. After an update, start the server once first.",
        )
    return database


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One backup at a time, and only where nothing of anybody else's is."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    there = {entry.name for entry in folder.iterdir() if not _ours(entry.name)}
    if there and not (folder / MANIFEST).exists():
        raise LocalFileFailed(
            f"{folder} is not empty and no backup.",
            code="not_empty",
            hint="Name an empty folder, or one with a former backup of this server.",
        )
    if (folder / FILE_NAME).exists():
        raise LocalFileFailed(
            f"{folder} is a server's folder.", code="not_empty", hint="Name another folder."
        )
    with contextlib.suppress(
        OSError
    ):  # somebody else's folder, or a disk without modes: the files are ours alone
        folder.chmod(0o700)
    handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            lock_file(handle)
        except BlockingIOError:
            raise LocalFileFailed(
                f"Another backup into {folder} is under way.", code="backup_in_use", hint="Wait for its end."
            ) from None
        yield
    finally:
        os.close(handle)


def _ours(name: str) -> bool:
    """Whether a backup that ended half-way may have left this."""
    return name in (LOCK, PART, "blobs", GUARD) or name.startswith(("peerseal-", "sums-"))


@contextlib.contextmanager
def _said(folder: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, sqlite3.Error) as failed:
        number = getattr(failed, "errno", None)
        full = number in FULL or "full" in str(failed)
        what = os.strerror(number) if number else str(failed)
        raise LocalFileFailed(
            f"The backup could not be written to {folder}: {what}.",
            code="disk_full" if full else "backup_failed",
            hint="The former backup there is as it was. Make room, then run it again: it goes on with what is there.",
        ) from failed


class _Copy:
    """One backup on its way."""

    def __init__(self, config: ServerConfig, database: Database, folder: Path, former: Held | None) -> None:
        self._blobs = config.data / "blobs"
        self._guard = config.data / GUARD
        self._database, self._folder, self._former = database, folder, former
        self._part = folder / PART
        self._known = {} if former is None else {name: digest for digest, name in sums_of(folder, former)}
        self._sums: dict[str, str] = {}
        self._doubtful = frozenset(() if former is None else former.damaged)
        self._damaged: set[str] = set()
        self._mended: set[str] = set()
        self._copied = self._copied_bytes = 0

    def make(self) -> Made:
        shutil.rmtree(self._part, ignore_errors=True)
        self._part.mkdir(mode=0o700)
        for _ in range(_ROUNDS):
            mark = time.time_ns() // 1_000_000
            snapshot = self._snapshot(mark)
            if self._chunks(snapshot):
                break
        else:
            raise LocalFileFailed(
                "So much is being deleted on the server that no backup of one moment could be made.",
                code="backup_failed",
                hint="Run it again when there is less to do, or stop the server for it.",
            )
        held = self._finish(mark, snapshot)
        kept = max(0, held.chunks - self._copied)
        return Made(held, self._copied, self._copied_bytes, kept, sorted(self._mended))

    def _snapshot(self, mark: int) -> Path:
        """The database at one moment not before `mark`, checked."""
        target = self._part / f"peerseal-{mark}.db"
        target.unlink(missing_ok=True)
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        with contextlib.closing(sqlite3.connect(target)) as copied:
            self._database.copy_to(copied)
            copied.execute("PRAGMA journal_mode = DELETE")
            if copied.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
                raise sqlite3.DatabaseError("the copy of the database is damaged")
        return target

    def _chunks(self, snapshot: Path) -> bool:
        """Copy what the snapshot knows; False if something of it was deleted meanwhile."""
        self._sums.clear()
        server = _opened(snapshot)
        try:
            for whole in _wholes(server):
                if not self._group(whole) and not self._still(whole):
                    return False
        finally:
            server.close()
        return True

    def _group(self, whole: Whole) -> bool:
        """Copy the chunks of one version or park; whether all were there that must be."""
        source, target = self._blobs / whole.group, self._folder / "blobs" / whole.group
        there = _names(source, self._blobs)
        sums = noted_sums(source)
        for stream in (whole.manifest, whole.content):
            wanted = (stream.blob(n) for n in range(stream.first, stream.chunks))
            arriving = (name for name in there if name[0] == stream.blob(0)[0])
            for name in arriving if whole.committed is None else wanted:
                try:
                    self._chunk(source / name, f"blobs/{whole.group}/{name}", sums.get(name))
                except FileNotFoundError:
                    if whole.committed is not None:
                        return False
        if target.is_dir():
            sync(target)
        return True

    def _chunk(self, source: Path, path: str, crc: int | None) -> None:
        target = self._folder / path
        known = self._known.get(path)
        if known is not None and path not in self._doubtful and _is(target, known):
            # A chunk never changes: this one is right, whatever became of the server's since.
            self._sums[path] = known
            return
        part = self._part / "chunk"
        digest, found, length = copy(source, part)
        for level in (target.parent.parent, target.parent):
            level.mkdir(mode=0o700, exist_ok=True)
        part.replace(target)
        as_before = path in self._doubtful and digest == known
        if crc not in (None, found) or (crc is None and as_before):
            self._damaged.add(path)
        elif known is not None and path not in self._doubtful:
            self._mended.add(path)
        self._sums[path] = self._known[path] = digest
        self._doubtful -= {path}
        self._copied += 1
        self._copied_bytes += length

    def _still(self, whole: Whole) -> bool:
        """Whether the server means to have it: then its chunks are lost, and another copy will not find them."""
        with self._database.reading() as session:
            if whole.key.kind == "park":
                there = session.get(ParkRow, whole.key.number) is not None
            else:
                version = session.get(StoredVersion, whole.key.number)
                there = version is not None and version.kept
        if there:
            self._damaged.add(f"blobs/{whole.group}")
        return there

    def _finish(self, mark: int, snapshot: Path) -> Held:
        """Everything in its place, the manifest last; then what only the former backup needed goes."""
        guard = self._guard.is_file()
        if guard:
            digest, _, _ = copy(self._guard, self._part / GUARD)
            self._sums[GUARD] = digest
        sums = self._part / f"sums-{mark}.txt"
        with open_own(sums, "ascii") as file:
            file.writelines(f"{digest}  {path}\n" for path, digest in self._sums.items())
            file.flush()
            os.fsync(file.fileno())
        held = self._held(mark, snapshot, sums, guard=guard)
        for path in (snapshot, sums, *([self._part / GUARD] if guard else ())):
            path.replace(self._folder / path.name)
        if (self._folder / "blobs").is_dir():
            sync(self._folder / "blobs")
        sync(self._folder)
        held.write(self._folder)
        self._tidy(held)
        return held

    def _held(self, mark: int, snapshot: Path, sums: Path, *, guard: bool) -> Held:
        server = _opened(snapshot)
        try:
            with server.reading() as session:
                identity = session.scalars(select(Server)).one().server_id
                accounts = session.scalar(select(func.count()).select_from(User)) or 0
                files = session.scalar(select(func.count()).select_from(StoredFile)) or 0
        finally:
            server.close()
        chunks = [path for path in self._sums if path != GUARD]
        size = sum((self._folder / path).stat().st_size for path in chunks)
        there = sorted(path for path in self._damaged if path in self._sums or path.count("/") == 1)
        return Held(
            v=1,
            peerseal=VERSION,
            mark=mark,
            server=identity.hex(),
            database=snapshot.name,
            database_sha256=sha256(snapshot),
            sums=sums.name,
            sums_sha256=sha256(sums),
            accounts=accounts,
            files=files,
            chunks=len(chunks),
            bytes=size,
            guard=guard,
            damaged=there,
        )

    def _tidy(self, held: Held) -> None:
        for path in self._folder.iterdir():
            old = path.name.startswith(("peerseal-", "sums-")) and path.name not in (held.database, held.sums)
            if old:
                path.unlink(missing_ok=True)
        for group in (self._folder / "blobs").glob("*"):
            for chunk in group.iterdir():
                if f"blobs/{group.name}/{chunk.name}" not in self._sums:
                    chunk.unlink(missing_ok=True)
            with contextlib.suppress(OSError):  # not empty
                group.rmdir()
        shutil.rmtree(self._part, ignore_errors=True)


def _is(chunk: Path, digest: str) -> bool:
    """Whether the backup's chunk is still what was copied there: disks rot, and clumsy hands."""
    try:
        return sha256(chunk) == digest
    except OSError:
        return False


def _names(group: Path, blobs: Path) -> set[str]:
    """The chunks of a group that are there."""
    try:
        return {entry.name for entry in group.iterdir() if entry.name[0] != "."}
    except FileNotFoundError:
        blobs.stat()  # if not even that is there, nobody knows
        return set()


def _opened(snapshot: Path) -> Database:
    opened = Database.as_it_is(f"sqlite:///{snapshot}", snapshot.parent)
    if opened is None:
        raise sqlite3.DatabaseError("the copy of the database has another form")
    return opened


def _wholes(database: Database) -> Iterator[Whole]:
    """Everything that has chunks, complete or arriving."""
    with database.reading() as session:
        for version in session.scalars(select(StoredVersion).where(StoredVersion.kept.is_(True))):
            yield upload_of(version)
        for park in session.scalars(select(ParkRow)):
            yield park_of(park)
