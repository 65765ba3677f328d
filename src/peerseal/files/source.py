"""What is sent, wherever it is: the contract of entries and one contiguous stream of their bytes."""

from __future__ import annotations

from typing import Final, Protocol

from peerseal.protocol.entries import Entry

NO_STAMP: Final = bytes(32)
"""Of what lies on no disk."""


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
