"""Claimers who have a room and say nothing: the code waits for them, and so do others (docs/wire.md §1.3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from peerseal.server.live.connection import Connection
from peerseal.server.live.rooms import Pair

#: So long after the first word of who shows the code a claimer who says nothing gives way, if somebody else waits;
#: the silence is a point then, and wherever the room ends like this.
GIVE_WAY_SECONDS: Final = 2.0


@dataclass(slots=True, eq=False)
class _Silence:
    pair: Pair
    asked: float | None = None

    @property
    def claimer(self) -> Connection:
        return self.pair.second


class Silences:
    """Rooms made by code in which the claimer has not spoken yet."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._rooms: dict[str, _Silence] = {}

    def begin(self, pair: Pair) -> None:
        """A room by code has opened; the first of its members shows the code, the second claimed it."""
        self._rooms[pair.id] = _Silence(pair)

    def said(self, member: Connection, room: str) -> None:
        """`member` said something in this room."""
        silence = self._rooms.get(room)
        if silence is None:
            return
        if member is silence.claimer:
            del self._rooms[room]
        elif silence.asked is None:
            silence.asked = self._clock()

    def end(self, pair: Pair) -> bool:
        """The room has closed; whether its claimer was asked and let others wait."""
        silence = self._rooms.pop(pair.id, None)
        return silence is not None and self._lasts(silence)

    def that_last(self) -> list[Pair]:
        """Rooms whose claimer has been silent for long enough to give way."""
        return [one.pair for one in self._rooms.values() if self._lasts(one)]

    def _lasts(self, silence: _Silence) -> bool:
        return silence.asked is not None and self._clock() - silence.asked >= GIVE_WAY_SECONDS
