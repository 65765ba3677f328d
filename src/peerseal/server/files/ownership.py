"""Whose blobs these are. The sweep removes what no row knows: on another server's blobs that would be everything."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from sqlalchemy import exists, select
from sqlalchemy.orm import InstrumentedAttribute

from peerseal.errors import LocalFileFailed
from peerseal.server.database import FILE_NAME, Database
from peerseal.server.private_folder import is_there
from peerseal.server.storage import BlobStorage


def claim(
    storage: BlobStorage,
    database: Database,
    server_id: bytes,
    groups: Collection[InstrumentedAttribute[str]],
) -> None:
    """Note that these blobs are this server's, at its first start; look at every later one.

    Blobs without a note were stored before there was one: they are ours if the database knows any of them in one
    of its columns `groups`.
    Raises LocalFileFailed (`storage_foreign`), and nothing was changed.
    """
    owner = storage.owner()
    if owner == server_id.hex():
        return
    if owner is not None or not _ours(storage, database, groups):
        raise foreign()
    storage.own(server_id.hex())


def orphaned(url: str, folder: Path) -> None:
    """Look whether there are blobs and no database beside them (an empty one is none), before a new one is made.

    Raises LocalFileFailed (`database_missing`, `not_permitted`).
    """
    path = folder / FILE_NAME
    if url or (is_there(path) and path.stat().st_size):
        return
    blobs = folder / "blobs"
    if is_there(blobs) and any(entry.is_dir() and entry.name[0] != "." for entry in blobs.iterdir()):
        raise LocalFileFailed(
            f"There are stored files in {blobs}, and their database {path} is missing or empty.",
            code="database_missing",
            hint="Nothing was changed. Bring that file back from where it went, or its database is another one "
            "(PEERSEAL_DATABASE). If it is lost: move the whole folder away and keep it, then `peerseal backup "
            "restore BACKUP` into an empty one.",
        )


def foreign() -> LocalFileFailed:
    """The error for blobs of another server."""
    return LocalFileFailed(
        "The stored files in the data folder are another server's: its database is not the one in use now.",
        code="storage_foreign",
        hint="Nothing was removed. Start with the database that belongs to them (peerseal.db, or "
        "PEERSEAL_DATABASE), or choose an empty folder with --data.",
    )


def _ours(storage: BlobStorage, database: Database, groups: Collection[InstrumentedAttribute[str]]) -> bool:
    there = list(storage.groups())
    if not there:
        return True
    with database.reading() as session:
        return any(
            session.scalar(select(exists().where(column == group))) for group in there for column in groups
        )
