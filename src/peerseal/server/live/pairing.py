"""How rooms come to be and end, whoever asked for it: who is told, and what becomes of all else their members were about."""

from __future__ import annotations

from collections.abc import Callable

from peerseal.errors import Refused
from peerseal.server.live.codes import Codes
from peerseal.server.live.connection import Connection
from peerseal.server.live.lobby import Lobbies
from peerseal.server.live.outgoing import Outgoing
from peerseal.server.live.requests import Ask, Requests
from peerseal.server.live.rooms import Pair, Rooms
from peerseal.server.relay.switchboard import Switchboard
from peerseal.wire.messages import Notice, RequestEnded, Room, RoomClosed, RoomMode


class Pairing:
    """Opens and closes rooms. `closed` is called after each end."""

    def __init__(
        self,
        switchboard: Switchboard,
        lobbies: Lobbies,
        requests: Requests,
        codes: Codes,
        new_id: Callable[[], str],
    ) -> None:
        self._switchboard = switchboard
        self._lobbies = lobbies
        self._requests = requests
        self._codes = codes
        self._new_id = new_id
        self._rooms = Rooms()
        self._closed: list[Callable[[Pair], None]] = []
        self._opened: list[Callable[[Pair], None]] = []

    def on_closed(self, closed: Callable[[Pair], None]) -> None:
        """`closed` is to hear of every room that ends."""
        self._closed.append(closed)

    def on_opened(self, opened: Callable[[Pair], None]) -> None:
        """`opened` is to hear of every room that begins; the second of its members asked for it."""
        self._opened.append(opened)

    def open(
        self,
        first: Connection,
        second: Connection,
        mode: RoomMode,
        first_request: str | None = None,
        second_request: str | None = None,
    ) -> Pair:
        """A room of these two, who have joined and are in none; both are told."""
        pair = self._rooms.open(self._new_id(), mode, first, second)
        for member in (first, second):
            self._lobbies.unlist(member)
            for ask in self._requests.take_of(member):
                _ask_is_moot(ask, member)
            self._codes.withdraw(member)
        for member, request in ((first, first_request), (second, second_request)):
            peer = pair.other(member).peer
            if peer is not None:
                member.tell(Outgoing.of(Room(pair.id, peer, request, mode)))
        for opened in self._opened:
            opened(pair)
        return pair

    def member_of(self, me: Connection, room: str) -> Pair:
        """The room `me` is in. Raises `Refused` for any other, whose members learn that somebody tried."""
        try:
            return self._rooms.of(me, room)
        except Refused:
            pair = self._rooms.get(room)
            if pair is not None:
                for member in (pair.first, pair.second):
                    member.tell(Outgoing.of(Notice(room, "third_party")))
            raise

    def close_by(self, member: Connection, code: str) -> None:
        """`member` ends the room it is in, if any; the other is told how."""
        pair = self._rooms.get(member.room or "")
        if pair is not None:
            self._close(pair, code, (pair.other(member),))

    def close_over(self, room: str, code: str) -> None:
        """Somebody else's act ends this room: both are told. Neither is waited for, as one may be half dead."""
        pair = self._rooms.get(room)
        if pair is not None:
            self._close(pair, code, (pair.first, pair.second))

    def _close(self, pair: Pair, code: str, told: tuple[Connection, ...]) -> None:
        self._rooms.close(pair)
        self._switchboard.cut_room(pair.id)
        for member in told:
            member.tell(Outgoing.of(RoomClosed(pair.id, code)))
        for closed in self._closed:
            closed(pair)


def request_ended(request: str, code: str) -> Outgoing:
    """What an asker or an asked is told."""
    return Outgoing.of(RequestEnded(request, code))


def _ask_is_moot(ask: Ask, busy: Connection) -> None:
    other = ask.asked if ask.asker is busy else ask.asker
    other.tell(request_ended(ask.id, "busy"))
    busy.tell(request_ended(ask.id, "busy"))
