"""The contract for keeping sealed blobs: opaque bytes under names of the server's own making, written once.

An engine is a folder on this machine (`local_disk`) or a service that keeps objects. What follows holds for all,
and one suite of tests holds all of them to it (`tests/server/storage`).

- **Names** are one to four parts of 1 to 64 characters `a-z 0-9`, joined by `/`. The first part is the *group*:
  what belongs together (an upload) and is looked for together. Another name is a defect: `ValueError`.
- **Blobs** have 0 to some 16 MiB; a writer may hold one whole in memory.
- **Written once.** A blob appears whole under its name, or not at all, also after a crash in any instruction. It
  is never changed. Of several writers of one name exactly one wins; the others learn whether their bytes are the
  same (put if absent).
- **Durable** means: there after power was lost. `finish` returns then and not before, and `sizes` lists only
  what is durable.
- **Errors**: `NotFound` for a name that is not there, `Refused` with code `disk_full` when there is no room, and
  `conflict` from `finish`. What was written before stays readable then, and nothing of the attempt remains.
  `OSError` while the place itself does not work (I/O errors, a folder that is gone): for a while, perhaps.
- **Sums**: of each blob the engine keeps a CRC-32 from when it was written, beside it, for finding what has changed
  since by itself. A sum may be missing (older blobs, a power cut); it is no proof against anybody.
- **Threads**: every method may be called from any thread, those of one writer from one at a time. All block.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, Protocol

_NAME: Final = re.compile(r"[a-z0-9]{1,64}(/[a-z0-9]{1,64}){1,3}", re.ASCII)


class BlobWriter(Protocol):
    """One attempt to write one blob. It ends with `finish` or `abort`, whichever comes first."""

    def write(self, pieces: Sequence[bytes | memoryview]) -> None:
        """Append these bytes. Raises `Refused` (`disk_full`); the attempt is over then and nothing is left."""

    def finish(self) -> bool:
        """Make the blob durable and visible, whole. False if one of the same bytes was there already.

        Raises `Refused` (`conflict`) if the name is taken by other bytes, which stay; `Refused` (`disk_full`).
        The attempt is over either way.
        """

    def abort(self) -> None:
        """Nothing was written. Does nothing after the attempt is over."""


class BlobStorage(Protocol):
    """Keeps blobs by name, as the module says."""

    def create(self, name: str) -> BlobWriter:
        """Begin to write a blob. Nobody sees it before `finish`. Raises `Refused` (`disk_full`)."""

    def read(self, name: str, offset: int, length: int) -> bytes:
        """`length` bytes from `offset`, fewer only at the end, none after it."""

    def read_into(self, name: str, offset: int, view: memoryview) -> int:
        """As `read`, into `view`; how many bytes."""

    def descriptor(self, name: str) -> int | None:
        """An open file the kernel can send the blob from, for the caller to close; None where blobs are no files."""

    def size(self, name: str) -> int:
        """How many bytes the blob has."""

    def delete(self, name: str) -> None:
        """Remove the blob. A name that is not there is no error."""

    def delete_group(self, group: str) -> None:
        """Remove every blob of a group. One that is being written meanwhile may remain."""

    def sizes(self, group: str) -> dict[str, int]:
        """The durable blobs of a group: name without the group and its `/` → size. Empty if there are none."""

    def groups(self) -> Iterator[str]:
        """All groups that hold a blob, in no order; what comes or goes meanwhile may be among them or not."""

    def sums(self, group: str) -> dict[str, int]:
        """The CRC-32 that is kept of each blob of a group: name without the group and its `/` → sum."""

    def note_sum(self, name: str, value: int) -> None:
        """Keep this CRC-32 of a blob that has none."""

    def probe(self) -> None:
        """Write, make durable and remove a few bytes. Raises `Refused` (`disk_full`) or `OSError`."""

    def owner(self) -> str | None:
        """Whose blobs these are, as `own` noted; None if nobody has."""

    def own(self, owner: str) -> None:
        """Note durably whose blobs these are: 32 hex digits. Raises `Refused` (`disk_full`)."""

    def sweep(self) -> None:
        """Remove what dead processes left of their attempts. Called once, before the first `create`."""

    def free(self) -> int | None:
        """Bytes of room left; None if nobody can say."""

    def capacity(self) -> int | None:
        """Bytes of room there are in all, used or not; None if nobody can say."""


def check_name(name: str) -> str:
    """`name`, if it has the form every engine takes. Raises `ValueError`."""
    if _NAME.fullmatch(name) is None:
        raise ValueError("not a blob's name")
    return name


def check_group(group: str) -> str:
    """`group`, if it is one. Raises `ValueError`."""
    check_name(f"{group}/0")
    if "/" in group:
        raise ValueError("not a group of blobs")
    return group
