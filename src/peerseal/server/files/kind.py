"""Uploads of stored files, as the chunks and the sweep see them: whose they are, and when they are over."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Final

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from peerseal.server.accounts.models import SessionRow, User
from peerseal.server.files.leases import Leases
from peerseal.server.files.models import Lease, Link, Reader, StoredFile, StoredVersion
from peerseal.server.files.parts import DAY_MS, Parts
from peerseal.server.files.sharing import forget_file
from peerseal.server.files.tickets import TICKET_MS, Grant
from peerseal.server.files.uploads import forget_upload, whole_of
from peerseal.server.files.wholes import Whole
from peerseal.server.guard.problems import HttpProblem

ABANDONED_MS: Final = DAY_MS
_BATCH: Final = 500


class UploadKind:
    """The kind `upload`: numbers are those of versions."""

    def __init__(self, parts: Parts, leases: Leases) -> None:
        self._parts = parts
        self._leases = leases

    def find(self, session: Session, number: int) -> Whole | None:
        """One whose records are kept."""
        version = session.get(StoredVersion, number)
        return None if version is None or not version.kept else whole_of(version)

    def allows(self, session: Session, grant: Grant, *, leased: bool) -> bool:
        """For its owner and the file's readers while they are signed in, and for a link."""
        version = session.get_one(StoredVersion, grant.whole.number)
        in_order = ~exists().where(User.id == version.owner_id, User.suspended.is_not(None))
        if grant.link_number is not None:
            link = exists().where(Link.number == grant.link_number, Link.file_number == version.file_number)
            lease = exists().where(Lease.ticket == grant.key)
            both = select(link, in_order, lease) if leased else select(link, in_order)
            return all(session.execute(both).one())
        if not session.scalar(select(exists().where(SessionRow.id == grant.session_id))):
            raise HttpProblem(401, "ticket")
        if grant.purpose == "upload":
            return version.owner_id == grant.user_id
        reader = exists().where(Reader.file_number == version.file_number, Reader.user_id == grant.user_id)
        return all(session.execute(select(reader, in_order)).one())

    def coming(self, _number: int, _length: int) -> None:
        """Its account was charged for it when it began."""

    def not_come(self, _number: int, _length: int) -> None:
        """Nothing was counted."""

    def touch(self, session: Session, number: int) -> None:
        """It is not abandoned."""
        mine = StoredVersion.number == number
        session.execute(update(StoredVersion).where(mine).values(touched=self._parts.now()))

    def groups(self, session: Session) -> set[str]:
        """Those of kept versions and uploads."""
        return set(session.scalars(select(StoredVersion.blobs).where(StoredVersion.kept.is_(True))))

    def untrimmed(self, session: Session) -> list[Whole]:
        """Versions whose upload was open."""
        asked = select(StoredVersion).where(
            StoredVersion.trimmed.is_(False), StoredVersion.committed.is_not(None)
        )
        return [whole_of(version) for version in session.scalars(asked)]

    def trimmed(self, session: Session, numbers: Collection[int]) -> None:
        """They are exact now."""
        session.execute(update(StoredVersion).where(StoredVersion.number.in_(numbers)).values(trimmed=True))

    def clear(self) -> None:
        """Leases that ended, uploads nobody goes on with, files whose time is up, versions beyond their number."""
        with self._parts.database.writing() as session:
            told = self._leases.settle(session)
        self._parts.tell(told)
        self._abandoned()
        self._expired()
        self._too_many_versions()

    def _abandoned(self) -> None:
        before = self._parts.now() - ABANDONED_MS
        asked = (
            select(StoredVersion)
            .where(StoredVersion.committed.is_(None), StoredVersion.touched <= before)
            .limit(_BATCH)
        )
        while True:
            with self._parts.database.writing() as session:
                found = list(session.scalars(asked))
                told: set[int] = set()
                for version in found:
                    told |= set(
                        self._parts.changed(session, session.get_one(StoredFile, version.file_number))
                    )
                    forget_upload(session, version)
                self._charge(session, found)
            self._parts.over(found)
            self._parts.tell(told)
            if len(found) < _BATCH:
                return

    def _expired(self) -> None:
        # Downloads that had begun may finish within their ticket.
        before = self._parts.now() - TICKET_MS
        asked = select(StoredFile).where(StoredFile.expires <= before).limit(_BATCH)
        while True:
            with self._parts.database.writing() as session:
                found = list(session.scalars(asked))
                told: set[int] = set()
                versions: list[StoredVersion] = []
                for file in found:
                    told |= set(self._parts.changed(session, file))
                    versions += forget_file(session, file)
                for owner in {file.owner_id for file in found}:
                    self._parts.charge(session, owner, grows=False)
            self._parts.over(versions)
            self._parts.tell(told)
            if len(found) < _BATCH:
                return

    def _too_many_versions(self) -> None:
        """What a lower `versions` setting leaves over; commits do it for themselves."""
        asked = (
            select(StoredVersion)
            .join(StoredFile, StoredFile.number == StoredVersion.file_number)
            .where(StoredVersion.kept.is_(True), StoredVersion.committed.is_not(None))
            .where(StoredVersion.version <= StoredFile.current - self._parts.rules.versions)
        )
        with self._parts.database.writing() as session:
            found = list(session.scalars(asked))
            for version in found:
                version.kept = False
            self._charge(session, found)
        self._parts.over(found)

    def _charge(self, session: Session, changed: list[StoredVersion]) -> None:
        """These are gone, or have no records any more."""
        files = defaultdict[int, set[int]](set)
        for version in changed:
            files[version.owner_id].add(version.file_number)
        for owner, numbers in files.items():
            self._parts.charge(session, owner, *numbers, grows=False)
