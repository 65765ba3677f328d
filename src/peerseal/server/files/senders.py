"""Whose files somebody takes: those of people they dealt with without end, of strangers a few, of some none.

A server sees no contact books. Somebody is known who exchanged keys with the reader, got a file from them, or left
one that the reader fetched; what a client fetches it has verified (docs/api.md §4).
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import ForeignKey, exists, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from peerseal.server.database import Base
from peerseal.server.files.models import Reader, StoredFile
from peerseal.server.guard.problems import HttpProblem

#: So many files of one stranger lie with a reader, ...
OF_STRANGER: Final = 20
#: ... so many of all strangers; beyond it, a few of each: nobody keeps others from leaving their first.
OF_STRANGERS: Final = 200
OF_STRANGER_WHEN_MANY: Final = 2


class KnownSender(Base):
    """What an account thinks of another's files; strangers have no row."""

    __tablename__ = "known_senders"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    sender_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    wanted: Mapped[bool]


def wants(session: Session, user_id: int, sender_id: int) -> None:
    """This account dealt with that one of its own will: it takes its files from now on."""
    known = session.get(KnownSender, (user_id, sender_id))
    if known is None:
        session.add(KnownSender(user_id=user_id, sender_id=sender_id, wanted=True))
        session.flush()
    elif not known.wanted:
        known.wanted = True


def check_not_refused(session: Session, user_id: int, sender_id: int) -> None:
    """Whether this account takes anything of that one. Raises 409 `not_wanted`."""
    known = session.get(KnownSender, (user_id, sender_id))
    if known is not None and not known.wanted:
        raise HttpProblem(409, "not_wanted")


def check_wanted(session: Session, user_id: int, sender_id: int) -> None:
    """Whether one more file of this sender may be left for that account. Raises 409 `not_wanted`."""
    known = session.get(KnownSender, (user_id, sender_id))
    if known is not None and known.wanted:
        return
    files = select(func.count()).select_from(Reader).join(StoredFile, StoredFile.number == Reader.file_number)
    theirs = files.where(Reader.user_id == user_id)
    of_sender = session.execute(theirs.where(StoredFile.owner_id == sender_id)).scalar_one()
    is_known = exists().where(KnownSender.user_id == user_id, KnownSender.sender_id == StoredFile.owner_id)
    of_strangers = theirs.where(StoredFile.owner_id != user_id, ~is_known)
    many = session.execute(of_strangers).scalar_one() >= OF_STRANGERS
    if known is not None or of_sender >= (OF_STRANGER_WHEN_MANY if many else OF_STRANGER):
        raise HttpProblem(409, "not_wanted")
