"""This user's own folder (`PEERSEAL_HOME`): private, its files read safely and replaced whole.

Folders are 0700 and files 0600. One that others can read is repaired, and said so; one of another user, or a link in
the place of a file, is refused.
"""

from __future__ import annotations

# Plain paths: importing pathlib costs start-up time.
# ruff: noqa: PTH100, PTH102, PTH103, PTH105, PTH108, PTH111, PTH117, PTH118, PTH120, PTH123
import contextlib
import os
import stat
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from peerseal.errors import LocalFileFailed

MAX_FILE_BYTES: Final = 1024 * 1024
_OTHERS: Final = 0o077
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC

Notice = Callable[[str], None]


def home_folder(environ: Mapping[str, str]) -> str:
    """Where this user's keys lie: `PEERSEAL_HOME`, else the platform's place for settings."""
    if environ.get("PEERSEAL_HOME"):
        return os.path.abspath(environ["PEERSEAL_HOME"])
    if sys.platform == "darwin":
        return os.path.expanduser("~/Library/Application Support/Peerseal")
    base = environ.get("XDG_CONFIG_HOME", "")
    return os.path.join(base if os.path.isabs(base) else os.path.expanduser("~/.config"), "peerseal")


def private_folder(path: str, notice: Notice) -> None:
    """Make `path` this user's private folder, or check that it is. Raises LocalFileFailed."""
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with contextlib.suppress(FileExistsError):
            os.mkdir(path, 0o700)
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise _failed(path, error) from None
    try:
        _only_ours(fd, path, 0o700, notice)
    finally:
        os.close(fd)


def read_private(path: str, notice: Notice) -> bytes | None:
    """The content of a private file; None if there is none. Raises LocalFileFailed."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _failed(path, error) from None
    with open(fd, "rb") as file:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise LocalFileFailed(f"{path} is not a file.", code="home", hint="Move it away.")
        _only_ours(fd, path, 0o600, notice)
        return file.read(MAX_FILE_BYTES + 1)


def write_private(path: str, content: bytes) -> None:
    """Put `content` in the place of a private file, whole or not at all, durably. Raises LocalFileFailed."""
    folder, name = os.path.split(path)
    part = os.path.join(folder, f".{name}.{os.urandom(6).hex()}")
    try:
        try:
            with open(os.open(part, _NEW, 0o600), "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(part, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(part)
            raise
        _sync_folder(folder)
    except OSError as error:
        raise _failed(path, error) from None


def remove_private(path: str) -> None:
    """Remove a private file, if it is there. Raises LocalFileFailed."""
    try:
        os.unlink(path)
        _sync_folder(os.path.dirname(path))
    except FileNotFoundError:
        return
    except OSError as error:
        raise _failed(path, error) from None


@contextmanager
def locked(folder: str) -> Iterator[None]:
    """Nobody else of this user changes files of `folder` meanwhile (where the system has such locks)."""
    try:
        fd = os.open(
            os.path.join(folder, ".lock"), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600
        )
    except OSError as error:
        raise _failed(folder, error) from None
    try:
        with contextlib.suppress(ImportError, OSError):
            import fcntl

            fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


def _only_ours(fd: int, path: str, mode: int, notice: Notice) -> None:
    seen = os.fstat(fd)
    if seen.st_uid != os.geteuid():
        raise LocalFileFailed(
            f"{path} belongs to another user of this computer.",
            code="home",
            hint="Set PEERSEAL_HOME to a folder of your own.",
        )
    if stat.S_IMODE(seen.st_mode) & _OTHERS:
        os.fchmod(fd, mode)
        notice(f"Others on this computer could read {path}. Now only you can.")


def _sync_folder(folder: str) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _failed(path: str, error: OSError) -> LocalFileFailed:
    return LocalFileFailed(
        f"{path} cannot be used ({error.strerror or 'unknown reason'}).",
        code="home",
        hint="Your keys lie there; PEERSEAL_HOME names another folder.",
    )
