"""Two who were cut off meet again: the rules of `rejoin` (docs/wire.md §1.5).

Who knows the 16 bytes is one of the two, and the newest who shows a side is believed: the room it was in before may
be open only because nobody has noticed yet that its connection is dead. Who does not know them changes nothing, and
learns nothing: the reply is the same whoever waits.
"""

from __future__ import annotations

from collections.abc import Callable

from peerseal.errors import Refused
from peerseal.server.live.connection import Connection
from peerseal.server.live.pairing import Pairing
from peerseal.server.live.rendezvous import RendezvousBook, other_side
from peerseal.server.live.rooms import Pair
from peerseal.wire.messages import Done, Rejoin


class ComingBack:
    """Rooms that belong to a rendezvous, and those who wait at one."""

    def __init__(
        self,
        book: RendezvousBook,
        pairing: Pairing,
        later: Callable[[Callable[[], None]], object],
    ) -> None:
        self._book = book
        self._pairing = pairing
        self._later = later
        pairing.on_closed(self._room_closed)

    def rejoin(self, me: Connection, message: Rejoin) -> Done:
        """Raises `Refused`: `busy`, `too_many_requests`, `not_connected`, `room_closed`."""
        if message.room is None:
            self._wait(me, message)
        else:
            self._tether(me, message, message.room)
        return Done()

    def forget(self, me: Connection) -> None:
        """`me` has left or is gone."""
        self._book.forget_all(me)

    def _wait(self, me: Connection, message: Rejoin) -> None:
        if me.room is not None:
            raise Refused("you are connected to somebody already", code="busy")
        self._book.check(me, message.rendezvous, waits=True)
        room = self._book.room(message.rendezvous)
        if room is not None:
            self._pairing.close_over(room, "taken_over")
        self._book.wait(me, message.rendezvous, message.side)
        self._later(lambda: self._meet(message.rendezvous))  # the reply comes before the room

    def _tether(self, me: Connection, message: Rejoin, room: str) -> None:
        self._pairing.member_of(me, room)
        self._book.check(me, message.rendezvous, waits=False)
        before = self._book.room(message.rendezvous)
        if before is not None and before != room:
            self._pairing.close_over(before, "taken_over")
        elif self._contested(me, message):
            self._pairing.close_over(room, "taken_over")
            raise Refused("the room is closed", code="room_closed")
        self._book.tether(me, message.rendezvous, message.side, room)

    def _contested(self, me: Connection, message: Rejoin) -> bool:
        """Whether somebody who is not the other member of this room has shown a side: one of its members is back."""
        across = self._book.shown(message.rendezvous, other_side(message.side))
        same = self._book.shown(message.rendezvous, message.side)
        waits = self._book.room(message.rendezvous) is None
        return same not in (None, me) or (waits and across not in (None, me))

    def _meet(self, rendezvous: bytes) -> None:
        couple = self._book.couple(rendezvous)
        if couple is None or any(one.room is not None or one.peer is None for one in couple):
            return  # who is busy meets when that room is closed
        self._book.meet(rendezvous, self._pairing.open(*couple, "resume").id)

    def _room_closed(self, pair: Pair) -> None:
        self._book.room_closed(pair.id)
        for member in (pair.first, pair.second):
            for rendezvous in self._book.waits_of(member):
                self._later(lambda rendezvous=rendezvous: self._meet(rendezvous))  # type: ignore[misc]
