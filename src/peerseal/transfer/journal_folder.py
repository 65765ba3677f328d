"""The folder of one journal on the disk: appears whole, is held by one process, goes at once.

Its `about.json` is replaced whole and carries the lock of whoever has the journal open.
"""

# Descriptors and plain paths: importing pathlib costs start-up time.
# ruff: noqa: PTH118, PTH208

from __future__ import annotations

import contextlib
import errno
import os
import re
import time
from typing import Final

from peerseal.client.home import Notice, private_folder
from peerseal.errors import IntegrityFailed, LocalFileFailed, Refused
from peerseal.files.part import FOLDER, NEW_FILE, lock, remove_tree
from peerseal.transfer.about import ABOUT_MAX_BYTES, About, read_about
from peerseal.wire.limits import ID_BYTES

TRANSFERS: Final = "transfers"
_ABOUT: Final = "about.json"
_READ: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
_NEW: Final = re.compile(r"\.[0-9a-f]{32}\.new")
_TRIES: Final = 4
_TRY_SECONDS: Final = 0.03


def place_for(home: str, notice: Notice) -> str:
    """Where the journals of `home` are: made if need be, and swept. Raises LocalFileFailed."""
    private_folder(home, notice)
    place = os.path.join(home, TRANSFERS)
    private_folder(place, notice)
    _remove_leftovers(home, place)
    return place


def make_folder(parent: int, name: str, about: bytes) -> tuple[int, int]:
    """The folder `name` with its `about.json`, at once: nobody sees one without the other.

    Returns the descriptors of the folder and of the file, which is locked. Raises OSError, Refused (`busy`).
    """
    hidden = _hidden()
    os.mkdir(hidden, 0o700, dir_fd=parent)
    folder = -1
    try:
        folder = os.open(hidden, FOLDER, dir_fd=parent)
        lock(folder)
        lock_fd = put_about(folder, about)
        try:
            os.rename(hidden, name, src_dir_fd=parent, dst_dir_fd=parent)
        except OSError:
            os.close(lock_fd)
            raise _busy() from None
    except BaseException:
        if folder >= 0:
            os.close(folder)
        with contextlib.suppress(OSError):
            remove_tree(hidden, parent)
        raise
    return folder, lock_fd


def put_about(folder: int, text: bytes) -> int:
    """Put `text` in the place of `about.json`; returns the descriptor that holds its lock. Raises OSError."""
    part = f".{os.urandom(6).hex()}"
    fd = os.open(part, (NEW_FILE & ~os.O_WRONLY) | os.O_RDWR, 0o600, dir_fd=folder)
    try:
        lock(fd)
        left = memoryview(text)
        while left:
            left = left[os.write(fd, left) :]
        os.rename(part, _ABOUT, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        os.close(fd)
        with contextlib.suppress(OSError):
            os.unlink(part, dir_fd=folder)
        raise
    return fd


def open_folder(path: str) -> int:
    """That folder, if it is one and this user's. Raises OSError."""
    folder = os.open(path, FOLDER)
    try:
        check_owner(folder)
    except BaseException:
        os.close(folder)
        raise
    return folder


def open_about(folder: int) -> int:
    """`about.json`, unlocked: as it is replaced whole, it may be read while somebody has the journal open."""
    return os.open(_ABOUT, _READ, dir_fd=folder)


def lock_about(folder: int, path: str) -> int:
    """`about.json`, locked. Raises Refused (`busy`), LocalFileFailed."""
    for left in reversed(range(_TRIES)):
        try:
            fd = open_about(folder)
        except OSError:
            raise _damaged(path) from None
        try:
            check_owner(fd)
            lock(fd)
            if _is_still(fd, folder):
                return fd
        except BlockingIOError:
            if left:  # perhaps somebody only lists what there is
                time.sleep(_TRY_SECONDS)
        except OSError as error:
            os.close(fd)
            raise unusable(path, error) from None
        os.close(fd)
    raise _busy()


def parse_about(fd: int, path: str) -> About:
    """What an open `about.json` says. Raises LocalFileFailed (`journal_damaged`)."""
    try:
        return read_about(os.pread(fd, ABOUT_MAX_BYTES + 1, 0))
    except (OSError, IntegrityFailed):
        raise _damaged(path) from None


def check_owner(fd: int) -> None:
    """Raises PermissionError if what is open is not this user's."""
    if os.fstat(fd).st_uid != os.geteuid():
        raise PermissionError(1, "it belongs to somebody else")


def remove_folder(parent: int, name: str) -> None:
    """At once for everybody who looks: a kill half-way leaves nothing that passes for a journal. Raises OSError."""
    hidden = _hidden()
    os.rename(name, hidden, src_dir_fd=parent, dst_dir_fd=parent)
    try:
        remove_tree(hidden, parent)
    except NotADirectoryError:
        os.unlink(hidden, dir_fd=parent)


def unusable(path: str, error: OSError) -> LocalFileFailed:
    """What it means for the journal at `path`."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return LocalFileFailed(
            "There is not enough space for the journal of this transfer.",
            code="no_space",
            hint="Free some space where PEERSEAL_HOME is.",
        )
    return LocalFileFailed(
        f"The journal of this transfer, {path}, cannot be used ({error.strerror or 'unknown reason'}).",
        code="home",
        hint="PEERSEAL_HOME names another folder.",
    )


def _remove_leftovers(home: str, place: str) -> None:
    """Journals of the former form, and those a kill stopped before they were one."""
    with contextlib.suppress(OSError):
        if os.path.lexists(os.path.join(home, "uploads")):
            fd = os.open(home, FOLDER)
            try:
                remove_tree("uploads", fd)
            finally:
                os.close(fd)
    with contextlib.suppress(OSError):
        parent = os.open(place, FOLDER)
        try:
            for name in os.listdir(parent):
                if _NEW.fullmatch(name):
                    _remove_unlocked(name, parent)
        finally:
            os.close(parent)


def _remove_unlocked(name: str, parent: int) -> None:
    with contextlib.suppress(OSError):
        folder = os.open(name, FOLDER, dir_fd=parent)
        try:
            if lock(folder):
                remove_tree(name, parent)
        finally:
            os.close(folder)


def _hidden() -> str:
    return f".{os.urandom(ID_BYTES).hex()}.new"


def _is_still(fd: int, folder: int) -> bool:
    try:
        return os.path.samestat(os.stat(_ABOUT, dir_fd=folder, follow_symlinks=False), os.fstat(fd))
    except FileNotFoundError:
        return False


def _busy() -> Refused:
    return Refused(
        "The same transfer is already running.", code="busy", hint="Wait for it to end, or stop it."
    )


def _damaged(path: str) -> LocalFileFailed:
    return LocalFileFailed(
        f"The journal {path} is damaged: nothing can go on from it.",
        code="journal_damaged",
        hint=f"`peerseal transfers discard {os.path.basename(path)[:8]}` removes it.",  # noqa: PTH119
    )
