"""Brakes on guessing: wrong proofs for each account and source network, for each network, and for each account in all."""

from __future__ import annotations

import contextlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Final

from peerseal.server.guard.budgets import Budget
from peerseal.server.guard.problems import HttpProblem

FAILURES_PER_SOURCE: Final = 10
FAILURES_PER_ACCOUNT: Final = 100
#: Whatever the names: somebody who tries many must not keep the server hashing.
FAILURES_OF_SOURCE: Final = 30
WITHIN_SECONDS: Final = 600.0
_KNOWN_MAX: Final = 20_000
_WRONG: Final = (401, 403)


class Throttle:
    """Counts wrong proofs. It knows names, not accounts: for one nobody has it behaves the same."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._of_pair = Budget(FAILURES_PER_SOURCE, WITHIN_SECONDS, clock)
        self._of_source = Budget(FAILURES_OF_SOURCE, WITHIN_SECONDS, clock)
        self._of_account = Budget(FAILURES_PER_ACCOUNT, WITHIN_SECONDS, clock)
        self._known: OrderedDict[str, None] = OrderedDict()
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def attempt(self, user: str, source: str) -> Iterator[bool]:
        """One try; it failed if the block raises 401 or 403. Raises HttpProblem 429 before it after too many.

        The try is counted first, so that many at once cannot slip through together. Where the right proof came
        from lately (then it yields True), failures with other names or elsewhere do not lock the owner out.
        """
        pair = f"{source} {user}"
        known = self._is_known(pair)
        counts = [(self._of_pair, pair)]
        if not known:
            counts += [(self._of_source, source), (self._of_account, user)]
        _take_all(counts)
        try:
            yield known
        except HttpProblem as problem:
            if problem.status not in _WRONG:
                _give_back(counts)  # busy, for example: nothing was guessed
            raise
        _give_back(counts)
        self._remember(pair)

    def _is_known(self, key: str) -> bool:
        with self._lock:
            return key in self._known

    def _remember(self, key: str) -> None:
        with self._lock:
            self._known[key] = None
            self._known.move_to_end(key)
            while len(self._known) > _KNOWN_MAX:
                self._known.popitem(last=False)


def _take_all(counts: list[tuple[Budget, str]]) -> None:
    for n, (budget, key) in enumerate(counts):
        try:
            budget.take(key)
        except HttpProblem:
            _give_back(counts[:n])
            raise


def _give_back(counts: list[tuple[Budget, str]]) -> None:
    for budget, key in counts:
        budget.give_back(key)
