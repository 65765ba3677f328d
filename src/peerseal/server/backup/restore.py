"""Putting a backup back, onto an empty folder only: everything is checked before any of it counts.

It is built in `.restore` of the data folder and moved from there, the database last: a restore that ends half-way
is begun anew by the next, and no server starts on half of one.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from peerseal.errors import IntegrityFailed, LocalFileFailed
from peerseal.server.backup.layout import GUARD, Held, copy, damaged, open_own, sums_of, sync
from peerseal.server.database import FILE_NAME
from peerseal.server.guard.chain import MARK
from peerseal.server.guard.problems import FULL
from peerseal.server.lock import FolderLock
from peerseal.server.storage.local_disk import LocalDisk
from peerseal.server.storage.sums import note

_PART: Final = ".restore"
_LOCK: Final = "peerseal.lock"
_CHUNK: Final = re.compile(r"blobs(/[a-z0-9]{1,64}){2,4}", re.ASCII)
_NAMES: Final = re.compile(r"(peerseal-[0-9]+\.db)|(sums-[0-9]+\.txt)", re.ASCII)


def restore(folder: Path, data: Path, *, damaged_too: bool = False) -> Held:
    """Put the backup in `folder` onto the empty or absent folder `data`. What it holds.

    `damaged_too`: chunks of a backup that rotted are left out, and among the damaged ones of what is given back.

    Raises LocalFileFailed (`no_backup`, `not_empty`, `folder_in_use`, `not_writable`, `disk_full`),
    IntegrityFailed (`backup_damaged`): then `data` is as empty as before.
    """
    held = Held.read(folder)
    if held is None:
        raise LocalFileFailed(
            f"There is no backup in {folder}.",
            code="no_backup",
            hint="Name the folder `backup create` wrote to.",
        )
    if not all(_NAMES.fullmatch(name) for name in (held.database, held.sums)):
        raise damaged("its manifest names what no backup holds")
    lock = FolderLock(data)
    try:
        _empty(data)
        part = data / _PART
        with _said(data, part):
            lost = _copied(folder, held, part, damaged_too=damaged_too)
            _move(part, data, guard=held.guard)
    finally:
        lock.release()
    return replace(held, damaged=sorted({*held.damaged, *lost})) if lost else held


def _empty(data: Path) -> None:
    shutil.rmtree(data / _PART, ignore_errors=True)
    if {entry.name for entry in data.iterdir()} - {_LOCK}:
        raise LocalFileFailed(
            f"The folder {data} is not empty.",
            code="not_empty",
            hint="A backup is restored onto an empty folder only: name one with --data, or move this one away.",
        )


@contextlib.contextmanager
def _said(data: Path, part: Path) -> Iterator[None]:
    try:
        yield
    except OSError as failed:
        what = os.strerror(failed.errno or errno.EIO)
        raise LocalFileFailed(
            f"The backup could not be restored to {data}: {what}.",
            code="disk_full" if failed.errno in FULL else "local_file",
            hint="Nothing is there now. Make room, or name another folder with --data.",
        ) from failed
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _copied(folder: Path, held: Held, part: Path, *, damaged_too: bool) -> list[str]:
    """Everything of the backup, checked, in `part`; the chunks left out. Raises IntegrityFailed, OSError."""
    blobs = part / "blobs"
    lost: list[str] = []
    LocalDisk(blobs).own(held.server)
    for digest, path in sums_of(folder, held):
        if path != GUARD and not _CHUNK.fullmatch(path):
            raise damaged("its list names what no backup holds")
        try:
            crc = _checked(folder / path, part / path, digest, path)
        except IntegrityFailed:
            if path == GUARD or not damaged_too:
                raise
            (part / path).unlink(missing_ok=True)
            lost.append(path)
            continue
        if path != GUARD:
            note(blobs, path.removeprefix("blobs/"), crc)
    if held.guard:
        _without_events(part / GUARD)
    for group in blobs.iterdir():
        sync(group)
    sync(blobs)
    _database(folder, held, part)
    return lost


def _database(folder: Path, held: Held, part: Path) -> None:
    database = part / FILE_NAME
    _checked(folder / held.database, database, held.database_sha256, held.database)
    with contextlib.closing(sqlite3.connect(database)) as connection:
        try:
            whole = connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",)
        except sqlite3.Error:
            whole = False
    if not whole:
        raise damaged("the database is not whole")
    for leftover in part.glob(f"{FILE_NAME}-*"):
        leftover.unlink()


def _without_events(path: Path) -> None:
    """The backup has no events, so the server made of it begins theirs anew: nothing is missing there."""
    with contextlib.suppress(ValueError):
        kept = json.loads(path.read_bytes())
        if isinstance(kept, dict) and kept.pop(MARK, None) is not None:
            with open_own(path, "utf-8") as file:
                json.dump(kept, file, ensure_ascii=False, separators=(",", ":"))
                file.flush()
                os.fsync(file.fileno())


def _checked(source: Path, target: Path, digest: str, name: str) -> int:
    try:
        found, crc, _ = copy(source, target)
    except FileNotFoundError:
        raise damaged(f"{name} is missing") from None
    if found != digest:
        raise damaged(f"{name} is not what it was")
    return crc


def _move(part: Path, data: Path, *, guard: bool) -> None:
    for name in ("blobs", *([GUARD] if guard else ()), FILE_NAME):
        (part / name).replace(data / name)
        sync(data)
