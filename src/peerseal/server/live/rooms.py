"""Rooms: exactly two connections that both agreed to meet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from peerseal.errors import Refused
from peerseal.server.live.connection import Connection
from peerseal.wire.messages import RoomMode

#: Rooms that closed, which a member remembers: what was under way to one is no fault, and somebody who claims a code
#: and leaves at once, again and again, closes many before a slow line brings the first of it.
_REMEMBERED: Final = 256


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """A room and its two members."""

    id: str
    mode: RoomMode
    first: Connection
    second: Connection

    def other(self, member: Connection) -> Connection:
        """The one who is not `member`."""
        return self.second if member is self.first else self.first


class Rooms:
    """Every open room, by id."""

    def __init__(self) -> None:
        self._rooms: dict[str, Pair] = {}

    def __len__(self) -> int:
        return len(self._rooms)

    def open(self, room: str, mode: RoomMode, first: Connection, second: Connection) -> Pair:
        """A room of these two, who are in none."""
        pair = Pair(room, mode, first, second)
        self._rooms[room] = pair
        first.room = second.room = room
        return pair

    def get(self, room: str) -> Pair | None:
        """The room, whoever asks."""
        return self._rooms.get(room)

    def of(self, member: Connection, room: str) -> Pair:
        """The room `member` is in. Raises `Refused` the same for a foreign room and one that never was."""
        if member.room == room:
            return self._rooms[room]
        if room in member.closed_rooms:
            raise Refused("the room is closed", code="room_closed")
        raise Refused("you are not connected to that room", code="not_connected")

    def close(self, pair: Pair) -> None:
        """The room is gone; its members remember it for a while, to be told the right reason."""
        del self._rooms[pair.id]
        for member in (pair.first, pair.second):
            member.room = None
            member.closed_rooms = (*member.closed_rooms[1 - _REMEMBERED :], pair.id)
