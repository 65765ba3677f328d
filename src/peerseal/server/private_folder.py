"""The data folder is its user's alone: one that was there before, and open to others, is tightened."""

from __future__ import annotations

import logging
import os
import stat
from pathlib import Path
from typing import Final

from peerseal.errors import LocalFileFailed

LOG: Final = logging.getLogger("peerseal.server")
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
#: What stands in a data folder; in one with anything else, others may have their reasons to look.
_OURS: Final = ("peerseal.db", "peerseal.lock", "blobs", "guard.", "operator.token", "damage.json")


def tighten(folder: Path) -> None:
    """Make an existing folder 0700 if it belongs to this user and holds nothing but a server's; else say it is open.

    Raises LocalFileFailed (`not_permitted`).
    """
    if os.name != "posix" or not is_there(folder):
        return
    there = folder.stat()
    if not there.st_mode & _OTHERS:
        return
    try:
        ours = there.st_uid == os.geteuid() and all(
            entry.name.startswith(_OURS) for entry in folder.iterdir()
        )
        if ours:
            folder.chmod(0o700)
    except OSError:
        ours = False
    if ours:
        LOG.warning("the data folder could be looked into by others of this machine; it is 0700 now")
    else:
        LOG.warning("the data folder can be looked into by others of this machine; chmod 0700 closes it")


def is_there(path: Path) -> bool:
    """Whether a folder of a server, or something in it, is there. Raises LocalFileFailed (`not_permitted`)."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as failed:
        raise not_permitted(path, failed) from failed
    return True


def not_permitted(path: Path, failed: OSError) -> LocalFileFailed:
    """The error for what this user may not look at."""
    return LocalFileFailed(
        f"{failed.filename or path} cannot be read: {failed.strerror}.",
        code="not_permitted",
        hint="Run this as the user the server runs as.",
    )
