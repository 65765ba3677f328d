"""How many claims of nameplates a source, and all together, may make in a minute (docs/wire.md §1.3).

One budget for all would be everybody's lock: whoever spends it shuts out all others. So somebody's first claims
come out of a budget of their own, which takes thousands of networks to spend, and a claim of a nameplate of one's
own network, which tries nothing of anybody else's, out of none.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from peerseal.errors import Refused
from peerseal.server.guard.detector.subjects import network_of
from peerseal.server.live.connection import RateWindow
from peerseal.wire.limits import CLAIMS_PER_MINUTE_IN_ALL, CLAIMS_PER_MINUTE_PER_SOURCE

#: So many claims a minute of one source, and of one network, are first ones.
FIRST_PER_SOURCE: Final = 3
FIRST_PER_NETWORK: Final = 30
FIRST_IN_ALL: Final = 20 * CLAIMS_PER_MINUTE_IN_ALL
_REMEMBERED: Final = 10_000


class SourceWindows:
    """Counts what each source does within a minute; the longest unheard of are forgotten."""

    def __init__(self) -> None:
        self._windows: OrderedDict[str, RateWindow] = OrderedDict()

    def add(self, source: str, now: float) -> int:
        """Count one more of this source; the number within its present minute."""
        window = self._windows.setdefault(source, RateWindow(60))
        self._windows.move_to_end(source)
        while len(self._windows) > _REMEMBERED:
            self._windows.popitem(last=False)
        return window.add(now)


class ClaimBudgets:
    """What is left to claim, of each source and of all."""

    def __init__(self) -> None:
        self._sources = SourceWindows()
        self._networks = SourceWindows()
        self._first = RateWindow(60)
        self._all = RateWindow(60)

    def spend(self, source: str, owner: str | None, now: float) -> None:
        """One more claim of `source`, of a nameplate of the source `owner`, if it is open. Raises `Refused` (`rate_limited`)."""
        count = self._sources.add(source, now)
        if count > CLAIMS_PER_MINUTE_PER_SOURCE:
            raise Refused("too many codes tried; wait a minute", code="rate_limited")
        network = network_of(source)
        if owner is not None and network_of(owner) == network:
            return
        if count <= FIRST_PER_SOURCE and self._networks.add(network, now) <= FIRST_PER_NETWORK:
            within = self._first.add(now) <= FIRST_IN_ALL
        else:
            within = self._all.add(now) <= CLAIMS_PER_MINUTE_IN_ALL
        if not within:
            raise Refused("too many codes tried on this server; wait a minute", code="rate_limited")
