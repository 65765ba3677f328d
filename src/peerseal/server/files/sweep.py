"""Clears away what nobody may have any more: at start, every hour, and whatever a crash left behind.

Rows go first, each batch in a transaction of its own; blobs without rows after them. So a sweep that is killed
is finished by the next.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import select, update

from peerseal.server.files.leases import Leases
from peerseal.server.files.models import StoredFile, StoredVersion
from peerseal.server.files.parts import DAY_MS, Parts
from peerseal.server.files.sharing import forget_file
from peerseal.server.files.sizes import streams
from peerseal.server.files.tickets import TICKET_MS
from peerseal.server.files.uploads import forget_upload

ABANDONED_MS: Final = DAY_MS
#: After that no PUT from before a commit can still be under way.
_SETTLED_MS: Final = 2 * 900 * 1000
_BATCH: Final = 500


class Sweep:
    """One run of it, in whatever thread asks."""

    def __init__(self, parts: Parts, leases: Leases) -> None:
        self._parts = parts
        self._leases = leases

    def run(self) -> None:
        """Clear away all of it."""
        with self._parts.database.writing() as session:
            told = self._leases.settle(session)
        self._parts.tell(told)
        self._abandoned()
        self._expired()
        self._too_many_versions()
        self._trim()
        self.blobs_without_rows()
        self._parts.tickets.sweep()

    def blobs_without_rows(self) -> None:
        """Remove the groups that belong to no upload."""
        # Groups first: whatever comes into being meanwhile has its row already.
        groups = list(self._parts.storage.groups())
        with self._parts.database.reading() as session:
            kept = set(session.scalars(select(StoredVersion.blobs).where(StoredVersion.kept.is_(True))))
        for group in groups:
            if group not in kept:
                self._parts.storage.delete_group(group)

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
                for owner in {version.owner_id for version in found}:
                    self._parts.charge(session, owner, grows=False)
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
            for owner in {version.owner_id for version in found}:
                self._parts.charge(session, owner, grows=False)
        self._parts.over(found)

    def _trim(self) -> None:
        """Chunks beyond the end of uploads that were open: stored just as the end was told."""
        with self._parts.database.reading() as session:
            found = list(
                session.scalars(
                    select(StoredVersion).where(
                        StoredVersion.trimmed.is_(False), StoredVersion.committed.is_not(None)
                    )
                )
            )
        for version in found:
            wanted = {stream.blob(n) for stream in streams(version) for n in range(stream.chunks)}
            for name in self._parts.storage.sizes(version.blobs).keys() - wanted:
                self._parts.storage.delete(f"{version.blobs}/{name}")
        settled = self._parts.now() - _SETTLED_MS
        done = [version.number for version in found if (version.committed or 0) <= settled]
        if done:
            with self._parts.database.writing() as session:
                session.execute(
                    update(StoredVersion).where(StoredVersion.number.in_(done)).values(trimmed=True)
                )
