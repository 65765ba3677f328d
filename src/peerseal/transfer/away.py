"""When the receiver has gone: the rest is parked on the server, sealed as it is, and the sender may leave (protocol.md §17)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Literal

from peerseal.crypto_engine import ParkSecret
from peerseal.errors import NotFound, PeersealError, Refused
from peerseal.transfer.comeback import Bond
from peerseal.transfer.events import Event, Notice, Parked, Path
from peerseal.transfer.keeping import Keeping
from peerseal.transfer.outgoing import Outgoing
from peerseal.transfer.progress import Meter
from peerseal.wire.limits import RECORDS_PER_CHUNK

if TYPE_CHECKING:
    from peerseal.client.parks import ParkPass, ParkPlan
    from peerseal.client.settings import ServerUrl
    from peerseal.transfer.about import Parked as Made
    from peerseal.transfer.lanes import Wanted
    from peerseal.transfer.parked_marks import ParkedMarks
    from peerseal.transfer.parking import Parking
    from peerseal.transfer.send import Parcel
    from peerseal.transport.park_up import ParkingEnd

Store = Literal["auto", "always", "never"]
PATIENCE_SECONDS: Final = 10.0
"""How long somebody may be absent before the rest is parked."""


class Away:
    """What one sender does about a receiver that has left."""

    def __init__(  # noqa: PLR0917 - one transfer is many things
        self,
        bond: Bond,
        parcel: Parcel,
        outgoing: Outgoing,
        meter: Meter,
        tell: Callable[[Event], None],
        keeping: Keeping,
        *,
        store: Store,
        paths: Wanted,
        park: ParkSecret,
    ) -> None:
        """`park`: the secret of the channel that carried the file key. Who wants only direct paths parks nothing."""
        self._bond = bond
        self._parcel = parcel
        self._outgoing = outgoing
        self._meter = meter
        self._tell = tell
        self._keeping = keeping
        self._parks = store != "never" and paths != "direct"
        self._secret = park
        #: Everything the receiver missed went over the server's disk.
        self.parked = False

    def is_due(self, seconds: float) -> bool:
        """Whether to park, after so many seconds without the receiver."""
        return seconds >= PATIENCE_SECONDS and self._may()

    def helps(self, error: PeersealError) -> bool:
        """Whether a transfer that ended so may finish by parking: the receiver has left, and said neither no nor wrong."""
        return error.code == "peer_left" and self._may()

    def park(self) -> int | None:
        """Everything the receiver misses goes onto the server; until when it lies there (ms since 1970).

        0 if the receiver has taken all of it meanwhile. None if this server parks nothing: then nothing has changed,
        and it is not asked again.
        """
        try:
            parking = self._begin()
        except Refused as error:
            self._parks = False
            self._tell(Notice(f"{error.message} {error.hint}".strip()))
            return None
        try:
            # From now on the receiver shall not meet somebody who is busy with the server.
            self._bond.close()
            end = parking.end()
            self._tell(Path(end.kind, end.detail))
            expires = self._fill(end)
        finally:
            parking.close()
        self.parked = True
        if expires:
            self._keeping.parked(parking.own, expires)
            self._tell(Parked(expires, self._bond.name))
        return expires

    def _begin(self) -> Parking:
        server, journal = self._bond.returning.server, self._keeping.journal
        live = None if journal is None else journal.about.live
        if live is not None and live.parked is not None and self._outgoing.parked is not None:
            try:
                return self._begin_again(server, live.parked, self._outgoing.parked)
            except NotFound:
                # The receiver may hold some of it. With another one, nobody could tell what it holds any more.
                raise _park_is_gone(self._bond.name) from None
        from peerseal.client.parks import ParkPass
        from peerseal.transfer.parked_marks import ParkedMarks
        from peerseal.transfer.parking import Parking

        manifest, content = self._acked()
        plan = self._plan(manifest, content)
        own = ParkPass.new()
        parking = Parking.begin(server, plan, [self._secret], own)
        self._note(own)
        if journal is not None:
            journal.parked_cut()
        self._go_to(
            plan.manifest_from * RECORDS_PER_CHUNK,
            plan.content_from * RECORDS_PER_CHUNK,
            ParkedMarks(self._outgoing.marks, manifest, content, journal),
        )
        return parking

    def _begin_again(self, server: ServerUrl, was: Made, parked: ParkedMarks) -> Parking:
        """Go on with the park of a former process: what is there stays as it was sealed. Raises NotFound if it is gone."""
        from peerseal.client.parks import ParkPass
        from peerseal.transfer.parking import Parking

        plan = self._plan(parked.first["manifest"], parked.first["content"])
        parking = Parking.resume(server, plan, ParkPass(was.park, bytes(was.token)))
        try:
            manifest, content = parking.positions()
        except BaseException:
            parking.close()
            raise
        self._go_to(manifest, content, parked)
        return parking

    def _plan(self, manifest: int, content: int) -> ParkPlan:
        from peerseal.transfer.parking import plan_of

        parcel = self._parcel
        return plan_of(parcel.file.record_size, len(parcel.head), parcel.total, manifest, content)

    def _go_to(self, manifest: int, content: int, parked: ParkedMarks) -> None:
        self._outgoing.park_from(manifest, content, parked)
        self._meter.go_back(self._outgoing.bytes_of(content))

    def _fill(self, end: ParkingEnd) -> int:
        """Until when it is there; 0 if nothing need be: the receiver may take it faster than the server is told its end."""
        try:
            self._outgoing.run(end, lambda _content: None)
            end.finish()
        except NotFound:
            if not end.unanswered:
                raise
            return 0
        finally:
            end.close()
        return 0 if end.taken else end.expires

    def _acked(self) -> tuple[int, int]:
        conversation, journal = self._bond.now, self._keeping.journal
        if conversation is not None and conversation.held.acked.id:
            manifest, content, size = conversation.held.acked[1:]
            if journal is not None:
                journal.acked(manifest, content, size)
            return manifest, content
        return journal.acks[:2] if journal is not None else (0, 0)

    def _may(self) -> bool:
        """Nobody reads what is parked without the file key, which goes through a channel only."""
        return self._parks and self._bond.key_arrived and not self._has_everything()

    def _has_everything(self) -> bool:
        """Whether the receiver holds every record and only has to say so."""
        conversation = self._bond.now
        return conversation is not None and conversation.held.everything

    def _note(self, own: ParkPass) -> None:
        from peerseal.transfer import about

        journal = self._keeping.journal
        if journal is not None and journal.about.live is not None:
            parked = about.Parked(own.id, own.token)
            live = about.Live(**{**vars(journal.about.live), "parked": parked})
            journal.replace(about.About(**{**vars(journal.about), "live": live}))


def _park_is_gone(name: str) -> Refused:
    return Refused(
        "What was left on the server before is gone from there.",
        code="not_found",
        hint=f"Unless {name} has fetched all of it, the rest goes over when both are there.",
    )
