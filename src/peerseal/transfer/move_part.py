"""What has come of an unfinished transfer goes to another folder: its part folder is moved, and its journal says so."""

# Plain paths: importing pathlib costs start-up time.
# ruff: noqa: PTH100, PTH118

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

from peerseal.errors import LocalFileFailed, PeersealError, UsageError
from peerseal.files.names import visible
from peerseal.files.sink import write_failed
from peerseal.files.target import open_target, remove_empty
from peerseal.transfer.about import About, Put

if TYPE_CHECKING:
    from peerseal.transfer.journal import Journal


def move_part(journal: Journal, folder: str) -> None:
    """From now on into `folder`, made if it is not there. The journal is open and locked.

    Raises UsageError for what is not received, LocalFileFailed (`other_disk`, `part_gone` or not to be written).
    """
    about, put = journal.about, journal.about.put
    if about.kind != "receive" or put is None:
        raise UsageError("-o is for what is received live; this goes into no other folder.")
    target = os.path.abspath(folder)
    if target == put.folder:
        return
    fd, made = open_target(target)
    try:
        os.rename(os.path.join(put.folder, put.part), put.part, dst_dir_fd=fd)
        journal.replace(About(**{**vars(about), "put": Put(**{**vars(put), "target": os.fsencode(target)})}))
    except (OSError, PeersealError) as error:
        remove_empty(made)
        raise error if isinstance(error, PeersealError) else _failed(target, error) from None
    finally:
        os.close(fd)


def _failed(target: str, error: OSError) -> LocalFileFailed:
    if error.errno == errno.EXDEV:
        return LocalFileFailed(
            f"{visible(target)} is on another disk than what has come so far.",
            code="other_disk",
            hint="Go on without -o, and move it once all of it is there.",
        )
    if error.errno == errno.ENOENT:
        return LocalFileFailed(
            "What has come so far is no longer there.", code="part_gone", hint="Have it sent again."
        )
    return write_failed(target, error)
