"""The part folder (`.peerseal-….part`, mode 0700): where a transfer grows, unseen, until it is verified.

Its process holds a lock on it as long as it lives. A folder of that name which is ours and which nobody locks was
left by a process that was killed; the next transfer into the same target removes it unless a journal speaks of
it: then a later process goes on in it. No link is followed or made: every step is relative to an open folder and
refuses links.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
from collections.abc import Callable, Container
from typing import Final

from peerseal.files.names import numbered

FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
NEW_FILE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_NAME: Final = re.compile(r"\.peerseal-[0-9a-f]{12}\.part")
_MAX_TRIES: Final = 10_000


def make_part(target: int) -> tuple[str, int]:
    """A new part folder in the open folder `target`: its name, and a descriptor that holds its lock."""
    for _ in range(_MAX_TRIES):
        name = f".peerseal-{os.urandom(6).hex()}.part"
        os.mkdir(name, 0o700, dir_fd=target)
        try:
            fd = os.open(name, FOLDER, dir_fd=target)
        except FileNotFoundError:
            continue  # before it was locked somebody took it for abandoned
        with contextlib.suppress(BlockingIOError):  # the same, and it is being removed
            lock(fd)
            if _still_there(name, fd, target):
                return name, fd
        os.close(fd)
    raise FileExistsError(errno.EEXIST, "no free name")


Kept = Callable[[], Container[str]]
"""The names of part folders that a journal still speaks of; asked only if there is one that nobody locks."""


def keep_none() -> Container[str]:
    """No journal speaks of any."""
    return ()


def remove_abandoned(target: int, kept: Kept = keep_none) -> None:
    """Remove part folders of this user whose process is gone, but those `kept` names. What cannot be removed stays."""
    with contextlib.suppress(OSError):
        names = [name for name in os.listdir(target) if _NAME.fullmatch(name)]
        spared = kept() if names else ()
        for name in names:
            if name not in spared:
                with contextlib.suppress(OSError):
                    _remove_if_abandoned(name, target)


def reopen_part(target: int, name: str) -> int:
    """The part folder `name` of an earlier process: a descriptor that holds its lock again.

    Raises OSError if it is not there, a link, not this user's alone, or not of the form of these names;
    BlockingIOError if somebody has it.
    """
    if not _NAME.fullmatch(name):
        raise FileNotFoundError(errno.ENOENT, "no part folder has such a name")
    fd = os.open(name, FOLDER, dir_fd=target)
    try:
        usable = _is_ours(fd)
        if usable:
            lock(fd)
            usable = _still_there(name, fd, target)
    except BaseException:
        os.close(fd)
        raise
    if not usable:
        os.close(fd)
        raise PermissionError(errno.EPERM, "the part folder is not this user's alone")
    return fd


def remove_part(target: str, name: str) -> None:
    """Remove the part folder `name` in the folder `target` if it is ours and nobody holds it. Never raises."""
    with contextlib.suppress(OSError):
        parent = os.open(target, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            if _NAME.fullmatch(name):
                _remove_if_abandoned(name, parent)
        finally:
            os.close(parent)


def _remove_if_abandoned(name: str, target: int) -> None:
    fd = os.open(name, FOLDER, dir_fd=target)
    try:
        if _is_ours(fd) and lock(fd):
            remove_tree(name, target)
    finally:
        os.close(fd)


def _is_ours(fd: int) -> bool:
    seen = os.fstat(fd)
    return seen.st_uid == os.getuid() and stat.S_IMODE(seen.st_mode) == 0o700


def lock(fd: int) -> bool:
    """Lock for as long as `fd` is open; BlockingIOError if somebody else has it. False where there are no locks."""
    try:
        import fcntl

        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise
    except (ImportError, OSError):
        return False
    return True


def _still_there(name: str, fd: int, target: int) -> bool:
    try:
        return os.path.samestat(os.stat(name, dir_fd=target, follow_symlinks=False), os.fstat(fd))
    except FileNotFoundError:
        return False


class FolderStack:
    """Open folders from the part folder down to the one in use, so that each step is one component."""

    def __init__(self, root: int) -> None:
        self.root = root
        self._names: list[str] = []
        self._fds: list[int] = [root]
        self._at: tuple[str, ...] = ()

    def enter(self, components: tuple[str, ...]) -> int:
        """Descriptor of the folder, made if it is not there yet."""
        if components == self._at:
            return self._fds[-1]
        self._at = ()
        common = 0
        for have, want in zip(self._names, components, strict=False):
            if have != want:
                break
            common += 1
        while len(self._names) > common:
            self._names.pop()
            os.close(self._fds.pop())
        for name in components[common:]:
            with contextlib.suppress(FileExistsError):
                os.mkdir(name, 0o755, dir_fd=self._fds[-1])
            self._fds.append(os.open(name, FOLDER, dir_fd=self._fds[-1]))
            self._names.append(name)
        self._at = components
        return self._fds[-1]

    def close(self) -> None:
        """Close all of them."""
        while self._fds:
            os.close(self._fds.pop())


def move_out(name: str, part: int, target: int) -> str:
    """Move one item to the target folder under the first free form of its name, atomically and without replacing."""
    folder = stat.S_ISDIR(os.stat(name, dir_fd=part, follow_symlinks=False).st_mode)
    for number in range(_MAX_TRIES):
        final = numbered(name, number, folder=folder)
        try:
            if folder:
                _move_folder(name, final, part, target)
            else:
                _move_file(name, final, part, target)
        except OSError as error:
            if error.errno in (errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR, errno.EISDIR):
                continue
            raise
        return final
    raise FileExistsError(errno.EEXIST, "no free name")


def move_back(final: str, moved: os.stat_result, name: str, part: int, target: int) -> None:
    """Take an item out of the target folder again, unless what stands there is no longer `moved`. Never raises."""
    with contextlib.suppress(OSError):
        if os.path.samestat(os.stat(final, dir_fd=target, follow_symlinks=False), moved):
            os.rename(final, name, src_dir_fd=target, dst_dir_fd=part)


def _move_folder(name: str, final: str, part: int, target: int) -> None:
    os.mkdir(final, 0o755, dir_fd=target)  # ours, and empty: a rename may replace it
    try:
        os.rename(name, final, src_dir_fd=part, dst_dir_fd=target)
    except OSError:
        with contextlib.suppress(OSError):
            os.rmdir(final, dir_fd=target)
        raise


def _move_file(name: str, final: str, part: int, target: int) -> None:
    try:
        os.link(name, final, src_dir_fd=part, dst_dir_fd=target, follow_symlinks=False)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK):
            raise
        # No hard links here (FAT, some network disks): take the name first, then rename over our own empty file.
        os.close(os.open(final, NEW_FILE, 0o600, dir_fd=target))
        try:
            os.rename(name, final, src_dir_fd=part, dst_dir_fd=target)
        except OSError:
            with contextlib.suppress(OSError):
                os.unlink(final, dir_fd=target)
            raise
    else:
        os.unlink(name, dir_fd=part)


def remove_tree(name: str, parent: int) -> None:
    """Remove a folder with everything in it, without following a link."""
    fd = os.open(name, FOLDER, dir_fd=parent)
    try:
        with os.scandir(fd) as listing:
            children = [(child.name, child.is_dir(follow_symlinks=False)) for child in listing]
        for child, is_folder in children:
            if is_folder:
                remove_tree(child, fd)
            else:
                os.unlink(child, dir_fd=fd)
    finally:
        os.close(fd)
    os.rmdir(name, dir_fd=parent)
