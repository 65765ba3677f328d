"""A stream that can be read only once, such as standard input, as something to send that can go back a little."""

from __future__ import annotations

import os
from typing import Final

from peerseal.errors import LocalFileFailed
from peerseal.files.bytes_source import BytesSource
from peerseal.files.source import NO_STAMP
from peerseal.files.unreadable import read_failed
from peerseal.protocol.entries import Entry
from peerseal.wire.limits import MIB

BACK_BYTES: Final = 34 * MIB
"""How far a stream can go back: what may be under way (32 MiB, protocol.md §5.2) and the records at both ends of it."""


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


def from_stdin(fd: int, name: str, record_size: int) -> BytesSource | StreamSource:
    """Standard input: of known size if it ends within one record, else open-ended."""
    head = bytearray(record_size)
    n = _read_full(fd, memoryview(head))
    if n < record_size:
        return BytesSource(bytes(head[:n]), Entry(path=name, kind="file", size=n))
    return StreamSource(fd, name, bytes(head))


def _read_full(fd: int, view: memoryview) -> int:
    n = 0
    while n < len(view):
        try:
            step = os.readv(fd, [view[n:]])
        except OSError as error:
            raise read_failed("standard input", error) from None
        if step == 0:
            break
        n += step
    return n
