"""What a part folder holds already: which byte of the content lies where, and reading it again.

A kill leaves everything that was written; a power cut may have taken anything. So nothing here is believed: what is
missing or too short reads as such, and who goes on checks every record (docs/protocol.md §15).
"""

from __future__ import annotations

import contextlib
import os
import stat
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import Final, NamedTuple

from peerseal.files.part import FolderStack
from peerseal.protocol.entries import Entry

Local = tuple[str, ...]

_ENDLESS: Final = 2**63
_READ: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
_AGAIN: Final = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


class Position(NamedTuple):
    """A place in the content: the next entry to begin, and how many bytes of the one before it are there.

    `inside` is None if no entry is half-way: every entry before `next` is complete.
    """

    next: int
    inside: int | None


def position(entries: Sequence[Entry], content_bytes: int) -> Position:
    """Where byte `content_bytes` of the content belongs. Entries without bytes there are still to be begun."""
    starts = starts_of(entries)
    first = bisect_left(starts, content_bytes, 0, len(entries))
    if first and starts[first - 1] + _size(entries[first - 1]) > content_bytes:
        return Position(first, content_bytes - starts[first - 1])
    return Position(first, None)


def starts_of(entries: Sequence[Entry]) -> list[int]:
    """At which byte of the content each entry begins; one more at the end."""
    return list(accumulate((_size(entry) for entry in entries), initial=0))


class Reading:
    """Reads content again, entry by entry, from open folders."""

    def __init__(self, stack: FolderStack, entries: Sequence[Entry], places: Sequence[Local]) -> None:
        """`places`: the local components of each entry; there may be fewer than entries."""
        self._stack = stack
        self._entries = entries
        self._places = places
        self._starts = starts_of(entries)
        self._number = self._fd = -1

    def read(self, offset: int, view: memoryview) -> int:
        """Fill `view` from byte `offset` of the content; how many bytes are there until the first that is missing."""
        filled = 0
        while filled < len(view):
            number = bisect_right(self._starts, offset + filled, 0, len(self._entries)) - 1
            inside = offset + filled - self._starts[number]
            room = min(len(view) - filled, _size(self._entries[number]) - inside)
            if room <= 0 or not self._open(number):
                break
            n = os.preadv(self._fd, [view[filled : filled + room]], inside)
            filled += n
            if n == 0:
                break
        return filled

    def close(self) -> None:
        """Close what is open; may be called twice."""
        if self._fd >= 0:
            os.close(self._fd)
        self._number = self._fd = -1

    def _open(self, number: int) -> bool:
        if number == self._number:
            return True
        self.close()
        if number >= len(self._places):
            return False
        *folder, name = self._places[number]
        with contextlib.suppress(OSError):
            self._fd = _regular(name, _READ, self._stack.enter(tuple(folder)))
            self._number = number
        return self._fd >= 0


def reopen(name: str, mode: int, folder: int, size: int) -> int:
    """The file open for writing from byte `size`: cut or filled up with zeros to it, made if it is gone."""
    fd = _regular(name, _AGAIN, folder, mode)
    try:
        os.ftruncate(fd, size)
        os.lseek(fd, size, os.SEEK_SET)
    except BaseException:
        os.close(fd)
        raise
    return fd


def restore(name: str, mode: int, folder: int, size: int, modified: int) -> int | None:
    """Make sure that a file which should be complete is there in its size.

    Its descriptor if anything was amiss, or it is not from `modified` (ns since 1970): a kill came before its time was
    set.
    """
    try:
        seen = os.stat(name, dir_fd=folder, follow_symlinks=False)
        if (stat.S_ISREG(seen.st_mode), seen.st_size, seen.st_mtime_ns) == (True, size, modified):
            return None
    except FileNotFoundError:
        pass
    return reopen(name, mode, folder, size)


def _regular(name: str, flags: int, folder: int, mode: int = 0) -> int:
    fd = os.open(name, flags, mode, dir_fd=folder)
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise FileExistsError(17, "something else stands in its place")
    return fd


def _size(entry: Entry) -> int:
    return _ENDLESS if entry.size is None else entry.size
