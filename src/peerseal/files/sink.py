"""Received bytes onto this disk: hidden until everything verified, then under their final names.

All entries grow inside one private part folder (`.peerseal-….part`, mode 0700) in the target folder. `finish`
moves each top-level item to its final name without ever replacing what is there; `abort` removes the part folder
and everything it moved so far stays out of sight. No link is followed or made: every step is relative to an
open folder and refuses links.
"""

# Descriptors and plain paths: pathlib knows no dir_fd, and importing it costs start-up time.
# ruff: noqa: PTH118

from __future__ import annotations

import contextlib
import errno
import os
import stat
from typing import Final, Protocol

from peerseal.errors import IntegrityFailed, LocalFileFailed, UsageError
from peerseal.files.names import local_components, numbered, visible
from peerseal.protocol.entries import Entry

_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW_FILE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_LATEST_MS: Final = 253_402_300_799_000
"""The end of the year 9999: file systems disagree about anything later."""
_MAX_TRIES: Final = 10_000


class Sink(Protocol):
    """Where a transfer's content goes, in order of its entries."""

    def expect(self, entry: Entry) -> None:
        """Announce the next entry. Entries before it must have a size by the time its bytes come."""

    def size_given(self, number: int, size: int) -> None:
        """The size of an entry that was announced without one."""

    def check_space(self, size: int) -> None:
        """Raise LocalFileFailed (`no_space`) if there is clearly no room for `size` bytes."""

    def write(self, content: memoryview) -> None:
        """The next verified bytes of the content stream. Raises LocalFileFailed, IntegrityFailed."""

    def finish(self) -> list[str]:
        """Everything verified: put it in its place. Returns the final paths of the top-level items."""

    def placed(self) -> list[str]:
        """After `finish`: the final path of every file."""

    def abort(self) -> None:
        """Leave nothing behind. May be called twice and after `finish`, when it does nothing."""

    @property
    def current(self) -> str:
        """The path of the entry being written, for showing."""


class FolderSink:
    """Places entries in a folder of this machine."""

    def __init__(self, target: str, *, unhide: bool = False) -> None:
        """`target` must be a folder. With `unhide`, hidden names get `_` in front. Raises LocalFileFailed."""
        self._target = target
        self._unhide = unhide
        self._entries: list[Entry] = []
        self._next = 0
        self._fd = -1
        self._written = 0
        self._file_size: int | None = None
        self._places = _Places()
        self._files: list[tuple[str, ...]] = []
        self._finals: dict[str, str] = {}
        self._ended = False
        self._part_name = f".peerseal-{os.urandom(6).hex()}.part"
        self._target_fd = _open_target(target)
        try:
            os.mkdir(self._part_name, 0o700, dir_fd=self._target_fd)
            self._stack = _FolderStack(os.open(self._part_name, _FOLDER, dir_fd=self._target_fd))
        except OSError as error:
            os.close(self._target_fd)
            raise _write_failed(target, error) from None

    @property
    def current(self) -> str:
        """See `Sink.current`."""
        return self._entries[max(0, self._next - 1)].path if self._entries else ""

    def expect(self, entry: Entry) -> None:
        """See `Sink.expect`."""
        if entry.kind == "text":
            raise IntegrityFailed("A text does not belong among files.", code="manifest_invalid")
        self._entries.append(entry)

    def size_given(self, number: int, size: int) -> None:
        """See `Sink.size_given`."""
        self._entries[number] = self._entries[number]._replace(size=size)
        if number == self._next - 1 and self._fd >= 0:
            self._file_size = size
            if self._written > size:
                raise IntegrityFailed("More bytes than the size that was given.", code="manifest_invalid")

    def check_space(self, size: int) -> None:
        """See `Sink.check_space`: what the disk has free."""
        free = os.fstatvfs(self._target_fd)
        if free.f_bavail * free.f_frsize < size:
            raise _no_space(self._target)

    def write(self, content: memoryview) -> None:
        """See `Sink.write`."""
        while len(content):
            if self._fd < 0 or self._written == self._file_size:
                self._advance()
            if self._fd < 0:
                raise IntegrityFailed("More content than the files it belongs to.", code="manifest_invalid")
            step = content
            if self._file_size is not None:
                step = content[: self._file_size - self._written]
            content = content[self._write_some(step) :]

    def finish(self) -> list[str]:
        """See `Sink.finish`."""
        while self._fd >= 0 or self._next < len(self._entries):
            if self._fd >= 0 and self._file_size is not None and self._written != self._file_size:
                raise IntegrityFailed("A file is shorter than its size.", code="manifest_invalid")
            if self._next == len(self._entries):
                self._close_file()
                break
            self._advance(to_end=True)
        try:
            return self._publish()
        finally:
            self.abort()

    def placed(self) -> list[str]:
        """See `Sink.placed`."""
        return [os.path.join(self._target, self._finals[file[0]], *file[1:]) for file in self._files]

    def abort(self) -> None:
        """See `Sink.abort`."""
        if self._ended:
            return
        self._ended = True
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
        self._stack.close()
        with contextlib.suppress(OSError):
            _remove_tree(self._part_name, self._target_fd)
        os.close(self._target_fd)

    def _advance(self, *, to_end: bool = False) -> None:
        """Close the file that is complete and open the next one that takes bytes."""
        if self._fd >= 0:
            self._close_file()
        while self._fd < 0 and self._next < len(self._entries):
            entry = self._entries[self._next]
            self._next += 1
            try:
                self._create(entry)
            except OSError as error:
                raise _write_failed(entry.path, error) from None
            if self._fd >= 0 and self._file_size == 0 and not to_end:
                self._close_file()

    def _create(self, entry: Entry) -> None:
        local = self._places.place(entry.path, folder=entry.kind == "directory", unhide=self._unhide)
        if entry.kind == "directory":
            self._stack.enter(local)
            return
        folder = self._stack.enter(local[:-1])
        mode = 0o755 if entry.executable else 0o644
        self._fd = os.open(local[-1], _NEW_FILE, mode, dir_fd=folder)
        self._files.append(local)
        self._written = 0
        self._file_size = entry.size

    def _write_some(self, content: memoryview) -> int:
        try:
            n = os.write(self._fd, content)
        except OSError as error:
            raise _write_failed(self.current, error) from None
        self._written += n
        return n

    def _close_file(self) -> None:
        modified = self._entries[self._next - 1].modified
        fd, self._fd = self._fd, -1
        try:
            if 0 < modified <= _LATEST_MS:
                with contextlib.suppress(OSError):  # a file system that cannot keep a time keeps the file
                    os.utime(fd, ns=(modified * 1_000_000, modified * 1_000_000))
        finally:
            try:
                os.close(fd)
            except OSError as error:  # a full or remote disk may only say so now
                raise _write_failed(self.current, error) from None

    def _publish(self) -> list[str]:
        placed: list[str] = []
        for name in self._places.tops():
            try:
                final = _move_out(name, self._stack.root, self._target_fd)
            except OSError as error:
                raise _write_failed(name, error) from None
            self._finals[name] = final
            placed.append(os.path.join(self._target, final))
        return placed


class StreamSink:
    """Writes one file or text to an open descriptor: `-o -`. What was written was verified, yet may be cut short."""

    def __init__(self, fd: int) -> None:
        """`fd` stays open and belongs to the caller."""
        self._fd = fd
        self._entries = 0
        self.current = ""

    def expect(self, entry: Entry) -> None:
        """See `Sink.expect`."""
        self._entries += 1
        if self._entries > 1 or entry.kind == "directory":
            raise UsageError("Only one file or text can go to standard output.", code="stdout_single")
        self.current = entry.path

    def size_given(self, number: int, size: int) -> None:
        """See `Sink.size_given`: the manifest itself checks the sum."""

    def check_space(self, size: int) -> None:
        """See `Sink.check_space`: who reads it may keep nothing."""

    def write(self, content: memoryview) -> None:
        """See `Sink.write`."""
        while len(content):
            try:
                content = content[os.write(self._fd, content) :]
            except OSError as error:
                raise _write_failed("standard output", error) from None

    def finish(self) -> list[str]:
        """See `Sink.finish`."""
        return []

    def placed(self) -> list[str]:
        """See `Sink.placed`."""
        return []

    def abort(self) -> None:
        """See `Sink.abort`: what was written cannot be taken back; the exit code says so."""


class MemorySink:
    """Keeps a text in memory, up to a limit."""

    def __init__(self, limit: int) -> None:
        self.content = bytearray()
        self.current = ""
        self._limit = limit

    def expect(self, entry: Entry) -> None:
        """See `Sink.expect`."""

    def size_given(self, number: int, size: int) -> None:
        """See `Sink.size_given`."""

    def check_space(self, size: int) -> None:
        """See `Sink.check_space`: the limit is checked as it is written."""

    def write(self, content: memoryview) -> None:
        """See `Sink.write`."""
        if len(self.content) + len(content) > self._limit:
            raise IntegrityFailed("The text is too long to show.", code="limit")
        self.content += content

    def finish(self) -> list[str]:
        """See `Sink.finish`."""
        return []

    def placed(self) -> list[str]:
        """See `Sink.placed`."""
        return []

    def abort(self) -> None:
        """See `Sink.abort`."""
        self.content.clear()


class _Places:
    """Local names already given out: two wire names that map onto one get different ones."""

    def __init__(self) -> None:
        self._folders: dict[tuple[str, ...], tuple[str, ...]] = {(): ()}
        self._taken: dict[tuple[str, ...], dict[str, str]] = {(): {}}

    def tops(self) -> list[str]:
        return list(self._taken[()].values())

    def place(self, wire_path: str, *, folder: bool, unhide: bool) -> tuple[str, ...]:
        wire = tuple(wire_path.split("/"))
        wanted = local_components(wire_path, unhide=unhide)
        parent: tuple[str, ...] = ()
        for depth in range(1, len(wire)):
            parent = self._folder(wire[:depth], wanted[depth - 1], parent)
        if folder:
            return self._folder(wire, wanted[-1], parent)
        return (*parent, self._free(parent, wanted[-1], folder=False))

    def _folder(self, wire: tuple[str, ...], wanted: str, parent: tuple[str, ...]) -> tuple[str, ...]:
        if (known := self._folders.get(wire)) is None:
            known = (*parent, self._free(parent, wanted, folder=True))
            self._folders[wire] = known
            self._taken[known] = {}
        return known

    def _free(self, parent: tuple[str, ...], wanted: str, *, folder: bool) -> str:
        taken = self._taken[parent]
        number = 0
        # Folded, since a disk may take `A` and `a` for one name.
        while (name := numbered(wanted, number, folder=folder)).casefold() in taken:
            number += 1
        taken[name.casefold()] = name
        return name


class _FolderStack:
    """Open folders from the part folder down to the one in use, so that each step is one component."""

    def __init__(self, root: int) -> None:
        self.root = root
        self._names: list[str] = []
        self._fds: list[int] = [root]

    def enter(self, components: tuple[str, ...]) -> int:
        """Descriptor of the folder, made if it is not there yet."""
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
            self._fds.append(os.open(name, _FOLDER, dir_fd=self._fds[-1]))
            self._names.append(name)
        return self._fds[-1]

    def close(self) -> None:
        while self._fds:
            os.close(self._fds.pop())


def _open_target(target: str) -> int:
    try:
        return os.open(target, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise _write_failed(target, error) from None


def _move_out(name: str, part: int, target: int) -> str:
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
        os.close(os.open(final, _NEW_FILE, 0o600, dir_fd=target))
        os.rename(name, final, src_dir_fd=part, dst_dir_fd=target)
    else:
        os.unlink(name, dir_fd=part)


def _remove_tree(name: str, parent: int) -> None:
    fd = os.open(name, _FOLDER, dir_fd=parent)
    try:
        with os.scandir(fd) as listing:
            children = [(child.name, child.is_dir(follow_symlinks=False)) for child in listing]
        for child, is_folder in children:
            if is_folder:
                _remove_tree(child, fd)
            else:
                os.unlink(child, dir_fd=fd)
    finally:
        os.close(fd)
    os.rmdir(name, dir_fd=parent)


def _no_space(path: str) -> LocalFileFailed:
    return LocalFileFailed(
        f"There is not enough space for this in {visible(path)}.",
        code="no_space",
        hint="Free some space or choose another folder with -o.",
    )


def _write_failed(path: str, error: OSError) -> LocalFileFailed:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return _no_space(path)
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return LocalFileFailed(f"The folder {visible(path)} does not exist.", code="no_such_folder")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return LocalFileFailed(f"{visible(path)} may not be written.", code="not_writable")
    return LocalFileFailed(f"{visible(path)} cannot be written: {error.strerror}.", code="not_writable")
