"""How often somebody may be wrong about a secret that opens one thing: so guesses say nothing and cost little."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from peerseal.server.guard.budgets import Budget
from peerseal.server.guard.problems import HttpProblem

_MINUTE: Final = 60.0


class Guesses:
    """At most so many wrong ones a minute: at one thing, at it from one source network, and from one in all."""

    def __init__(self, *, of_one: int, of_pair: int, of_source: int, clock: Callable[[], float]) -> None:
        self._of_one = Budget(of_one, _MINUTE, clock)
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
        """One network alone must not lock out others who have the secret."""
        return [(self._of_source, source), (self._of_pair, f"{source} {name}"), (self._of_one, name)]
