"""Brakes on guessing: wrong proofs of each known device, for each account and source network, for each network and account."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Final

from peerseal.server.guard.budgets import Budget
from peerseal.server.guard.detector.subjects import network_of
from peerseal.server.guard.problems import HttpProblem

FAILURES_PER_DEVICE: Final = 10
FAILURES_PER_SOURCE: Final = 10
FAILURES_PER_ACCOUNT: Final = 100
#: Of those who paid for each few tries: strangers who did not must not use them up.
PAID_FAILURES_PER_ACCOUNT: Final = 500
#: First tries of networks that paid: many strangers who guess must not shut out an owner who comes from elsewhere.
FIRST_FAILURES_PER_ACCOUNT: Final = 2000
#: Counted to know a network again; its addresses have limits of their own.
FAILURES_OF_NETWORK: Final = 1_000
#: Whatever the names: somebody who tries many must not keep the server hashing.
FAILURES_OF_SOURCE: Final = 30
WITHIN_SECONDS: Final = 600.0
_WRONG: Final = (401, 403)


class Throttle:
    """Counts wrong proofs. It knows names, not accounts: for one nobody has it behaves the same."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._of_device = Budget(FAILURES_PER_DEVICE, WITHIN_SECONDS, clock)
        self._of_pair = Budget(FAILURES_PER_SOURCE, WITHIN_SECONDS, clock)
        self._of_source = Budget(FAILURES_OF_SOURCE, WITHIN_SECONDS, clock)
        self._of_account = Budget(FAILURES_PER_ACCOUNT, WITHIN_SECONDS, clock)
        self._of_account_paid = Budget(PAID_FAILURES_PER_ACCOUNT, WITHIN_SECONDS, clock)
        self._of_account_first = Budget(FIRST_FAILURES_PER_ACCOUNT, WITHIN_SECONDS, clock)
        self._of_network = Budget(FAILURES_OF_NETWORK, WITHIN_SECONDS, clock)

    @contextlib.contextmanager
    def attempt(
        self, user: str, source: str, device: str | None = None, *, paid: bool = False
    ) -> Iterator[None]:
        """One try; it failed if the block raises 401 or 403. Raises HttpProblem 429 before it after too many.

        The try is counted first, so that many at once cannot slip through together. `device` is one that is known to
        this account (or a session of its): it has a brake of its own, and those of strangers do not lock it out.
        `paid`: under a pass, which has its own brake of the account; the first of a network within the time another.
        """
        if device is not None:
            counts = [(self._of_device, f"{device} {user}")]
        else:
            counts = [(self._of_pair, f"{source} {user}"), (self._of_source, source)]
            counts += self._paid(user, source) if paid else [(self._of_account, user)]
        _take_all(counts)
        try:
            yield
        except HttpProblem as problem:
            if problem.status not in _WRONG:
                _give_back(counts)  # busy, for example: nothing was guessed
            raise
        _give_back(counts)

    def _paid(self, user: str, source: str) -> list[tuple[Budget, str]]:
        network = f"{network_of(source)} {user}"
        first = self._of_network.untouched(network)
        return [
            (self._of_account_first if first else self._of_account_paid, user),
            (self._of_network, network),
        ]


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
