"""Parks, as the chunks and the sweep see them: who may send and read, and when they are over."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Final

from sqlalchemy import and_, delete, exists, or_, select, update
from sqlalchemy.orm import Session

from peerseal.server.files.parts import DAY_MS, Parts
from peerseal.server.files.sizes import CHUNKS_MAX, SMALL_RECORD, Stream, streams_of
from peerseal.server.files.tickets import TICKET_MS, Grant, WholeKey
from peerseal.server.files.wholes import Whole
from peerseal.server.parking.ledger import Ledger
from peerseal.server.parking.models import ParkReader, ParkRow

#: So long an arriving park waits for its next chunk.
WAITS_MS: Final = DAY_MS
#: So long for its first one, as long as one chunk may take: room that was only asked for is soon free again.
FIRST_MS: Final = 15 * 60 * 1000
#: Of one stream with records below 16 KiB. Files of their own for so little: nobody parks that in earnest.
SMALL_CHUNKS_MAX: Final = 1024
_BATCH: Final = 500


class ParkKind:
    """The kind `park`."""

    def __init__(self, parts: Parts, ledger: Ledger) -> None:
        self._parts = parts
        self._ledger = ledger

    def find(self, session: Session, number: int) -> Whole | None:
        """One whose row is there."""
        park = session.get(ParkRow, number)
        return None if park is None else whole_of(park)

    def allows(self, session: Session, grant: Grant, *, leased: bool) -> bool:  # noqa: ARG002 - parks have none
        """For its sender until it is over; downloads that had begun may finish within their ticket."""
        number = grant.whole.number
        if grant.purpose == "upload":
            return session.get_one(ParkRow, number).expires > self._parts.now()
        reader = exists().where(ParkReader.number == grant.reader_number, ParkReader.park_number == number)
        return bool(session.scalar(select(reader)))

    def coming(self, number: int, length: int) -> None:
        """Counted before it is written, so that no more is written than there is room for."""
        self._ledger.coming(number, length)

    def not_come(self, number: int, length: int) -> None:
        """Given back."""
        self._ledger.not_come(number, length)

    def touch(self, session: Session, number: int) -> None:
        """It is not abandoned: while it arrives, it waits so long again."""
        now = self._parts.now()
        mine = update(ParkRow).where(ParkRow.number == number)
        session.execute(mine.values(touched=now))
        session.execute(mine.where(ParkRow.committed.is_(None)).values(expires=now + WAITS_MS))

    def groups(self, session: Session) -> set[str]:
        """Those of all parks."""
        return set(session.scalars(select(ParkRow.blobs)))

    def untrimmed(self, session: Session) -> list[Whole]:
        """Complete ones that were open."""
        asked = select(ParkRow).where(ParkRow.trimmed.is_(False), ParkRow.committed.is_not(None))
        return [whole_of(park) for park in session.scalars(asked)]

    def trimmed(self, session: Session, numbers: Collection[int]) -> None:
        """They are exact now."""
        session.execute(update(ParkRow).where(ParkRow.number.in_(numbers)).values(trimmed=True))

    def clear(self) -> None:
        """Parks whose time is up."""
        while True:
            with self._parts.database.writing() as session:
                gone = self.forget_expired(session)
            self._parts.gone(gone)
            if len(gone) < _BATCH:
                break
        with self._parts.database.reading() as session:
            self._ledger.keep(set(session.scalars(select(ParkRow.number))))

    def forget_expired(self, session: Session) -> dict[WholeKey, str]:
        """Their rows, at most a batch; for `gone` after the transaction."""
        now = self._parts.now()
        # Nobody can be in the middle of a download where nothing ever came.
        nothing = and_(ParkRow.expires <= now, ParkRow.touched == 0, ParkRow.committed.is_(None))
        over = or_(ParkRow.expires <= now - TICKET_MS, nothing)
        found = list(session.scalars(select(ParkRow).where(over).limit(_BATCH)))
        return forget(session, found)


def forget(session: Session, parks: Collection[ParkRow]) -> dict[WholeKey, str]:
    """Remove the rows of these parks and their readers; for `gone` after the transaction."""
    session.flush()
    session.execute(delete(ParkRow).where(ParkRow.number.in_([park.number for park in parks])))
    return {key_of(park): park.blobs for park in parks}


def key_of(park: ParkRow) -> WholeKey:
    """What its chunks belong to."""
    return WholeKey("park", park.number)


def most_chunks(stream: Stream) -> int:
    """So many of one stream of a park may come."""
    return SMALL_CHUNKS_MAX if stream.record_size < SMALL_RECORD else CHUNKS_MAX


def whole_of(park: ParkRow) -> Whole:
    """A park as its chunks see it."""
    first = (park.manifest_from, park.content_from)
    both = streams_of(park.record_size, park.manifest_bytes, park.content_bytes, first)
    manifest, content = (replace(stream, most=most_chunks(stream)) for stream in both)
    return Whole(key_of(park), park.blobs, manifest, content, park.open, park.touched, park.committed)
