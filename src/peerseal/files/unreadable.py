"""Why a file of this machine cannot be sent: the errors, as a person reads them."""

from __future__ import annotations

import errno

from peerseal.errors import LocalFileFailed
from peerseal.files.names import visible


def not_a_file(given: str) -> LocalFileFailed:
    """It is there, and nothing that can be sent."""
    return LocalFileFailed(f"{visible(given)} is neither a file nor a folder.", code="not_a_file")


def changed(path: str) -> LocalFileFailed:
    """It is no longer what was found."""
    return LocalFileFailed(
        f"{visible(path)} changed while it was being sent.",
        code="source_changed",
        hint="Send it again once nothing writes to it.",
        retryable=True,
    )


def vanished(path: str) -> LocalFileFailed:
    """It is no longer there."""
    return LocalFileFailed(
        f"{visible(path)} was there when it was offered, and is gone now.", code="source_changed"
    )


def read_failed(path: str, error: OSError) -> LocalFileFailed:
    """What the system says about reading it."""
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return LocalFileFailed(
            f"{visible(path)} does not exist.",
            code="no_such_file",
            hint="Check the spelling, and the folder you are in.",
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return LocalFileFailed(f"{visible(path)} may not be read.", code="not_readable")
    if error.errno == errno.ELOOP:
        return changed(path)
    return LocalFileFailed(f"{visible(path)} cannot be read: {error.strerror}.", code="not_readable")
