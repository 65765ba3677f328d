"""Accounts as operators see them: what they use, what they may, and whether they are suspended (docs/guard.md §7).

Suspending deletes nothing: the sessions end, nobody can sign in, what the account owns is 404, until it is lifted.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from peerseal.errors import NotFound
from peerseal.server.accounts.models import User
from peerseal.server.accounts.names import canonical
from peerseal.server.accounts.service import quota_of
from peerseal.server.accounts.sessions import Sessions
from peerseal.server.files.models import Reader, StoredFile
from peerseal.server.files.parts import Parts
from peerseal.server.guard.problems import HttpProblem
from peerseal.wire import operator as wire


class OperatedAccounts:
    """Looks at accounts and changes what operators may: nothing that needs a password or opens anything."""

    def __init__(
        self, parts: Parts, sessions: Sessions, now: Callable[[], int], operators: Collection[str] = ()
    ) -> None:
        """`operators`: canonical names of the accounts that operate this server."""
        self._operators = operators
        self._parts = parts
        self._sessions = sessions
        self._now = now

    def page(self, cursor: str | None, limit: int) -> wire.OperatedAccounts:
        """A page of all accounts, in the order of their names."""
        asked = select(User).order_by(User.user).limit(limit + 1)
        if cursor is not None:
            asked = asked.where(User.user > cursor)
        with self._parts.database.reading() as session:
            rows = list(session.scalars(asked))
        more = rows[limit - 1].user if len(rows) > limit else None
        return wire.OperatedAccounts(tuple(self._shown(row) for row in rows[:limit]), more)

    def change(self, wanted: wire.ChangeOperated, name: str) -> wire.OperatedAccount:
        """Its own quota, and whether it is suspended. Raises NotFound, HttpProblem 409 `operator_account`.

        Who operates by an account and suspends it has nothing left to lift that with.
        """
        told: list[int] = []
        ended: list[str] = []
        with self._parts.database.writing() as session:
            row = _account(session, name)
            if wanted.suspended and row.user in self._operators:
                raise HttpProblem(409, "operator_account")
            row.quota = wanted.quota
            if wanted.suspended != (row.suspended is not None):
                row.suspended = self._now() if wanted.suspended else None
                told = _who_see(session, row.id)
                ended = self._sessions.end_all(session, row.id) if wanted.suspended else []
            shown = self._shown(row)
        if wanted.suspended:
            self._sessions.tell_ended(ended)
            self._parts.arrivals.tell_all()  # whoever waits for a chunk of theirs waits for nothing
        self._parts.tell(told)
        return shown

    def _shown(self, row: User) -> wire.OperatedAccount:
        allowed = quota_of(row, self._parts.rules.quota)
        return wire.OperatedAccount(
            row.name,
            row.used,
            allowed,
            row.quota,
            row.suspended is not None,
            row.user in self._operators,
            row.created,
        )


def _account(session: Session, name: str) -> User:
    try:
        user = canonical(name)
    except HttpProblem:
        raise NotFound from None
    row = session.scalars(select(User).where(User.user == user)).one_or_none()
    if row is None:
        raise NotFound
    return row


def _who_see(session: Session, owner_id: int) -> list[int]:
    """Who sees files of this account: their lists change."""
    asked = select(Reader.user_id).join(StoredFile, StoredFile.number == Reader.file_number)
    return list(session.scalars(asked.where(StoredFile.owner_id == owner_id).distinct()))
