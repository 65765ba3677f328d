"""A nameplate: the public half of a code. One allocator, and a queue of those who were told it (docs/wire.md §1.3).

Whoever has many addresses must not keep anybody from their turn: turns go round by network, then by address, and
a full queue makes place for somebody of a network (then address) with fewer claims in it than the one with most.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from peerseal.errors import Refused
from peerseal.server.guard.detector.subjects import network_of
from peerseal.server.live.connection import Connection
from peerseal.server.live.shares import gives_way

_QUEUE_MAX: Final = 100
#: So many claims of one network wait for one nameplate: a class may all use the same code, and fills no line alone.
QUEUE_PER_NETWORK: Final = 25


@dataclass(frozen=True, slots=True, eq=False)
class Waiting:
    """A claim that has no room yet, and the network it comes from."""

    request: str
    claimer: Connection
    network: str

    @staticmethod
    def of(request: str, claimer: Connection) -> Waiting:
        """The claim of this request."""
        return Waiting(request, claimer, network_of(claimer.source))

    @property
    def source(self) -> str:
        """The address (IPv6 /64) it comes from."""
        return self.claimer.source


@dataclass(slots=True, eq=False)
class Nameplate:
    """An open nameplate."""

    text: str
    owner: Connection
    opened: float
    queue: dict[str, Waiting] = field(default_factory=dict)  # by request, who came first is first
    _of_network: Counter[str] = field(default_factory=Counter)  # how many turns each network had
    _of_source: Counter[str] = field(default_factory=Counter)

    def take_next(self) -> Waiting | None:
        """Whose turn it is leaves the queue: the first of the network, then address, with fewest turns."""
        waiting = min(
            self.queue.values(),
            key=lambda one: (self._of_network[one.network], self._of_source[one.source]),
            default=None,
        )
        if waiting is not None:
            del self.queue[waiting.request]
            self._of_network[waiting.network] += 1
            self._of_source[waiting.source] += 1
        return waiting

    def enter(self, waiting: Waiting) -> Waiting | None:
        """One more waits; returns who made place for it, if the queue was full. Raises `Refused` (`rate_limited`)."""
        ousted = gives_way(
            list(self.queue.values()),
            waiting,
            most=_QUEUE_MAX,
            of_network=QUEUE_PER_NETWORK,
            turns=self._of_network.__getitem__,
        )
        if ousted is waiting:
            raise Refused("too many claims of this code; wait for the first", code="rate_limited")
        if ousted is not None:
            del self.queue[ousted.request]
        self.queue[waiting.request] = waiting
        return ousted
