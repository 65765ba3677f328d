"""Blobs as files of one folder on this machine: `<root>/<group>/<rest>`, attempts in `<root>/.parts/`, the owner in
`<root>/.server`, sums in `<root>/<group>/.sums`.

An attempt is written beside, made durable, then linked under its name: a link never replaces what is there, so
of two writers one wins, and a blob is never seen half.
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import shutil
import sys
import threading
import zlib
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import Final

from peerseal.errors import LocalFileFailed, NotFound, Refused
from peerseal.server.storage import check_group, check_name
from peerseal.server.storage.sums import SUMS, note, read
from peerseal.wire.limits import MIB

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_PARTS: Final = ".parts"
_OWNER: Final = ".server"
#: How often a folder may be tidied away between making it and linking into it.
_TRIES: Final = 100
#: The most buffers one `writev` takes on every system.
_BUFFERS: Final = 512


class LocalDisk:
    """The engine for one machine (see the contract in `storage`). Folders are their owner's alone (0700).

    Raises LocalFileFailed (`storage_unusable`) if `root` cannot be had.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._parts = root / _PARTS
        self._attempts = itertools.count()
        try:
            _make_folder(root)
            _make_folder(self._parts)
        except OSError as failed:
            raise LocalFileFailed(
                f"The folder {root} cannot be used for stored files: {failed.strerror}.",
                code="storage_unusable",
                hint="Is it yours, and is there room? Another one is chosen with --data or PEERSEAL_DATA.",
            ) from failed

    def create(self, name: str) -> _Attempt:
        """Begin a blob."""
        self._path(name)
        part = self._parts / f"{os.getpid()}-{next(self._attempts)}"
        with _disk():
            return _Attempt(part, name, self._root)

    def read(self, name: str, offset: int, length: int) -> bytes:
        """Up to `length` bytes from `offset`."""
        with self._opened(name) as blob:
            return os.pread(blob, length, offset) if _PREAD else _seek_and_read(blob, length, offset)

    def read_into(self, name: str, offset: int, view: memoryview) -> int:
        """Up to all of `view` from `offset`."""
        with self._opened(name) as blob:
            if sys.platform != "win32" and hasattr(os, "preadv"):
                return os.preadv(blob, [view], offset)
            piece = _seek_and_read(blob, len(view), offset)
            view[: len(piece)] = piece
            return len(piece)

    def descriptor(self, name: str) -> int | None:
        """The blob itself, for reading."""
        return self._open(name)

    def size(self, name: str) -> int:
        """How many bytes."""
        try:
            return self._path(name).stat().st_size
        except (FileNotFoundError, NotADirectoryError) as absent:
            raise self._absent() from absent

    def delete(self, name: str) -> None:
        """Remove it, and its folder with the last of a group."""
        path = self._path(name)
        path.unlink(missing_ok=True)
        self._tidy(path.parent)

    def delete_group(self, group: str) -> None:
        """Remove them all. Sweeping finds a group again whose removal a crash cut short."""
        shutil.rmtree(self._root / check_group(group), ignore_errors=True)

    def sizes(self, group: str) -> dict[str, int]:
        """What of a group is durable."""
        top = self._root / check_group(group)
        self._parts.stat()
        if top.is_dir():
            _sync_folder(self._root)
        found: dict[str, int] = {}
        for folder, _, files in os.walk(top):
            # A blob is visible an instant before its name is durable: whoever counts on it comes through here.
            with contextlib.suppress(FileNotFoundError):
                _sync_folder(Path(folder))
            for file in files:
                if file == SUMS:
                    continue
                path = Path(folder, file)
                with contextlib.suppress(FileNotFoundError):
                    found[path.relative_to(top).as_posix()] = path.stat().st_size
        return found

    def groups(self) -> Iterator[str]:
        """Every group's name."""
        with os.scandir(self._root) as entries:
            for entry in entries:
                if entry.name != _PARTS and entry.is_dir(follow_symlinks=False):
                    yield entry.name

    def sums(self, group: str) -> dict[str, int]:
        """As they were noted."""
        return read(self._root / check_group(group))

    def note_sum(self, name: str, value: int) -> None:
        """Beside the blobs of its group."""
        self._path(name)
        note(self._root, name, value)

    def probe(self) -> None:
        """A part that never becomes a blob."""
        with _disk():
            attempt = _Attempt(self._parts / f"{os.getpid()}-{next(self._attempts)}", "", self._root)
            try:
                attempt.try_disk()
            finally:
                attempt.abort()

    def owner(self) -> str | None:
        """As `.server` says."""
        try:
            return (self._root / _OWNER).read_text("ascii").strip()
        except FileNotFoundError:
            return None

    def own(self, owner: str) -> None:
        """Written beside and renamed: half of it is never seen."""
        part = self._parts / f"{os.getpid()}-owner"
        with _disk():
            file = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            try:
                os.write(file, owner.encode("ascii") + b"\n")
                os.fsync(file)
            finally:
                os.close(file)
            part.replace(self._root / _OWNER)
            _sync_folder(self._root)

    def sweep(self) -> None:
        """Remove the attempts of processes before this one."""
        for part in self._parts.iterdir():
            part.unlink(missing_ok=True)

    def free(self) -> int | None:
        """What the file system has left for this user."""
        try:
            return shutil.disk_usage(self._root).free
        except OSError:
            return None

    def capacity(self) -> int | None:
        """The size of the file system."""
        try:
            return shutil.disk_usage(self._root).total
        except OSError:
            return None

    def _path(self, name: str) -> Path:
        return self._root / check_name(name)

    def _open(self, name: str) -> int:
        try:
            return os.open(self._path(name), os.O_RDONLY | getattr(os, "O_BINARY", 0))
        except (FileNotFoundError, NotADirectoryError) as absent:
            raise self._absent() from absent

    def _absent(self) -> NotFound:
        """No such blob. Raises OSError if there is no place for blobs at all: then nobody knows."""
        self._parts.stat()
        return NotFound("no such blob")

    @contextlib.contextmanager
    def _opened(self, name: str) -> Generator[int]:
        blob = self._open(name)
        try:
            yield blob
        finally:
            os.close(blob)

    def _tidy(self, folder: Path) -> None:
        while folder != self._root:
            try:
                if [entry.name for entry in folder.iterdir()] == [SUMS]:
                    # Another blob may come just now: without its sum then, which is no loss.
                    (folder / SUMS).unlink()
                folder.rmdir()
            except OSError:
                return  # not empty, or gone
            folder = folder.parent


class _Attempt:
    """A file among the parts, until it is linked under its name."""

    def __init__(self, part: Path, name: str, root: Path) -> None:
        self._part, self._name, self._root = part, name, root
        self._target = root / name
        self._sum = 0
        # Whoever gives up must not close the file under a write that another thread has begun.
        self._turn = threading.RLock()
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        self._file: int | None = os.open(part, flags, 0o600)

    def write(self, pieces: Sequence[bytes | memoryview]) -> None:
        """Append, in as few system calls as may be."""
        try:
            with self._turn, _disk():
                file = self._open()
                for piece in pieces:
                    self._sum = zlib.crc32(piece, self._sum)
                _write_all(file, [memoryview(piece) for piece in pieces if len(piece)])
        except BaseException:
            self.abort()
            raise

    def finish(self) -> bool:
        """Durable bytes, then the name, then a durable name."""
        try:
            with self._turn, _disk():
                os.fsync(self._open())
                new = self._place()
                # The loser of a race waits for the name as well: its "it is there" must survive a crash too.
                if new:
                    note(self._root, self._name, self._sum)
                with contextlib.suppress(FileNotFoundError):  # deleted again already
                    _sync_folder(self._target.parent)
                return new
        finally:
            self.abort()

    def try_disk(self) -> None:
        """Write a block, durably."""
        with self._turn:
            os.write(self._open(), bytes(4096))
            os.fsync(self._open())

    def abort(self) -> None:
        """Close and remove the part; under its own name the blob stays."""
        with self._turn:
            if self._file is not None:
                os.close(self._file)
                self._file = None
                self._part.unlink(missing_ok=True)

    def _open(self) -> int:
        if self._file is None:
            raise ValueError("the attempt is over")
        return self._file

    def _place(self) -> bool:
        """Take the name: True if it was free, False if the same bytes have it."""
        made = False
        for _ in range(_TRIES):
            try:
                os.link(self._part, self._target)
                if made:
                    _sync_folders(self._target.parent.parent, self._root)
                return True
            except FileExistsError:
                with contextlib.suppress(FileNotFoundError):  # deleted just now: once more
                    if self._same():
                        return False
                    raise Refused("the blob is there, with other bytes", code="conflict") from None
            except FileNotFoundError:  # no folder yet, or its last blob has just been deleted
                _make_folders(self._target.parent, self._root)
                made = True
        raise Refused("the blob's name does not stay", code="conflict")

    def _same(self) -> bool:
        file = self._open()
        with self._target.open("rb") as there:
            os.lseek(file, 0, os.SEEK_SET)
            while True:
                ours, theirs = os.read(file, MIB), there.read(MIB)
                if ours != theirs:
                    return False
                if not ours:
                    return True


_PREAD: Final = hasattr(os, "pread")


@contextlib.contextmanager
def _disk() -> Generator[None]:
    try:
        yield
    except OSError as failed:
        if failed.errno in _FULL:
            raise Refused("the server's disk is full", code="disk_full") from failed
        raise


def _write_all(file: int, pieces: list[memoryview]) -> None:
    while pieces:
        batch = pieces[:_BUFFERS]
        written = os.writev(file, batch) if sys.platform != "win32" else os.write(file, batch[0])
        done = 0
        while done < len(batch) and written >= len(batch[done]):
            written -= len(batch[done])
            done += 1
        del pieces[:done]
        if written:
            pieces[0] = pieces[0][written:]


def _seek_and_read(file: int, length: int, offset: int) -> bytes:
    os.lseek(file, offset, os.SEEK_SET)
    return os.read(file, length)


def _make_folder(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)


def _make_folders(folder: Path, root: Path) -> None:
    """`folder` and those above it up to `root`."""
    if folder == root:
        return
    _make_folders(folder.parent, root)
    with contextlib.suppress(FileExistsError, FileNotFoundError):
        folder.mkdir(mode=0o700)


def _sync_folders(folder: Path, root: Path) -> None:
    """Make the names in `folder` durable, and those of the folders above it, `root` the last."""
    while True:
        with contextlib.suppress(FileNotFoundError):  # deleted again already
            _sync_folder(folder)
        if folder == root:
            return
        folder = folder.parent


def _sync_folder(folder: Path) -> None:
    if sys.platform == "win32":
        return  # has no such call: the file system journals names
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
