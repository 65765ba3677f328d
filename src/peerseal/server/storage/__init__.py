"""The contract for keeping sealed blobs. No engine yet: live transfers touch no disk."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol


class BlobStorage(Protocol):
    """Keeps opaque bytes by name. Names are ids of the server's own making; contents are ciphertext.

    A blob is written once and never changed: it appears whole under its name, or not at all, also after a crash.
    Errors: `NotFound` for a name that is not there, `Refused` (`disk_full`) when there is no room; what was
    written before stays readable then.
    """

    def write(self, name: str, pieces: Iterator[bytes]) -> int:
        """Store the pieces under a new name, durably; the number of bytes. Refuses a name that exists."""

    def read(self, name: str, offset: int, length: int) -> bytes:
        """`length` bytes from `offset`, fewer only at the end."""

    def size(self, name: str) -> int:
        """How many bytes the blob has."""

    def delete(self, name: str) -> None:
        """Remove the blob. A name that is not there is no error."""

    def names(self) -> Iterator[str]:
        """All names, in no order; what comes or goes meanwhile may be among them or not."""
