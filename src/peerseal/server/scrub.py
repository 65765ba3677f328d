"""Looks for stored chunks that have changed or gone by themselves, slowly, beside everything else the server does.

It needs no key: every chunk of what is complete must be there, with the length its row implies and the CRC-32 it was
written with. A chunk without a sum (from before there were sums, or after a power cut) gets the one that is found.
What is damaged stays where it is: its readers refuse it by themselves, and some of a file may still be of use. It is
remembered (`damage`) and looked at again every ten minutes, so that who puts it back sees that it is whole.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
import zlib
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from peerseal.errors import NotFound
from peerseal.server.damage import Damage, Ledger
from peerseal.server.database import Database
from peerseal.server.files.models import StoredFile, StoredVersion
from peerseal.server.files.sizes import Stream
from peerseal.server.files.uploads import whole_of as upload_of
from peerseal.server.files.wholes import Whole
from peerseal.server.parking.kind import whole_of as park_of
from peerseal.server.parking.models import ParkRow
from peerseal.server.storage import BlobStorage
from peerseal.wire.damage import DamagedKind, Fault
from peerseal.wire.limits import KIB, MIB

LOG: Final = logging.getLogger("peerseal.server")
#: Bytes a second the server reads for this.
PACE: Final = 4 * MIB
#: From one pass to the next, and before the first.
REST_SECONDS: Final = 6 * 3600
FIRST_SECONDS: Final = 600
#: What is known to be damaged is looked at again so often, and so long after the start.
AGAIN_SECONDS: Final = 600
SOON_SECONDS: Final = 3
_PIECE: Final = 256 * KIB
_BATCH: Final = 100


@dataclass(frozen=True, slots=True)
class ScrubReport:
    """What was looked at since the start, and what is damaged. `last`: ms, None for never."""

    passes: int
    chunks: int
    bytes: int
    last: int | None
    damaged: tuple[Damage, ...]


@dataclass(frozen=True, slots=True)
class _Kept:
    """Something complete."""

    kind: DamagedKind
    id: str
    version: int
    whole: Whole


class Scrub:
    """One for a server. `contents`: read the chunks, not only their lengths. `notes`: keep sums that are missing.

    `pace`: bytes a second, None for no limit. `found` is told of each damage once; `ledger` remembers them.
    """

    def __init__(
        self,
        database: Database,
        storage: BlobStorage,
        *,
        pace: int | None = PACE,
        contents: bool = True,
        notes: bool = True,
        found: Callable[[Damage], object] = lambda damage: LOG.error("damaged: %s", damage),
        ledger: Ledger | None = None,
        now: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        self._database, self._storage = database, storage
        self._pace, self._contents, self._notes = pace, contents, notes
        self._found = found
        self._ledger = ledger or Ledger(None, now)
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self._passes = self._chunks = self._bytes = 0
        self._again = time.monotonic()

    def start(self, first: float = FIRST_SECONDS, rest: float = REST_SECONDS) -> None:
        """Pass after pass in a thread of its own, until `close`."""
        self._thread = threading.Thread(target=self._go_on, args=(first, rest), name="scrub", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End, within a piece of a chunk."""
        self._over.set()
        if self._thread is not None:
            self._thread.join(5)

    def report(self) -> ScrubReport:
        """As it stands; from any thread."""
        damaged = tuple(one.damage for one in self._ledger.all())
        return ScrubReport(self._passes, self._chunks, self._bytes, self._ledger.last, damaged)

    def run(self, *, anywhere: bool = False) -> None:
        """One pass. `anywhere`: begin in the middle, so that a server that never runs long gets around too."""
        self.look_again()
        for kept in self._everything(anywhere=anywhere):
            if self._over.is_set():
                return
            self._look(kept)
            if time.monotonic() - self._again >= AGAIN_SECONDS:
                self.look_again()
        self._passes += 1
        self._ledger.passed()
        self._ledger.save()

    def look_again(self) -> None:
        """At what is known to be damaged, alone; what is not meant to be there any more is forgotten."""
        self._again = time.monotonic()
        chunks: dict[str, set[str]] = {}
        for known in self._ledger.all():
            chunks.setdefault(known.damage.group, set()).add(known.damage.chunk)
        groups = list(chunks)
        with self._database.reading() as session:
            found = [*self._uploads(session, 0, groups), *self._parks(session, 0, groups)]
        self._ledger.forget(chunks.keys() - {kept.whole.group for _, kept in found})
        for _, kept in found:
            self._look(kept, chunks[kept.whole.group])
        self._ledger.save()

    def _go_on(self, first: float, rest: float) -> None:
        wait = min(first, SOON_SECONDS if self._ledger.all() else AGAIN_SECONDS)
        left = first - wait
        while not self._over.wait(wait):
            whole = left <= 0
            left, wait = (rest if whole else left), AGAIN_SECONDS
            wait = min(left, wait)
            left -= wait
            try:
                self.run(anywhere=True) if whole else self.look_again()
            except Exception as failed:  # noqa: BLE001 - the next pass does what this one could not
                LOG.error("the look through stored files ended early (%s)", type(failed).__name__)  # noqa: TRY400

    def _everything(self, *, anywhere: bool) -> Iterator[_Kept]:
        for batch, row in ((self._uploads, StoredVersion), (self._parks, ParkRow)):
            middle = self._number(row) if anywhere else 0
            for first, last in ((middle, None), (0, middle)):
                after = first
                while True:
                    with self._database.reading() as session:
                        found = batch(session, after)
                    for number, kept in found:
                        if last is None or number <= last:
                            yield kept
                    if len(found) < _BATCH or (last is not None and found[-1][0] > last):
                        break
                    after = found[-1][0]

    def _number(self, row: type[StoredVersion | ParkRow]) -> int:
        """One somewhere among those there are."""
        with self._database.reading() as session:
            return secrets.randbelow((session.scalar(select(func.max(row.number))) or 0) + 1)

    @staticmethod
    def _uploads(session: Session, after: int, groups: list[str] | None = None) -> list[tuple[int, _Kept]]:
        asked = (
            select(StoredFile.id, StoredVersion)
            .join(StoredFile, StoredFile.number == StoredVersion.file_number)
            .where(StoredVersion.kept.is_(True), StoredVersion.committed.is_not(None))
            .where(StoredVersion.number > after)
            .order_by(StoredVersion.number)
        )
        asked = asked.limit(_BATCH) if groups is None else asked.where(StoredVersion.blobs.in_(groups))
        return [
            (row.number, _Kept("file", id_, row.version, upload_of(row)))
            for id_, row in session.execute(asked)
        ]

    @staticmethod
    def _parks(session: Session, after: int, groups: list[str] | None = None) -> list[tuple[int, _Kept]]:
        asked = (
            select(ParkRow)
            .where(ParkRow.committed.is_not(None), ParkRow.number > after)
            .order_by(ParkRow.number)
        )
        asked = asked.limit(_BATCH) if groups is None else asked.where(ParkRow.blobs.in_(groups))
        return [(row.number, _Kept("park", row.id, 0, park_of(row))) for row in session.scalars(asked)]

    def _look(self, kept: _Kept, only: Collection[str] | None = None) -> None:
        """At every chunk of it, or at some."""
        group = kept.whole.group
        there, sums = self._storage.sizes(group), self._storage.sums(group)
        for stream in (kept.whole.manifest, kept.whole.content):
            for n in range(stream.first, stream.chunks):
                if only is not None and stream.blob(n) not in only:
                    continue
                if self._over.is_set():
                    return
                fault = self._fault(group, stream, n, there.get(stream.blob(n)), sums)
                self._chunks += 1
                self._judge(kept, stream.blob(n), fault)
        self._ledger.save()

    def _fault(
        self, group: str, stream: Stream, n: int, length: int | None, sums: dict[str, int]
    ) -> Fault | None:
        if length is None:
            return "missing"
        if length != stream.length(n):
            return "length"
        return self._content(f"{group}/{stream.blob(n)}", length, sums.get(stream.blob(n)))

    def _content(self, name: str, length: int, expected: int | None) -> Fault | None:
        if not self._contents:
            return None
        try:
            value = self._sum(name, length)
        except NotFound:
            return "missing"
        except OSError:
            return "unreadable"
        if expected is None and value is not None and self._notes:
            self._storage.note_sum(name, value)
        return "content" if None not in (value, expected) and value != expected else None

    def _sum(self, name: str, length: int) -> int | None:
        """The chunk's CRC-32 as it is now; None if there was no time to finish."""
        value = done = 0
        while done < length:
            began = time.monotonic()
            piece = self._storage.read(name, done, min(_PIECE, length - done))
            value = zlib.crc32(piece, value)
            done += len(piece)
            self._bytes += len(piece)
            if not piece:
                raise NotFound("it has become shorter")
            if self._pace is not None:
                left = len(piece) / self._pace - (time.monotonic() - began)
                if self._over.wait(max(0.0, left)):
                    return None
        return value

    def _judge(self, kept: _Kept, chunk: str, fault: Fault | None) -> None:
        group = kept.whole.group
        if fault is None:
            self._ledger.mend(group, chunk)
        elif not self._still(kept):
            self._ledger.forget({group})
        else:
            damage = Damage(kept.kind, kept.id, kept.version, group, chunk, fault)
            if self._ledger.note(damage):
                self._found(damage)

    def _still(self, kept: _Kept) -> bool:
        """Whether it is meant to be there: not deleted, or let go of, while it was looked at."""
        key = kept.whole.key
        with self._database.reading() as session:
            if key.kind == "park":
                return session.get(ParkRow, key.number) is not None
            version = session.get(StoredVersion, key.number)
            return version is not None and version.kept and version.blobs == kept.whole.group
