"""How often somebody may be wrong about a secret that opens one thing: so guesses say nothing and cost little."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from peerseal.server.guard.budgets import Budget
from peerseal.server.guard.detector.subjects import network_of
from peerseal.server.guard.problems import HttpProblem

_MINUTE: Final = 60.0


#: A network that has not been wrong at a thing yet has places of its own: so many times those of all others.
_NEW: Final = 20


class Guesses:
    """At most so many wrong ones a minute: at one thing, at it from one source, and from one source in all.

    Who knows only which thing it is, and is wrong about it from many addresses, locks it for those networks and not
    for others.
    """

    def __init__(self, *, of_one: int, of_pair: int, of_source: int, clock: Callable[[], float]) -> None:
        self._of_one = Budget(of_one, _MINUTE, clock)
        self._of_new = Budget(_NEW * of_one, _MINUTE, clock)
        self._of_network = Budget(_NEW * of_one, _MINUTE, clock)
        self._of_pair = Budget(of_pair, _MINUTE, clock)
        self._of_source = Budget(of_source, _MINUTE, clock)

    def wrong(self, source: str, name: str) -> None:
        """One more. Raises HttpProblem 429, and counts nothing, if there were too many."""
        taken: list[tuple[Budget, str]] = []
        for budget, key in self._counts(source, name):
            try:
                budget.take(key)
            except HttpProblem:
                for earlier, its in taken:
                    earlier.give_back(its)
                raise
            taken.append((budget, key))

    def right(self, source: str, name: str) -> None:
        """After too many wrong ones the right one is not let in either, or the answers would tell. Raises 429."""
        for budget, key in self._counts(source, name):
            budget.check(key)

    def _counts(self, source: str, name: str) -> list[tuple[Budget, str]]:
        network = f"{network_of(source)} {name}"
        of_one = self._of_new if self._of_network.untouched(network) else self._of_one
        return [
            (self._of_source, source),
            (self._of_pair, f"{source} {name}"),
            (of_one, name),
            (self._of_network, network),
        ]
