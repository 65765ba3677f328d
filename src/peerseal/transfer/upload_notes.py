"""What an upload notes in its journal: what was begun, and the leaves of each chunk before it leaves this machine.

What the server holds and no leaf tells of cannot be trusted to be what is sealed now. Without a journal (standard
input, a text) nothing is kept and nothing can go on.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from peerseal.client.home import Notice
from peerseal.crypto_engine import Stream, lp, sha256
from peerseal.transfer.about import About
from peerseal.transfer.journal import Journal
from peerseal.transfer.journals import open_or_none
from peerseal.wire.limits import ID_BYTES, RECORDS_PER_CHUNK
from peerseal.wire.value import Value


class Where(Value):
    """Where a journal lies: this user's folder `home`, and its id there."""

    home: str
    id: str
    notice: Notice


def journal_id(words: Sequence[str]) -> str:
    """The id by which the same command (account, paths, recipients) finds its journal again."""
    return sha256(lp(*(word.encode(errors="surrogateescape") for word in words))).hex()[: 2 * ID_BYTES]


class UploadNotes:
    """The journal of one upload, locked while open; with `where` None nothing is kept.

    Raises LocalFileFailed, or Refused (`busy`) if another process works on the same upload.
    """

    def __init__(self, where: Where | None) -> None:
        self._where = where
        self._journal: Journal | None = None
        self._begun: About | None = None
        if where is not None:
            self._journal = open_or_none(where.home, where.id)
            self._begun = None if self._journal is None else self._journal.about

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def begun(self) -> About | None:
        """What was begun, now or by an earlier run."""
        return self._begun

    @property
    def keeps(self) -> bool:
        """Whether a later run can go on from here."""
        return self._journal is not None and self._begun is not None

    def begin(self, about: About) -> None:
        """Forget what was there and note what begins now."""
        self._begun = about
        if self._where is None:
            return
        if self._journal is None:
            self._journal = Journal.create(
                self._where.home, about, self._where.notice, journal_id=self._where.id
            )
        else:
            self._journal.begin_anew(about)

    def sealed(self, stream: Stream, chunk: int, leaves: bytes) -> None:
        """Note the leaves of a chunk that is about to leave. Any thread may."""
        if self._journal is not None:
            # Slots are 32 bytes, as leaves are: one call for all of them.
            self._journal.mark(stream, chunk * RECORDS_PER_CHUNK, leaves)

    def stored(self, size: int) -> None:
        """So many bytes of the content are up, as the server acknowledged. One thread at a time."""
        journal = self._journal
        if journal is not None and size > journal.acks.bytes:  # less: an earlier run's chunks are read again
            journal.acked(0, 0, size)

    def leaves(self, stream: Stream, chunk: int, count: int) -> bytes | None:
        """The `count` leaves an earlier run noted for a chunk; None if it did not."""
        journal = self._journal
        return None if journal is None else journal.slots(stream, chunk * RECORDS_PER_CHUNK, count)

    def discard(self) -> None:
        """Remove it: the upload is done or given up."""
        journal, self._journal, self._begun = self._journal, None, None
        if journal is not None:
            journal.discard()

    def close(self) -> None:
        """Close it; may be called twice."""
        if self._journal is not None:
            self._journal.close()
