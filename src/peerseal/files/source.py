"""Paths on this machine as entries of a transfer and one contiguous stream of their bytes.

Links inside a folder are not followed and, like devices, sockets and what may not be read, left out with a notice; a
link named on the command line is what its person meant and is followed. A file that changes while it is read stops the
transfer (`source_changed`): half of the old and half of the new is nobody's file.
"""

# Descriptors and plain paths: pathlib knows no dir_fd, and importing it costs start-up time.
# ruff: noqa: PTH116, PTH119

from __future__ import annotations

import errno
import os
import stat
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate
from typing import Final, NamedTuple, Protocol

from peerseal.crypto_engine import sha256
from peerseal.errors import LocalFileFailed, UsageError
from peerseal.files.names import numbered, visible, wire_component
from peerseal.protocol.entries import Entry
from peerseal.wire.limits import KIB, MIB

MAX_DEPTH: Final = 64
MAX_PATH: Final = 4096
TEXT_MAX_BYTES: Final = MIB
"""The longest text that is sent as one, and shown instead of saved."""
BACK_BYTES: Final = 34 * MIB
"""How far a stream can go back: what may be under way (32 MiB, protocol.md §5.2) and the records at both ends of it."""
NO_STAMP: Final = bytes(32)
_OPEN_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK
_OPEN_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_LOOK_FIRST_BYTES: Final = MIB
_SMALL_BYTES: Final = 64 * KIB
_SEEN: Final = 6
_UNREADABLE_SHOWN: Final = 20
_READ_ALL: Final = 0o444
_ENTER_ALL: Final = 0o555
_U64: Final = 2**64 - 1


class Source(Protocol):
    """What is sent: the entries, and their bytes back to back."""

    entries: list[Entry]
    notices: list[str]

    def fill(self, view: memoryview) -> int:
        """Fill `view` from the stream; fewer bytes than it holds only at the end of the stream."""

    def seek(self, content_offset: int) -> None:
        """Go on from this byte of the stream, which a record begins with. Raises LocalFileFailed."""

    def stamp(self) -> bytes:
        """32 bytes that stay the same while sizes, times and identity of everything do; zeros if nothing is on a disk."""

    @property
    def current(self) -> int:
        """Number of the entry the last byte came from (index into `entries`)."""

    def close(self) -> None:
        """Close what is open; may be called twice."""


class BytesSource:
    """Bytes held in memory under one entry: text, or a short standard input."""

    def __init__(self, content: bytes, entry: Entry) -> None:
        self.entries = [entry]
        self.notices: list[str] = []
        self.current = 0
        self._content = content
        self._left = memoryview(content)

    @property
    def text(self) -> str:
        """All of it as text; what is no UTF-8 shows as such."""
        return self._content.decode(errors="replace")

    def fill(self, view: memoryview) -> int:
        """See `Source.fill`."""
        n = min(len(view), len(self._left))
        view[:n] = self._left[:n]
        self._left = self._left[n:]
        return n

    def seek(self, content_offset: int) -> None:
        """See `Source.seek`."""
        self._left = memoryview(self._content)[content_offset:]

    def stamp(self) -> bytes:
        """See `Source.stamp`."""
        return NO_STAMP

    def close(self) -> None:
        """Nothing is open."""


class StreamSource:
    """A stream whose length is only known at its end, such as standard input. Its last 32 MiB can be had again."""

    def __init__(self, fd: int, name: str, begun: bytes = b"") -> None:
        self.entries = [Entry(path=name, kind="file", size=None)]
        self.notices: list[str] = []
        self.current = 0
        #: Bytes given out so far; at the end of the stream all of them.
        self.taken = 0
        self._fd = fd
        self._begun = memoryview(begun)
        self._last = _Last(BACK_BYTES)

    def fill(self, view: memoryview) -> int:
        """See `Source.fill`."""
        n = self._last.again(self.taken, view)
        new = min(len(view) - n, len(self._begun))
        view[n : n + new] = self._begun[:new]
        self._begun = self._begun[new:]
        new += _read_full(self._fd, view[n + new :])
        self._last.keep(view[n : n + new])
        self.taken += n + new
        return n + new

    def seek(self, content_offset: int) -> None:
        """See `Source.seek`: only as far back as is still held."""
        if not self._last.begin <= content_offset <= self._last.end:
            raise LocalFileFailed(
                "Standard input cannot be read again from that far back.",
                code="source_gone",
                hint="Send it again; a file can always go on.",
            )
        self.taken = content_offset

    def stamp(self) -> bytes:
        """See `Source.stamp`."""
        return NO_STAMP

    def close(self) -> None:
        """The stream belongs to the caller and stays open."""


class _Last:
    """The last bytes of a stream, in a ring: from `begin` to before `end`."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._ring = bytearray()
        self.end = 0

    @property
    def begin(self) -> int:
        """The first byte that is still held."""
        return max(0, self.end - self._most)

    def keep(self, content: memoryview) -> None:
        """The next bytes of the stream."""
        while len(content):
            at = self.end % self._most
            step = content[: self._most - at]
            # It grows with the stream, so that a short one takes little.
            self._ring[at : at + len(step)] = step
            self.end += len(step)
            content = content[len(step) :]

    def again(self, position: int, view: memoryview) -> int:
        """Fill `view` from `position` with what is held; how many bytes that were."""
        filled = 0
        held = memoryview(self._ring)
        while position < self.end and filled < len(view):
            at = position % self._most
            step = min(self._most - at, self.end - position, len(view) - filled)
            view[filled : filled + step] = held[at : at + step]
            position, filled = position + step, filled + step
        held.release()
        return filled


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
                raise _read_failed(self.entries[number].path, error) from None

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
                raise _changed(entry.path)
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
            raise _vanished(entry.path) from None
        except OSError as error:
            raise _read_failed(entry.path, error) from None
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
            raise _changed(self.entries[self.current].path) from None
        except OSError as error:
            raise _read_failed(self.entries[self.current].path, error) from None
        if n == 0:
            raise _changed(self.entries[self.current].path)
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
            raise _changed(self.entries[self.current].path)

    def _close_file(self) -> None:
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)


def look(paths: list[str]) -> None:
    """Fail early for what can never be sent: missing, unreadable, no file and no folder. Opens and reads nothing.

    Raises LocalFileFailed.
    """
    for given in paths:
        try:
            mode = os.stat(given).st_mode
        except OSError as error:
            raise _read_failed(given, error) from None
        if not (stat.S_ISDIR(mode) or stat.S_ISREG(mode)):
            raise _not_a_file(given)
        if not os.access(given, os.R_OK | (os.X_OK if stat.S_ISDIR(mode) else 0)):
            raise _read_failed(given, PermissionError(errno.EACCES, ""))


def scan(paths: list[str]) -> PathsSource:
    """Everything under the given files and folders. Raises LocalFileFailed if one is missing or unreadable.

    What may not be read inside a folder is left out with a notice: known before the offer, not in the middle of it.
    """
    found: list[Found] = []
    notices: list[str] = []
    unreadable: list[str] = []
    taken: set[str] = set()
    for given in paths:
        try:
            place = os.path.realpath(given, strict=True)
            status = os.stat(place, follow_symlinks=False)
        except OSError as error:
            raise _read_failed(given, error) from None
        name = _top_name(given, place)
        top = _free_name(_on_wire(name, notices, first=True), taken, folder=stat.S_ISDIR(status.st_mode))
        if stat.S_ISDIR(status.st_mode):
            found.extend(_walk(place, top, given.rstrip("/"), status, notices, unreadable=unreadable))
        elif stat.S_ISREG(status.st_mode):
            found.append(Found(_file_entry(top, status), place, status))
        else:
            raise _not_a_file(given)
    notices.extend(
        f"Left out {visible(shown)}: it may not be read." for shown in unreadable[:_UNREADABLE_SHOWN]
    )
    if (more := len(unreadable) - _UNREADABLE_SHOWN) > 0:
        notices.append(f"Left out {more} more that may not be read.")
    return PathsSource(found, notices)


def from_stdin(fd: int, name: str, record_size: int) -> BytesSource | StreamSource:
    """Standard input: of known size if it ends within one record, else open-ended."""
    head = bytearray(record_size)
    n = _read_full(fd, memoryview(head))
    if n < record_size:
        return BytesSource(bytes(head[:n]), Entry(path=name, kind="file", size=n))
    return StreamSource(fd, name, bytes(head))


def from_text(text: str, limit: int) -> BytesSource:
    """A text of at most `limit` bytes of UTF-8."""
    try:
        content = text.encode()
    except UnicodeEncodeError:
        raise UsageError("The text is not valid UTF-8.", code="text_encoding") from None
    if len(content) > limit:
        raise UsageError(f"The text is longer than {limit} bytes. Send it as a file.", code="text_too_long")
    entry = Entry(path="", kind="text", size=len(content), media_type="text/plain")
    return BytesSource(content, entry)


def _walk(
    folder: str, wire: str, shown: str, status: os.stat_result, notices: list[str], *, unreadable: list[str]
) -> Iterator[Found]:
    """`folder` is where it is, `wire` what it is called on the way, `shown` how its person would write it."""
    if wire.count("/") >= MAX_DEPTH or len(wire.encode()) > MAX_PATH:
        raise LocalFileFailed(f"{visible(shown)} is nested too deeply to send.", code="path_too_long")
    try:
        with os.scandir(folder) as listing:
            children = sorted(listing, key=lambda child: os.fsencode(child.name))
    except OSError as error:
        raise _read_failed(shown or "/", error) from None
    taken: set[str] = set()
    for child in children:
        try:
            child_status = child.stat(follow_symlinks=False)
        except OSError as error:
            raise _read_failed(f"{shown}/{child.name}", error) from None
        mode = child_status.st_mode
        is_folder = stat.S_ISDIR(mode)
        if not is_folder and not stat.S_ISREG(mode):
            notices.append(f"Left out {visible(shown + '/' + child.name)}: {_special(mode)}.")
            continue
        # What everybody may read is not asked about: that would be one more system call for each of many files.
        for_all = _ENTER_ALL if is_folder else _READ_ALL
        if mode & for_all != for_all and not os.access(child.path, os.R_OK | (os.X_OK if is_folder else 0)):
            unreadable.append(f"{shown}/{child.name}")
            continue
        name = _free_name(_on_wire(child.name, notices, first=False), taken, folder=is_folder)
        if is_folder:
            below = f"{wire}/{name}"
            yield from _walk(
                child.path, below, f"{shown}/{child.name}", child_status, notices, unreadable=unreadable
            )
        else:
            yield Found(_file_entry(f"{wire}/{name}", child_status), child.path, child_status)
    # Behind what is in it, for its time: whoever makes the files first does not change it again.
    yield Found(Entry("directory", wire, 0, _milliseconds(status)), folder, status)


def _file_entry(wire: str, status: os.stat_result) -> Entry:
    if len(wire) > MAX_PATH // 4 and len(wire.encode()) > MAX_PATH:
        raise LocalFileFailed(f"{visible(wire[:80])}… is nested too deeply to send.", code="path_too_long")
    executable = status.st_mode & stat.S_IXUSR != 0
    return Entry("file", wire, status.st_size, _milliseconds(status), executable)


def _milliseconds(status: os.stat_result) -> int:
    return max(0, status.st_mtime_ns // 1_000_000)


def _top_name(given: str, place: str) -> str:
    """The name as typed; for `.`, `..` and `/` the folder's own."""
    name = os.path.basename(given.rstrip("/"))
    return name if name not in ("", ".", "..") else os.path.basename(place) or "folder"


def _on_wire(name: str, notices: list[str], *, first: bool) -> str:
    mapped = wire_component(name, first=first)
    if mapped != name:
        notices.append(f"{visible(name)} is sent as {visible(mapped)}: its name cannot exist everywhere.")
    return mapped


def _free_name(name: str, taken: set[str], *, folder: bool) -> str:
    if name not in taken:
        taken.add(name)
        return name
    number = 1
    while (free := numbered(name, number, folder=folder)) in taken:
        number += 1
    taken.add(free)
    return free


def _special(mode: int) -> str:
    if stat.S_ISLNK(mode):
        return "it is a link"
    if stat.S_ISSOCK(mode) or stat.S_ISFIFO(mode):
        return "it is a pipe or socket"
    return "it is a device"


def _read_full(fd: int, view: memoryview) -> int:
    n = 0
    while n < len(view):
        try:
            step = os.readv(fd, [view[n:]])
        except OSError as error:
            raise _read_failed("standard input", error) from None
        if step == 0:
            break
        n += step
    return n


def _not_a_file(given: str) -> LocalFileFailed:
    return LocalFileFailed(f"{visible(given)} is neither a file nor a folder.", code="not_a_file")


def _changed(path: str) -> LocalFileFailed:
    return LocalFileFailed(
        f"{visible(path)} changed while it was being sent.",
        code="source_changed",
        hint="Send it again once nothing writes to it.",
        retryable=True,
    )


def _vanished(path: str) -> LocalFileFailed:
    return LocalFileFailed(
        f"{visible(path)} was there when it was offered, and is gone now.", code="source_changed"
    )


def _read_failed(path: str, error: OSError) -> LocalFileFailed:
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return LocalFileFailed(
            f"{visible(path)} does not exist.",
            code="no_such_file",
            hint="Check the spelling, and the folder you are in.",
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return LocalFileFailed(f"{visible(path)} may not be read.", code="not_readable")
    if error.errno == errno.ELOOP:
        return _changed(path)
    return LocalFileFailed(f"{visible(path)} cannot be read: {error.strerror}.", code="not_readable")
