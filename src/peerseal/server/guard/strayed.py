"""Known devices that came to sign in to accounts that are not theirs: a few mistakes, then they count for nothing a while."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Final

from peerseal.server.guard.budgets import Budget
from peerseal.server.guard.problems import HttpProblem

MOST: Final = 10
SECONDS: Final = 600.0


class Strayed:
    """Counts for each device."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._budget = Budget(MOST, SECONDS, clock)

    def count(self, device: str) -> None:
        """The account was another's."""
        with suppress(HttpProblem):
            self._budget.take(device)

    def spent(self, device: str) -> bool:
        """Whether it was too often."""
        try:
            self._budget.check(device)
        except HttpProblem:
            return True
        return False
