"""How far the word of who shows codes goes: a wrong code is known from them alone (docs/guard.md §1, docs/wire.md §1.3).

The server never sees the words. Whoever gives out codes and ends each after the first word would have those who were
right held guilty. So one address is believed about one claimer twice within an hour, and its whole network no more
often than brings somebody a challenge: it takes several, who have nothing to do with each other, to block.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from peerseal.server.guard.detector.subjects import network_of
from peerseal.server.live.connection import Connection

WITHIN_SECONDS: Final = 3600.0
#: So often within that time an address (IPv6 /64), and a network (/24, /48), is believed about one claimer.
OF_SOURCE: Final = 2
OF_NETWORK: Final = 4
#: About everybody: less than it takes to have all of the site pay.
OF_SOURCE_IN_ALL: Final = 20
_REMEMBERED: Final = 10_000


class Witnesses:
    """Who was believed lately about whom."""

    def __init__(self) -> None:
        self._times: OrderedDict[tuple[str, ...], list[float]] = OrderedDict()

    def believed(self, witness: Connection, claimer: Connection, now: float) -> bool:
        """Whether it counts that `witness` says the claimer was wrong; counted then."""
        about = claimer.source if claimer.account is None else f"@{claimer.account}"
        shares = (
            (("source", witness.source, about), OF_SOURCE),
            (("network", network_of(witness.source) or witness.source, about), OF_NETWORK),
            (("all", witness.source), OF_SOURCE_IN_ALL),
        )
        said = [(key, self._lately(key, now), most) for key, most in shares]
        if any(len(times) >= most for _, times, most in said):
            return False
        for key, times, _ in said:
            self._times[key] = [*times, now]
            self._times.move_to_end(key)
        while len(self._times) > _REMEMBERED:
            self._times.popitem(last=False)
        return True

    def _lately(self, key: tuple[str, ...], now: float) -> list[float]:
        return [at for at in self._times.get(key, ()) if now - at < WITHIN_SECONDS]
