"""Who gives way where many wait for one person: shares by network, then by source, so nobody fills a line alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar


class Waits(Protocol):
    """One of a line."""

    @property
    def network(self) -> str:
        """The network (/24, /48) it comes from."""

    @property
    def source(self) -> str:
        """Who in it, as far as a server can tell: an address (IPv6 /64), or an account."""


W = TypeVar("W", bound=Waits)


def gives_way(
    line: Sequence[W],
    newcomer: W,
    *,
    most: int,
    of_network: int,
    turns: Callable[[str], int] = lambda _network: 0,
) -> W | None:
    """Who leaves this line (the first is first) for the newcomer: None if there is place, the newcomer itself if
    nobody has more than its own. `turns`: how many a network had already.
    """
    networks = Counter(one.network for one in line)
    own, heaviest = networks[newcomer.network], max(networks.values(), default=0)
    if len(line) < most and own < of_network:
        return None
    # A network that has its share makes place among its own sources; else one of those with most does.
    among_own = own >= of_network or own == heaviest
    share = own if among_own else heaviest
    crowd = [
        one
        for one in line
        if networks[one.network] == share and (not among_own or one.network == newcomer.network)
    ]
    sources = Counter(one.source for one in crowd)
    last = max(reversed(crowd), key=lambda one: (turns(one.network), sources[one.source]))
    return newcomer if among_own and sources[last.source] <= sources[newcomer.source] else last
