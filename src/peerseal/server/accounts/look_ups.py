"""Looking people up by name: signed-in accounts may, but not so often that they find out who is here."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from peerseal.errors import NotFound
from peerseal.server.accounts.asking import Signed
from peerseal.server.accounts.models import User
from peerseal.server.accounts.names import canonical
from peerseal.server.guard.budgets import Budget
from peerseal.server.guard.problems import HttpProblem

LOOK_UPS_PER_MINUTE: Final = 60


class LookUps:
    """For each account one budget of look-ups, and one of unknown names, whichever endpoint it names them at."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._all = Budget(LOOK_UPS_PER_MINUTE, 60.0, clock)
        self._unknown = Budget(LOOK_UPS_PER_MINUTE, 60.0, clock)
        self._answered = Budget(1, 60.0, clock)

    def user(self, session: Session, signed: Signed, name: str) -> User:
        """The account of that name; counts. Raises `NotFound`, also for what can be nobody's name, and 429."""
        self._all.take(str(signed.user_id))
        return self.recipient(session, signed, name)

    def keys(self, session: Session, signed: Signed, name: str) -> User:
        """The same for somebody's keys: a name that was answered within the last minute tells nothing new.

        It does not count again, so looking before each sealing whether keys changed does not use the budget up.
        """
        again = f"{signed.user_id} {name}"
        try:
            self._answered.check(again)
        except HttpProblem:
            return self.recipient(session, signed, name)
        found = self.user(session, signed, name)
        with suppress(HttpProblem):  # another thread answered the same meanwhile
            self._answered.take(again)
        return found

    def recipient(self, session: Session, signed: Signed, name: str) -> User:
        """The same for somebody to give a file to: only a name nobody has counts.

        When too many were, a right name is refused like a wrong one: else the answers would still tell.
        """
        self._unknown.check(str(signed.user_id))
        try:
            return _user(session, name)
        except NotFound:
            self._unknown.take(str(signed.user_id))
            raise


def _user(session: Session, name: str) -> User:
    try:
        user = canonical(name)
    except HttpProblem as malformed:
        raise NotFound from malformed
    found = session.scalars(select(User).where(User.user == user)).one_or_none()
    if found is None:
        raise NotFound
    return found
