"""Claimers who have a room and say nothing: the code waits for them, and so do others (docs/wire.md §1.3)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from peerseal.server.live.connection import Connection
from peerseal.server.live.rooms import Pair

#: So long after the first word of who shows the code a claimer who says nothing gives way, if somebody else waits;
#: the silence is a point then, and wherever the room ends like this.
GIVE_WAY_SECONDS: Final = 2.0
#: After so many silent ones in a row at a code, the next are given less: nobody waits a minute behind a crowd of them.
MANY: Final = 3
OF_MANY_SECONDS: Final = 0.5


@dataclass(slots=True, eq=False)
class _Silence:
    pair: Pair
    asked: float | None = None
    gave_way: bool = False

    @property
    def claimer(self) -> Connection:
        return self.pair.second


class Silences:
    """Rooms made by code in which the claimer has not spoken yet."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._rooms: dict[str, _Silence] = {}
        self._in_a_row: Counter[Connection] = Counter()  # by who shows the code

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
            del self._in_a_row[silence.pair.first]
        elif silence.asked is None:
            silence.asked = self._clock()

    def end(self, pair: Pair) -> bool:
        """The room has closed; whether its claimer was asked and let others wait."""
        silence = self._rooms.pop(pair.id, None)
        lasted = silence is not None and (silence.gave_way or self._lasts(silence, GIVE_WAY_SECONDS))
        if lasted:
            self._in_a_row[pair.first] += 1
        return lasted

    def give_way(self, waits: Callable[[Connection], bool]) -> list[Pair]:
        """Rooms whose claimer has been silent for long enough, where somebody `waits` for who shows the code."""
        over = [one for one in self._rooms.values() if self._is_over(one) and waits(one.pair.first)]
        for one in over:
            one.gave_way = True
        return [one.pair for one in over]

    def forget(self, owner: Connection) -> None:
        """The code of `owner` is closed."""
        del self._in_a_row[owner]

    def _is_over(self, silence: _Silence) -> bool:
        many = self._in_a_row[silence.pair.first] >= MANY
        return self._lasts(silence, OF_MANY_SECONDS if many else GIVE_WAY_SECONDS)

    def _lasts(self, silence: _Silence, seconds: float) -> bool:
        return silence.asked is not None and self._clock() - silence.asked >= seconds
