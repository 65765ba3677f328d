"""Files and folders as one stream of their bytes, in the order they were found in.

A file that changes while it is read stops the transfer (`source_changed`): half of the old and half of the new is
nobody's file.
"""

from __future__ import annotations

import os
import stat
from array import array
from bisect import bisect_right
from itertools import accumulate
from typing import Final, NamedTuple

from peerseal.crypto_engine import sha256
from peerseal.files.unreadable import changed, read_failed, vanished
from peerseal.protocol.entries import Entry
from peerseal.wire.limits import KIB, MIB

_OPEN_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK
_OPEN_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_LOOK_FIRST_BYTES: Final = MIB
_SMALL_BYTES: Final = 64 * KIB
_SEEN: Final = 6
_U64: Final = 2**64 - 1


class Found(NamedTuple):
    """One entry, where it is, and what it was when it was found."""

    entry: Entry
    place: str
    status: os.stat_result


class PathsSource:
    """Files and folders, in the order of their entries."""

    def __init__(self, found: list[Found], notices: list[str]) -> None:
        self.entries = [one.entry for one in found]
        self.notices = notices
        self.current = 0
        self._places = [one.place for one in found]
        #: What each was when it was found: `_SEEN` numbers for each, flat, as there may be a million.
        self._seen = array("Q")
        for one in found:
            seen = one.status
            self._seen.extend(
                (
                    seen.st_size,
                    seen.st_mtime_ns & _U64,
                    seen.st_ino,
                    stat.S_IFMT(seen.st_mode),
                    seen.st_dev,
                    seen.st_ctime_ns & _U64,
                )
            )
        self._next = 0
        self._fd = -1
        self._left = 0
        self._folder = ""
        self._folder_fd = -1
        self._starts: list[int] = []

    def fill(self, view: memoryview) -> int:
        """See `Source.fill`. Raises LocalFileFailed."""
        filled, room = 0, len(view)
        while filled < room:
            if self._fd < 0:
                filled = self._fill_small(view, filled)
                if filled == room or not self._open_next():
                    break
            filled += self._read(view[filled:])
            if self._left == 0:
                self._finish_file()
        return filled

    def seek(self, content_offset: int) -> None:
        """See `Source.seek`: opens the file that holds this byte."""
        self._close_file()
        if not self._starts:
            self._starts = list(accumulate((entry.size or 0 for entry in self.entries), initial=0))
        # The last entry that begins at or before it: empty ones there have no byte left to give.
        number = max(0, bisect_right(self._starts, content_offset) - 1)
        self._next = number
        inside = content_offset - self._starts[number]
        if inside:
            self._next, self.current = number + 1, number
            self._open(number)
            self._left -= inside
            try:
                os.lseek(self._fd, inside, os.SEEK_SET)
            except OSError as error:
                raise read_failed(self.entries[number].path, error) from None

    def stamp(self) -> bytes:
        """See `Source.stamp`: of sizes, times of content and of state, devices and inodes."""
        return sha256(memoryview(self._seen).cast("B"))

    def close(self) -> None:
        """Close what is open; may be called twice."""
        self._close_file()
        if self._folder_fd >= 0:
            os.close(self._folder_fd)
            self._folder_fd, self._folder = -1, ""

    def _fill_small(self, view: memoryview, filled: int) -> int:
        """Whole small files that still fit, one after the other; the new `filled`. Four system calls for each."""
        entries, room = self.entries, len(view)
        for number in range(self._next, len(entries)):
            entry = entries[number]
            size = entry.size or 0
            if entry.kind != "file" or size > _SMALL_BYTES or size > room - filled:
                break
            self._next, self.current = number + 1, number
            self._open(number)
            if size and self._read(view[filled : filled + size]) != size:
                raise changed(entry.path)
            self._finish_file()
            filled += size
        return filled

    def _open_next(self) -> bool:
        while self._next < len(self.entries):
            number = self._next
            self._next += 1
            if self.entries[number].kind == "file":
                self.current = number
                self._open(number)
                if self._left:
                    return True
                self._finish_file()
        return False

    def _open(self, number: int) -> None:
        entry = self.entries[number]
        folder, _, name = self._places[number].rpartition("/")
        try:
            if folder != self._folder or self._folder_fd < 0:
                self._enter(folder)
            self._fd = os.open(name, _OPEN_FILE, dir_fd=self._folder_fd)
        except FileNotFoundError:
            raise vanished(entry.path) from None
        except OSError as error:
            raise read_failed(entry.path, error) from None
        self._left = entry.size or 0
        if self._left > _LOOK_FIRST_BYTES:  # small ones are looked at once, when they were read
            self._check()

    def _enter(self, folder: str) -> None:
        if self._folder_fd >= 0:
            os.close(self._folder_fd)
            self._folder_fd = -1
        self._folder_fd = os.open(folder or "/", _OPEN_FOLDER)
        self._folder = folder

    def _read(self, view: memoryview) -> int:
        want = view if len(view) <= self._left else view[: self._left]
        try:
            n = os.readv(self._fd, (want,))
        except BlockingIOError:
            raise changed(self.entries[self.current].path) from None
        except OSError as error:
            raise read_failed(self.entries[self.current].path, error) from None
        if n == 0:
            raise changed(self.entries[self.current].path)
        self._left -= n
        return n

    def _finish_file(self) -> None:
        try:
            self._check()
        finally:
            self._close_file()

    def _check(self) -> None:
        """What is open is what was found: the same file, size and time."""
        now, seen, at = os.fstat(self._fd), self._seen, self.current * _SEEN
        if (
            now.st_size != seen[at]
            or now.st_mtime_ns & _U64 != seen[at + 1]
            or now.st_ino != seen[at + 2]
            or stat.S_IFMT(now.st_mode) != seen[at + 3]
        ):
            raise changed(self.entries[self.current].path)

    def _close_file(self) -> None:
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)
