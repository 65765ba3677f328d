"""The book of rendezvous: who waits to meet again, and which room belongs to whom (docs/wire.md §1.5).

A rendezvous is 16 bytes only two clients know. Under each there is one room or nobody's, and each of its two sides
is shown by one connection: who shows it later takes the place. No rules of rooms here; `coming_back` has those.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from peerseal.errors import Refused
from peerseal.server.live.connection import Connection
from peerseal.wire.limits import RENDEZVOUS_PER_CONNECTION, RENDEZVOUS_WAITING_PER_SOURCE
from peerseal.wire.messages import Side

_OTHER: Final[dict[Side, Side]] = {"initiator": "responder", "responder": "initiator"}


@dataclass(slots=True)
class _Entry:
    """One rendezvous. `shown`: who showed which side, waiting or in `room`."""

    room: str | None = None
    shown: dict[Side, Connection] = field(default_factory=dict)


class RendezvousBook:
    """Every rendezvous somebody waits at or has a room under."""

    def __init__(self) -> None:
        self._entries: dict[bytes, _Entry] = {}
        self._of: dict[Connection, dict[bytes, Side]] = {}
        self._rooms: dict[str, dict[bytes, None]] = {}
        self._waiting: Counter[str] = Counter()  # by source network

    def __len__(self) -> int:
        return len(self._entries)

    def room(self, rendezvous: bytes) -> str | None:
        """The room that belongs to it."""
        entry = self._entries.get(rendezvous)
        return None if entry is None else entry.room

    def shown(self, rendezvous: bytes, side: Side) -> Connection | None:
        """Who showed this side last: a member of its room, or else somebody who waits."""
        entry = self._entries.get(rendezvous)
        return None if entry is None else entry.shown.get(side)

    def check(self, me: Connection, rendezvous: bytes, *, waits: bool) -> None:
        """Raise `Refused` (`too_many_requests`) if `me` must not show it; nothing is changed."""
        mine = self._of.get(me, {})
        if rendezvous not in mine and len(mine) >= RENDEZVOUS_PER_CONNECTION:
            raise Refused("too many rendezvous of one connection", code="too_many_requests")
        already = rendezvous in mine and self._entries[rendezvous].room is None
        if waits and not already and self._waiting[me.source] >= RENDEZVOUS_WAITING_PER_SOURCE:
            raise Refused("too many wait to meet again", code="too_many_requests")

    def wait(self, me: Connection, rendezvous: bytes, side: Side) -> None:
        """`me` waits on this side, whoever waited there before. Nobody may have a room under it."""
        self._show(me, rendezvous, side)
        self._waiting[me.source] += 1

    def tether(self, me: Connection, rendezvous: bytes, side: Side, room: str) -> None:
        """`room`, of which `me` is a member, belongs to it. Nobody may wait there or have another room under it."""
        self._show(me, rendezvous, side)
        self._entries[rendezvous].room = room
        self._rooms.setdefault(room, {})[rendezvous] = None

    def meet(self, rendezvous: bytes, room: str) -> None:
        """Both who waited have this room now."""
        entry = self._entries[rendezvous]
        for one in entry.shown.values():
            self._waits_no_more(one)
        entry.room = room
        self._rooms.setdefault(room, {})[rendezvous] = None

    def couple(self, rendezvous: bytes) -> tuple[Connection, Connection] | None:
        """The initiator and the responder, if both wait here."""
        entry = self._entries.get(rendezvous)
        if entry is None or entry.room is not None or len(entry.shown) != len(_OTHER):
            return None
        return entry.shown["initiator"], entry.shown["responder"]

    def waits_of(self, me: Connection) -> list[bytes]:
        """Where `me` waits, in the order in which it came there."""
        return [one for one in self._of.get(me, {}) if self._entries[one].room is None]

    def forget(self, me: Connection, rendezvous: bytes) -> None:
        """`me` shows this one no more; its room, if there is one, still belongs to it."""
        side = self._of[me].pop(rendezvous)
        if not self._of[me]:
            del self._of[me]
        entry = self._entries[rendezvous]
        del entry.shown[side]
        if entry.room is None:
            self._waits_no_more(me)
            if not entry.shown:
                del self._entries[rendezvous]

    def forget_all(self, me: Connection) -> None:
        """`me` has left or is gone."""
        for rendezvous in list(self._of.get(me, {})):
            self.forget(me, rendezvous)

    def room_closed(self, room: str) -> None:
        """Nothing belongs to this room any more, and its members wait for nobody by having had it."""
        for rendezvous in self._rooms.pop(room, {}):
            for one in self._entries.pop(rendezvous).shown.values():
                del self._of[one][rendezvous]
                if not self._of[one]:
                    del self._of[one]

    def _show(self, me: Connection, rendezvous: bytes, side: Side) -> None:
        if rendezvous in self._of.get(me, {}):
            self.forget(me, rendezvous)
        entry = self._entries.get(rendezvous)
        if entry is not None and side in entry.shown:
            self.forget(entry.shown[side], rendezvous)
        self._entries.setdefault(rendezvous, _Entry()).shown[side] = me
        self._of.setdefault(me, {})[rendezvous] = side

    def _waits_no_more(self, one: Connection) -> None:
        self._waiting[one.source] -= 1
        if not self._waiting[one.source]:
            del self._waiting[one.source]


def other_side(side: Side) -> Side:
    """The side across."""
    return _OTHER[side]
