"""Invitations: a code each, which makes one account while registration is by invitation (docs/guard.md §7)."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping
from typing import Final

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

from peerseal.errors import NotFound
from peerseal.server.database import Database
from peerseal.server.guard.noted import noted_point
from peerseal.server.guard.problems import HttpProblem
from peerseal.server.operator.models import InviteRow
from peerseal.server.operator.names import registered
from peerseal.wire import operator as wire

INVITES_MAX: Final = 1000
_HOUR_MS: Final = 3600 * 1000
#: Lower-case letters and digits that nobody mistakes for each other: 32 of them, 5 bits each.
_LETTERS: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_GROUPS: Final = 4
_GROUP: Final = 5
_MEANT: Final = str.maketrans("oil", "011", " -\t")


class Invites:
    """All invitations. Codes are random (100 bits); the database has their hashes."""

    def __init__(self, database: Database, now: Callable[[], int]) -> None:
        self._database = database
        self._now = now

    def make(self, wanted: wire.NewInvite) -> wire.MadeInvite:
        """A new one; its code is in this answer and nowhere else. Raises HttpProblem 422 if there are too many."""
        letters = "".join(secrets.choice(_LETTERS) for _ in range(_GROUPS * _GROUP))
        code = "-".join(letters[at : at + _GROUP] for at in range(0, len(letters), _GROUP))
        now = self._now()
        row = InviteRow(
            id=secrets.token_hex(16),
            code_hash=_hash(code),
            note=wanted.note,
            created=now,
            expires=now + wanted.hours * _HOUR_MS,
        )
        with self._database.writing() as session:
            self._make_room(session)
            session.add(row)
        return wire.MadeInvite(_shown(row, {}), code)

    def all(self) -> wire.Invites:
        """All of them, newest first."""
        asked = select(InviteRow).order_by(InviteRow.created.desc(), InviteRow.id)
        with self._database.reading() as session:
            rows = list(session.scalars(asked))
        names = registered(self._database, [row.used for row in rows if row.used is not None])
        return wire.Invites(tuple(_shown(row, names) for row in rows))

    def end(self, invite: str) -> None:
        """It makes no account any more. Raises NotFound."""
        with self._database.writing() as session:
            row = session.get(InviteRow, invite)
            if row is None:
                raise NotFound
            session.delete(row)

    def check(self, code: str | None) -> None:
        """Whether it makes an account. Raises HttpProblem 403 `invite`, the same for every reason."""
        with self._database.reading() as session:
            good = code is not None and session.scalar(select(InviteRow.id).where(self._good(code)))
        if not good:
            if code is not None:
                noted_point("code_wrong", code.encode("utf-8", "surrogateescape"))
            raise HttpProblem(403, "invite")

    def spend(self, session: Session, code: str | None, user: str) -> None:
        """It made this account, in the caller's transaction. Raises HttpProblem 403 `invite` if another was faster."""
        spent = update(InviteRow).where(self._good(code or "")).values(used=user).returning(InviteRow.id)
        if session.scalar(spent) is None:
            raise HttpProblem(403, "invite")

    def _good(self, code: str) -> ColumnElement[bool]:
        unused = InviteRow.used.is_(None) & (InviteRow.expires > self._now())
        return (InviteRow.code_hash == _hash(code)) & unused

    def _make_room(self, session: Session) -> None:
        """The oldest that are of no use any more go first; those that are stay."""
        over = session.execute(select(func.count()).select_from(InviteRow)).scalar_one() - INVITES_MAX + 1
        if over <= 0:
            return
        useless = InviteRow.used.is_not(None) | (InviteRow.expires <= self._now())
        old = session.scalars(
            select(InviteRow.id).where(useless).order_by(InviteRow.created).limit(over)
        ).all()
        if len(old) < over:
            raise HttpProblem(422, "too_many_invites")
        session.execute(delete(InviteRow).where(InviteRow.id.in_(old)))


def _hash(code: str) -> bytes:
    """Of the code as it is meant: signs between the groups and mistaken letters do not matter."""
    return hashlib.sha256(b"peerseal invite " + code.lower().translate(_MEANT).encode()).digest()


def _shown(row: InviteRow, names: Mapping[str, str]) -> wire.Invite:
    used = None if row.used is None else names.get(row.used, row.used)
    return wire.Invite(row.id, row.note, row.created, row.expires, used)
