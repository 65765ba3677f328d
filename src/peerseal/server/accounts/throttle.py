"""Brakes on guessing: wrong proofs for each account and source network, and for each account in all."""

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
WITHIN_SECONDS: Final = 600.0
_KNOWN_MAX: Final = 20_000
_WRONG: Final = (401, 403)


class Throttle:
    """Counts wrong proofs. It knows names, not accounts: for one nobody has it behaves the same."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._from_source = Budget(FAILURES_PER_SOURCE, WITHIN_SECONDS, clock)
        self._in_all = Budget(FAILURES_PER_ACCOUNT, WITHIN_SECONDS, clock)
        self._known: OrderedDict[str, None] = OrderedDict()
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def attempt(self, user: str, source: str) -> Iterator[None]:
        """One try; it failed if the block raises 401 or 403. Raises HttpProblem 429 before it after too many.

        The try is counted first, so that many at once cannot slip through together. Where the right proof came
        from lately, strangers' failures elsewhere do not lock the owner out.
        """
        key = f"{source} {user}"
        self._from_source.take(key)
        stranger = not self._is_known(key)
        if stranger:
            try:
                self._in_all.take(user)
            except Exception:
                self._from_source.give_back(key)
                raise
        try:
            yield
        except HttpProblem as problem:
            if problem.status in _WRONG:
                raise
            self._uncount(key, user, stranger=stranger)  # busy, for example: nothing was guessed
            raise
        self._uncount(key, user, stranger=stranger)
        self._remember(key)

    def _uncount(self, key: str, user: str, *, stranger: bool) -> None:
        self._from_source.give_back(key)
        if stranger:
            self._in_all.give_back(user)

    def _is_known(self, key: str) -> bool:
        with self._lock:
            return key in self._known

    def _remember(self, key: str) -> None:
        with self._lock:
            self._known[key] = None
            self._known.move_to_end(key)
            while len(self._known) > _KNOWN_MAX:
                self._known.popitem(last=False)
