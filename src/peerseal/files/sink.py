"""Where received bytes go: the contract, and its two simple forms, standard output and memory."""

from __future__ import annotations

import errno
import os
from typing import Protocol

from peerseal.errors import IntegrityFailed, LocalFileFailed, UsageError
from peerseal.files.names import visible
from peerseal.protocol.entries import Entry


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

    def notices(self) -> list[str]:
        """After `finish`: what the person should know of it, names that are others here."""

    def abort(self) -> None:
        """Leave nothing behind. May be called twice and after `finish`, when it does nothing."""

    def kept(self) -> None:
        """Close it and leave what is there for a later process, if this sink can: then `abort` does nothing."""

    @property
    def current(self) -> str:
        """The path of the entry being written, for showing."""


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
                raise write_failed("standard output", error) from None

    def finish(self) -> list[str]:
        """See `Sink.finish`."""
        return []

    def placed(self) -> list[str]:
        """See `Sink.placed`."""
        return []

    def notices(self) -> list[str]:
        """See `Sink.notices`."""
        return []

    def abort(self) -> None:
        """See `Sink.abort`: what was written cannot be taken back; the exit code says so."""

    def kept(self) -> None:
        """See `Sink.kept`: no later process can go on with it."""


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

    def notices(self) -> list[str]:
        """See `Sink.notices`."""
        return []

    def abort(self) -> None:
        """See `Sink.abort`."""
        self.content.clear()

    def kept(self) -> None:
        """See `Sink.kept`: no later process can go on with it."""
        self.abort()


def no_space(path: str) -> LocalFileFailed:
    """The disk that `path` is on is full."""
    return LocalFileFailed(
        f"There is not enough space for this in {visible(path)}.",
        code="no_space",
        hint="Free some space or choose another folder with -o.",
        retryable=True,
    )


def write_failed(path: str, error: OSError, folder: str | None = None) -> LocalFileFailed:
    """The typed error for a system call on `path` that failed. `folder`: where it lies, which is what may be full."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return no_space(folder or path)
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return LocalFileFailed(f"The folder {visible(path)} does not exist.", code="no_such_folder")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return LocalFileFailed(f"{visible(path)} may not be written.", code="not_writable")
    return LocalFileFailed(f"{visible(path)} cannot be written: {error.strerror}.", code="not_writable")
