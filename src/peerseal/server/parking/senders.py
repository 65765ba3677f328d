"""A park's way as its sender takes it: begun, filled, complete, ended (docs/api.md §6)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from peerseal.errors import NotFound
from peerseal.server.accounts.asking import Guest
from peerseal.server.files.parts import Parts
from peerseal.server.files.sizes import streams_of
from peerseal.server.files.tickets import WholeKey
from peerseal.server.guard.problems import HttpProblem
from peerseal.server.parking.kind import FIRST_MS, ParkKind, forget, key_of, most_chunks, whole_of
from peerseal.server.parking.ledger import Ledger, ParkRules
from peerseal.server.parking.models import ParkReader, ParkRow
from peerseal.server.parking.proofs import Proofs
from peerseal.wire import parks as wire
from peerseal.wire.limits import PARK_READERS_MAX
from peerseal.wire.stored import StoreTicket

_HOUR_MS: Final = 3600 * 1000


class Senders:
    """All that somebody with a park's own token may do."""

    def __init__(
        self, parts: Parts, kind: ParkKind, proofs: Proofs, ledger: Ledger, rules: ParkRules
    ) -> None:
        self._parts = parts
        self._kind = kind
        self._proofs = proofs
        self._ledger = ledger
        self._rules = rules

    def new_park(self, guest: Guest, wanted: wire.NewPark) -> StoreTicket:
        """A new park; a ticket to send its chunks."""
        if not self._rules.open:
            raise HttpProblem(403, "parking_closed")
        park = self._new_row(guest, wanted)
        self._ledger.check(park.room)
        self._proofs.work(guest)
        with self._parts.database.writing() as session:
            gone = self._kind.forget_expired(session)
            if session.scalar(select(ParkRow.number).where(ParkRow.id == wanted.park)) is not None:
                raise HttpProblem(409, "exists")
            session.add(park)
            session.flush()
            _add_readers(session, park, wanted.readers)
            self._ledger.admit(session, park)
        self._parts.gone(gone)
        return self._ticket(park, guest)

    def ticket(self, guest: Guest, wanted: wire.ParkToken, park: str) -> StoreTicket:
        """A further ticket to send chunks."""
        row = self._proofs.park(guest, park, wanted.token)
        if row.committed is not None:
            raise HttpProblem(409, "committed")
        return self._ticket(row, guest)

    def add_reader(self, guest: Guest, wanted: wire.AddReader, park: str) -> None:
        """One reader more."""
        number = self._changing(guest, park, wanted.token)
        with self._parts.database.writing() as session:
            row = self._proofs.still(session, number)
            _add_readers(session, row, (wanted.reader,))
            there = select(func.count()).where(ParkReader.park_number == number)
            if session.execute(there).scalar_one() > PARK_READERS_MAX:
                raise HttpProblem(422)

    def closing(self, guest: Guest, wanted: wire.ParkClosing, park: str) -> None:
        """What one reader gets as closing."""
        number = self._changing(guest, park, wanted.token)
        with self._parts.database.writing() as session:
            self._proofs.still(session, number)
            asked = select(ParkReader).where(ParkReader.id == wanted.reader, ParkReader.park_number == number)
            reader = session.scalars(asked).one_or_none()
            if reader is None:
                raise NotFound
            reader.closing = wanted.closing

    def reserve(self, guest: Guest, wanted: wire.ParkSizes, park: str) -> None:
        """New sizes of an open park."""
        row = self._proofs.park(guest, park, wanted.token)
        there = self._listed(guest, row)
        with self._parts.database.writing() as session:
            row = self._proofs.still(session, row.number)
            whole = whole_of(row)
            new = whole.resized(wanted.manifest_bytes, wanted.content_bytes)
            whole.check_reserving(new, there)
            grows = new.space > row.room
            # Only a chunk makes it wait longer.
            self._resize(row, wanted, new.space)
            if grows:
                self._ledger.admit(session, row)

    def commit(self, guest: Guest, wanted: wire.ParkSizes, park: str) -> wire.Park:
        """Nothing more comes, if every chunk is there."""
        row = self._proofs.park(guest, park, wanted.token)
        whole = whole_of(row)
        exact = whole.resized(wanted.manifest_bytes, wanted.content_bytes)
        there = self._listed(guest, row)
        if row.committed is None:
            whole.check_complete(exact, there)
        with self._parts.database.writing() as session:
            row = self._proofs.still(session, row.number)
            if row.committed is not None:
                if (row.manifest_bytes, row.content_bytes) != (wanted.manifest_bytes, wanted.content_bytes):
                    raise HttpProblem(409, "committed")
                return _shown(session, row, there)
            # Never more than was reserved: every chunk that counts was within it.
            self._resize(row, wanted, exact.space)
            row.committed = self._parts.now()
            row.expires = row.committed + self._rules.hours * _HOUR_MS
            row.trimmed = not row.open
            shown = _shown(session, row, there)
            gone = forget_if_done(session, row)
        key = key_of(row)
        self._parts.tickets.kill(lambda grant: grant.whole == key and grant.purpose == "upload")
        self._parts.arrivals.tell(key)
        self._parts.gone(gone)
        return shown

    def look(self, guest: Guest, wanted: wire.ParkToken, park: str) -> wire.Park:
        """How it stands."""
        row = self._proofs.park(guest, park, wanted.token)
        there = self._listed(guest, row)
        with self._parts.database.reading() as session:
            return _shown(session, self._proofs.still(session, row.number), there)

    def end(self, guest: Guest, wanted: wire.ParkToken, park: str) -> None:
        """Gone for everybody."""
        number = self._changing(guest, park, wanted.token)
        with self._parts.database.writing() as session:
            gone = forget(session, [self._proofs.still(session, number)])
        self._parts.gone(gone)

    def _new_row(self, guest: Guest, wanted: wire.NewPark) -> ParkRow:
        readers = {reader.reader for reader in wanted.readers}
        if not readers or len(readers) < len(wanted.readers):
            raise HttpProblem(422)
        first = (wanted.manifest_from, wanted.content_from)
        both = streams_of(wanted.record_size, wanted.manifest_bytes, wanted.content_bytes, first)
        for stream in both:
            stream.check(open_=wanted.open)
            if not wanted.open and stream.chunks - stream.first > most_chunks(stream):
                raise HttpProblem(422)
        return ParkRow(
            id=wanted.park,
            token_hash=wanted.upload,
            source=self._ledger.source(guest.source),
            record_size=wanted.record_size,
            manifest_bytes=wanted.manifest_bytes,
            content_bytes=wanted.content_bytes,
            manifest_from=wanted.manifest_from,
            content_from=wanted.content_from,
            room=sum(stream.space for stream in both),
            stored=0,
            open=wanted.open,
            trimmed=True,
            touched=0,
            expires=self._parts.now() + FIRST_MS,
            blobs=secrets.token_hex(16),
        )

    def _listed(self, guest: Guest, row: ParkRow) -> Mapping[str, int]:
        with self._proofs.listing(guest, whole_of(row).listed):
            there = self._parts.storage.sizes(row.blobs)
        self._proofs.listed(guest, len(there))
        return there

    def _changing(self, guest: Guest, park: str, token: bytes) -> int:
        row = self._proofs.park(guest, park, token)
        self._proofs.work(guest)
        return row.number

    def _ticket(self, park: ParkRow, guest: Guest) -> StoreTicket:
        text, grant = self._parts.tickets.for_parking(park.number, guest.source)
        return StoreTicket(text, grant.expires)

    @staticmethod
    def _resize(row: ParkRow, sizes: wire.ParkSizes, room: int) -> None:
        row.manifest_bytes, row.content_bytes, row.room = sizes.manifest_bytes, sizes.content_bytes, room


def state_of(row: ParkRow) -> wire.ParkState:
    """What its readers and its sender are told."""
    return "arriving" if row.committed is None else "complete"


def forget_if_done(session: Session, row: ParkRow) -> dict[WholeKey, str]:
    """A complete park is over when every reader has all of it; for `gone` after the transaction."""
    session.flush()
    waiting = select(ParkReader.number).where(
        ParkReader.park_number == row.number, ParkReader.done.is_(False)
    )
    if row.committed is None or session.scalar(waiting.limit(1)) is not None:
        return {}
    return forget(session, [row])


def _add_readers(session: Session, park: ParkRow, wanted: tuple[wire.NewReader, ...]) -> None:
    used = select(ParkReader.number).where(ParkReader.id.in_([reader.reader for reader in wanted]))
    if session.scalar(used.limit(1)) is not None:
        raise HttpProblem(409, "exists")
    for reader in wanted:
        session.add(
            ParkReader(id=reader.reader, park_number=park.number, token_hash=reader.token, done=False)
        )
    session.flush()


def _shown(session: Session, row: ParkRow, there: Mapping[str, int]) -> wire.Park:
    asked = select(ParkReader).where(ParkReader.park_number == row.number).order_by(ParkReader.number)
    whole = whole_of(row)
    return wire.Park(
        state_of(row),
        row.expires,
        row.manifest_bytes,
        row.content_bytes,
        whole.manifest.ranges(there),
        whole.content.ranges(there),
        tuple(wire.ReaderState(reader.id, reader.done) for reader in session.scalars(asked)),
    )
