"""What a backup's folder holds, and its manifest `backup.json`.

    backup.json             what the rest is; replaced atomically, last of all
    peerseal-<made>.db      the database as it stood at the mark
    sums-<made>.txt         SHA-256 of every chunk and of the rest, as `sha256sum --check` reads it
    blobs/<group>/<chunk>   the chunks: never changed, so a later backup into the same folder copies new ones only
    guard.json              what the detector remembers, if the server keeps it

A backup that ends half-way leaves `backup.json` and all it names as they were.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, TextIO

from peerseal.errors import IntegrityFailed, LocalFileFailed
from peerseal.wire.limits import MIB

MANIFEST: Final = "backup.json"
LOCK: Final = "backup.lock"
PART: Final = ".part"
GUARD: Final = "guard.json"
_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Held:
    """The manifest. `mark` (ms): everything acknowledged before it is in the backup. `damaged`: chunks that differed
    from the sum they were written with when they were copied.
    """

    v: int
    peerseal: str
    mark: int
    server: str
    database: str
    database_sha256: str
    sums: str
    sums_sha256: str
    accounts: int
    files: int
    chunks: int
    bytes: int
    guard: bool
    damaged: list[str]

    @classmethod
    def read(cls, folder: Path) -> Held | None:
        """The one of this folder; None if there is none.

        Raises IntegrityFailed (`backup_damaged`), LocalFileFailed (`not_permitted`, `backup_newer`).
        """
        try:
            said = json.loads((folder / MANIFEST).read_text("utf-8"))
        except FileNotFoundError:
            return None
        except PermissionError as failed:
            raise LocalFileFailed(
                f"The backup in {folder} cannot be read: {failed.strerror}.",
                code="not_permitted",
                hint="Run this as the user who made it, or as root.",
            ) from failed
        except (OSError, ValueError) as failed:
            raise damaged(f"{MANIFEST} cannot be read") from failed
        try:
            held = cls(**said)
        except TypeError as odd:
            raise damaged(f"{MANIFEST} does not have its form") from odd
        if held.v != _VERSION:
            raise LocalFileFailed(
                "The backup was made by a newer Peerseal than this one.",
                code="backup_newer",
                hint="Update Peerseal, then restore.",
            )
        return held

    def write(self, folder: Path) -> None:
        """Replace the folder's manifest, durably."""
        part = folder / PART / MANIFEST
        with open_own(part, "utf-8") as file:
            json.dump(asdict(self), file, indent=1)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        part.replace(folder / MANIFEST)
        sync(folder)


def open_own(path: Path, encoding: str) -> TextIO:
    """A file to write that is its user's alone (0600), whatever it was and whatever the umask."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    if hasattr(os, "fchmod"):
        os.fchmod(handle, 0o600)
    return os.fdopen(handle, "w", encoding=encoding)


def damaged(what: str) -> IntegrityFailed:
    """The error for a backup that is not as it was made."""
    return IntegrityFailed(
        f"The backup is damaged: {what}.",
        code="backup_damaged",
        hint="Nothing was changed. Take another backup.",
    )


def sums_of(folder: Path, held: Held) -> Iterator[tuple[str, str]]:
    """SHA-256 (hex) and path of everything the backup holds but its manifest. Raises IntegrityFailed."""
    path = folder / held.sums
    if not path.is_file() or sha256(path) != held.sums_sha256:
        raise damaged(f"{held.sums} is not what it was")
    with path.open(encoding="ascii") as lines:
        for line in lines:
            yield line[:64], line[66:].rstrip("\n")


def sha256(path: Path) -> str:
    """Of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync(folder: Path) -> None:
    """Make the names in a folder durable."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def copy(source: Path, target: Path) -> tuple[str, int, int]:
    """Copy a file durably under a name that is free. SHA-256 (hex), CRC-32 and length of what was copied."""
    import zlib

    digest, crc, length = hashlib.sha256(), 0, 0
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with source.open("rb") as given:
        file = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o600)
        with os.fdopen(file, "wb", buffering=0) as taken:
            while piece := given.read(MIB):
                view = memoryview(piece)
                while view:
                    view = view[taken.write(view) :]
                digest.update(piece)
                crc = zlib.crc32(piece, crc)
                length += len(piece)
            os.fsync(taken.fileno())
    return digest.hexdigest(), crc, length
