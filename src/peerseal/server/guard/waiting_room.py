"""Connections that have no request under way: how many there may be, and which are cut for others to get in.

A head that drips costs its sender next to nothing and the server a file descriptor for ten seconds. So one network
may have few of them, all together half of what the server can hold, and when it is full the oldest of whoever has most
makes room for whoever comes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple, Protocol

#: Half-open connections of one network that may be older than `GRACE_SECONDS`.
HALF_OPEN_PER_SOURCE: Final = 128
#: So long even a slow line may take to bring its head, however many came at once from there.
GRACE_SECONDS: Final = 1.0
#: Kept free of connections: for the database, stored chunks, and telling those who are too many.
_RESERVED_MOST: Final = 1024
_RESERVED_LEAST: Final = 48
_UNLIMITED: Final = 65_536


class Room(NamedTuple):
    """What so many file descriptors are enough for: connections in all, of one address, and half-open ones in all."""

    connections: int
    per_address: int
    half_open: int

    @classmethod
    def of(cls, open_files: int | None, sockets_per_address: int) -> Room:
        """`open_files`: what the system lets this process have; None for no limit."""
        files = min(open_files or _UNLIMITED, _UNLIMITED)
        connections = max(16, files - min(_RESERVED_MOST, max(_RESERVED_LEAST, files // 4)))
        return cls(connections, max(8, min(sockets_per_address, connections // 2)), connections // 2)


class Cuttable(Protocol):
    """A connection."""

    def make_room(self) -> None:
        """End it at once: its place is needed."""


class Waiting:
    """Connections without a request, by the network they come from, the oldest first."""

    def __init__(
        self, clock: Callable[[], float], *, per_source: int | None = None, in_all: int | None = None
    ) -> None:
        self._clock = clock
        self._per_source = per_source
        self._in_all = in_all
        self._of: dict[str, dict[Cuttable, float]] = {}
        #: The networks that have so many of them, who came to that first in front: finding whom has most takes no search.
        self._having: dict[int, dict[str, None]] = {}
        self._most = 0
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def enter(self, source: str, one: Cuttable) -> None:
        """It waits from now on. One that is too many is cut: an older one, if it had its time."""
        mine = self._of.setdefault(source, {})
        if one not in mine:
            mine[one] = self._clock()
            self._count += 1
            self._now_has(source, len(mine) - 1, len(mine))
        if self._per_source is not None and source and len(mine) > self._per_source:
            self._cut_oldest(source, GRACE_SECONDS)
        elif self._in_all is not None and self._count > self._in_all:
            self.cut_one()

    def leave(self, source: str, one: Cuttable) -> None:
        """It has a request, or is gone; doing it twice is harmless."""
        mine = self._of.get(source)
        if mine is not None and mine.pop(one, None) is not None:
            self._count -= 1
            self._now_has(source, len(mine) + 1, len(mine))
            if not mine:
                del self._of[source]

    def cut_one(self, source: str | None = None) -> bool:
        """End the oldest of this network, or of the one that has most of them; False if there is none."""
        if source is None:
            source = next(iter(self._having.get(self._most, ())), "")
        return source in self._of and self._cut_oldest(source, 0)

    def _now_has(self, source: str, before: int, count: int) -> None:
        if before:
            del self._having[before][source]
            if not self._having[before]:
                del self._having[before]
        if count:
            self._having.setdefault(count, {})[source] = None
        if count > self._most or (before == self._most and before not in self._having):
            self._most = count

    def _cut_oldest(self, source: str, age: float) -> bool:
        oldest, since = next(iter(self._of[source].items()))
        if self._clock() - since < age:
            return False
        self.leave(source, oldest)
        oldest.make_room()
        return True
