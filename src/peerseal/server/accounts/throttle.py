"""Brakes on guessing: wrong proofs of each known device, for each account and source network, for each network and account."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Final

from peerseal.server.guard.brakes import Brake, Brakes, Count
from peerseal.server.guard.detector.subjects import network_of
from peerseal.server.guard.guesses import FIRST, FIRST_OF_NETWORK
from peerseal.server.guard.problems import HttpProblem
from peerseal.wire.guard import SubjectKind

FAILURES_PER_DEVICE: Final = 10
FAILURES_PER_SOURCE: Final = 10
FAILURES_PER_ACCOUNT: Final = 100
#: Of those who paid for each few tries: strangers who did not must not use them up.
PAID_FAILURES_PER_ACCOUNT: Final = 500
#: The first few of each source that paid: many who guess must not shut out an owner who comes from elsewhere and may
#: mistype. More than can be hashed in that time.
FIRST_FAILURES_PER_ACCOUNT: Final = 6000
#: Counted to know a network again; its addresses have limits of their own.
FAILURES_OF_NETWORK: Final = 1_000
#: Whatever the names: somebody who tries many must not keep the server hashing.
FAILURES_OF_SOURCE: Final = 30
WITHIN_SECONDS: Final = 600.0
_WRONG: Final = (401, 403)


class Throttle:
    """Counts wrong proofs. It knows names, not accounts: for one nobody has it behaves the same."""

    def __init__(self, brakes: Brakes) -> None:
        def brake(kind: SubjectKind, what: str, most: int) -> Brake:
            return brakes.make(kind, "login_failed", what, most, WITHIN_SECONDS)

        self._brakes = brakes
        self._of_device = brake("device", "wrong passwords from this device", FAILURES_PER_DEVICE)
        self._of_session = brake("session", "wrong passwords in this session", FAILURES_PER_DEVICE)
        self._of_pair = brake("ip", "wrong passwords for one name", FAILURES_PER_SOURCE)
        self._of_source = brake("ip", "wrong passwords, whatever the names,", FAILURES_OF_SOURCE)
        self._of_account = brake("account", "wrong passwords of strangers", FAILURES_PER_ACCOUNT)
        self._of_account_paid = brake(
            "account", "wrong passwords of strangers who paid for each few", PAID_FAILURES_PER_ACCOUNT
        )
        self._of_account_first = brake(
            "account", "first wrong passwords of strangers who paid", FIRST_FAILURES_PER_ACCOUNT
        )
        self._of_network = brake("net", "wrong passwords for one name", FAILURES_OF_NETWORK)

    @contextlib.contextmanager
    def attempt(
        self,
        user: str,
        source: str,
        device: str | None = None,
        *,
        session: str | None = None,
        paid: bool = False,
    ) -> Iterator[None]:
        """One try; it failed if the block raises 401 or 403. Raises HttpProblem 429 before it after too many.

        The try is counted first, so that many at once cannot slip through together. `device` is one that is known to
        this account, `session` one of its: they have brakes of their own, and those of strangers do not lock them out.
        `paid`: under a pass, which has its own brake of the account; the first few of a source within the time another.
        """
        if session is not None:
            counts = [Count(self._of_session, session)]
        elif device is not None:
            counts = [Count(self._of_device, device, user)]
        else:
            counts = [Count(self._of_pair, source, user), Count(self._of_source, source)]
            counts += self._paid(user, source) if paid else [Count(self._of_account, user)]
        counts = self._brakes.that_hold(counts, source, user)
        self._brakes.take(counts)
        try:
            yield
        except HttpProblem as problem:
            if problem.status in _WRONG:
                self._brakes.wrong(counts)
            else:
                self._brakes.give_back(counts)  # busy, for example: nothing was guessed
            raise
        self._brakes.give_back(counts)

    def _paid(self, user: str, source: str) -> list[Count]:
        of_network = Count(self._of_network, network_of(source), user)
        pair = Count(self._of_pair, source, user)
        first = (
            self._of_pair.used(pair.key) < FIRST and self._of_network.used(of_network.key) < FIRST_OF_NETWORK
        )
        return [Count(self._of_account_first if first else self._of_account_paid, user), of_network]
