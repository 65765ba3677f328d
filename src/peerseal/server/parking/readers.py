"""A park as those see it whom it is for: how it stands, its chunks, and that they have all of it (docs/api.md §6)."""

from __future__ import annotations

from peerseal.errors import NotFound
from peerseal.server.accounts.asking import Guest
from peerseal.server.files.parts import Parts
from peerseal.server.parking.models import ParkReader
from peerseal.server.parking.proofs import Proofs
from peerseal.server.parking.senders import forget_if_done, state_of
from peerseal.wire import parks as wire
from peerseal.wire.stored import StoreTicket


class Readers:
    """All that somebody with a reader's token may do."""

    def __init__(self, parts: Parts, proofs: Proofs) -> None:
        self._parts = parts
        self._proofs = proofs

    def look(self, guest: Guest, wanted: wire.ParkToken, reader: str) -> wire.Parked:
        """How it stands."""
        row, park = self._proofs.reader(guest, reader, wanted.token)
        return wire.Parked(
            state_of(park),
            park.expires,
            park.record_size,
            park.manifest_bytes,
            park.content_bytes,
            park.open,
            park.manifest_from,
            park.content_from,
            row.closing,
        )

    def ticket(self, guest: Guest, wanted: wire.ParkToken, reader: str) -> StoreTicket:
        """A ticket for its chunks."""
        row, park = self._proofs.reader(guest, reader, wanted.token)
        text, grant = self._parts.tickets.for_reader(park.number, row.number, guest.source)
        return StoreTicket(text, grant.expires)

    def done(self, guest: Guest, wanted: wire.ParkToken, reader: str) -> None:
        """This reader holds all of it. Again is fine, while there is anything."""
        row, park = self._proofs.reader(guest, reader, wanted.token)
        if row.done:
            return
        self._proofs.work(guest)
        with self._parts.database.writing() as session:
            park = self._proofs.still(session, park.number)
            mine = session.get(ParkReader, row.number)
            if mine is None:
                raise NotFound
            mine.done = True
            gone = forget_if_done(session, park)
        self._parts.gone(gone)
