"""The names accounts were registered under: what people know each other by, where the guard knows the one spelling."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from sqlalchemy import select

from peerseal.server.accounts.models import User
from peerseal.server.database import Database

#: As many as any database takes in one question.
_AT_ONCE: Final = 500


def registered(database: Database, users: Collection[str]) -> dict[str, str]:
    """By their canonical ones; nothing for a name nobody has."""
    wanted = sorted(set(users))
    found: dict[str, str] = {}
    if not wanted:
        return found
    with database.reading() as session:
        for at in range(0, len(wanted), _AT_ONCE):
            asked = select(User.user, User.name).where(User.user.in_(wanted[at : at + _AT_ONCE]))
            found.update((user, name) for user, name in session.execute(asked))
    return found
