"""One server for one data folder: a lock the system holds as long as the process lives, and no longer."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from peerseal.errors import LocalFileFailed

_NAME: Final = "peerseal.lock"


class FolderLock:
    """Held from here to `release`. Where files cannot be locked (some network file systems) nothing is."""

    def __init__(self, folder: Path) -> None:
        """Raises LocalFileFailed (`folder_in_use`, `not_writable`)."""
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file: int | None = os.open(folder / _NAME, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as failed:
            raise LocalFileFailed(
                f"The folder {folder} cannot be written: {failed.strerror}.",
                code="not_writable",
                hint="Is it yours, and is there room? Another one is chosen with --data or PEERSEAL_DATA.",
            ) from failed
        try:
            lock_file(self._file)
        except BlockingIOError:
            self.release()
            raise LocalFileFailed(
                f"Another server runs on the folder {folder}.",
                code="folder_in_use",
                hint="Stop it first, or give this one a folder of its own with --data or PEERSEAL_DATA.",
            ) from None

    def release(self) -> None:
        """Let go; may be called twice."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def is_served(folder: Path) -> bool:
    """Whether a server runs on the folder just now, as far as the system knows."""
    try:
        file = os.open(folder / _NAME, os.O_RDWR)
    except OSError:
        return False
    try:
        lock_file(file)
    except BlockingIOError:
        return True
    finally:
        os.close(file)
    return False


def lock_file(file: int) -> None:
    """Lock an open file until it is closed, where files can be locked. Raises BlockingIOError if somebody has it."""
    try:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise
    except (ImportError, OSError):
        return
