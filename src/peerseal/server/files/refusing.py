"""Taking nothing more of somebody: what they left is off the list, and more does not come until one takes it again."""

from __future__ import annotations

from sqlalchemy import delete, select

from peerseal.server.accounts.asking import Signed
from peerseal.server.files.models import Reader, StoredFile, StoredVersion, Wrap
from peerseal.server.files.parts import Parts
from peerseal.server.files.senders import KnownSender
from peerseal.server.files.tickets import WholeKey
from peerseal.server.guard.problems import HttpProblem
from peerseal.wire import stored as wire


class Refusing:
    """One person's word about another's files."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def set_sender(self, signed: Signed, wanted: wire.SetSender) -> None:
        """Take this account's files, however many, or none. Raises NotFound, 422 for oneself, 429."""
        me = signed.user_id
        with self._parts.database.writing() as session:
            other = self._parts.look_ups.user(session, signed, wanted.name).id
            if other == me:
                raise HttpProblem(422)
            session.merge(KnownSender(user_id=me, sender_id=other, wanted=wanted.wanted))
            if wanted.wanted:
                return
            left = select(StoredFile.number).join(Reader, Reader.file_number == StoredFile.number)
            files = set(session.scalars(left.where(StoredFile.owner_id == other, Reader.user_id == me)))
            asked = select(StoredVersion.number).where(StoredVersion.file_number.in_(files))
            versions = set(session.scalars(asked))
            session.execute(delete(Reader).where(Reader.user_id == me, Reader.file_number.in_(files)))
            session.execute(delete(Wrap).where(Wrap.user_id == me, Wrap.version_number.in_(versions)))
            self._parts.charge(session, other, *files, grows=False)
        self._parts.tickets.kill(lambda grant: grant.user_id == me and grant.whole.number in versions)
        for number in versions:
            self._parts.arrivals.tell(WholeKey("upload", number))
        self._parts.tell((me, other))
