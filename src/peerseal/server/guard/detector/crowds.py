"""Guests behind one address: as many as came there one by one may come back at once (docs/guard.md §1).

All do after the server or their line was down. Who never came slowly has no such credit, so a flood is noticed.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Final

from peerseal.server.guard.detector.rules import Rules
from peerseal.server.guard.detector.scores import Entry, Store
from peerseal.server.guard.detector.subjects import Subject

#: Of so many addresses it is kept over a restart. Each has more guests than tell who they are.
_KEPT: Final = 1_000


class Crowds:
    """Counts who comes; the counts are in the entries of the addresses."""

    def __init__(self, rules: Rules, store: Store) -> None:
        self._rules = rules
        self._store = store
        self._many: OrderedDict[str, None] = OrderedDict()

    def come(self, ip: str, entry: Entry, half: float) -> bool:
        """One more guest connects or joins there; whether that is one too many. `half` as for a challenge there."""
        entry.coming += 1
        if self._count(entry) >= self._rules.flow:
            self._note(ip)
        return entry.coming > self._rules.flow * half + entry.came

    def export(self) -> dict[str, int]:
        """How many came to each address that many share, to the nearest ten."""
        found: dict[str, int] = {}
        for ip in list(self._many):
            entry = self._store.find(("ip", ip))
            if entry is None or self._count(entry) < self._rules.flow:
                del self._many[ip]
            else:
                found[ip] = int(round(self._count(entry), -1))
        return found

    def resume(self, kept: Mapping[object, object], now: float) -> None:
        """They came before a restart."""
        for ip, count in list(kept.items())[:_KEPT]:
            if isinstance(ip, str) and isinstance(count, int) and count > 0:
                self._store.touch(Subject("ip", ip), now).came = min(float(count), self._rules.came)
                self._note(ip)

    def _count(self, entry: Entry) -> float:
        """With those who come just now."""
        return min(self._rules.came, entry.came + min(entry.coming, self._rules.crowd))

    def _note(self, ip: str) -> None:
        self._many[ip] = None
        self._many.move_to_end(ip)
        if len(self._many) > _KEPT:
            self._many.popitem(last=False)
