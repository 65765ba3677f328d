"""What is damaged, as operators see it: each version of a file, and each park, that is still meant to be there."""

from __future__ import annotations

from itertools import groupby

from sqlalchemy import select
from sqlalchemy.orm import Session

from peerseal.server.accounts.models import User
from peerseal.server.damage import Found, Ledger
from peerseal.server.database import Database
from peerseal.server.files.models import StoredFile, StoredVersion
from peerseal.server.parking.models import ParkRow
from peerseal.wire import damage as wire


class DamageDesk:
    """Reads the ledger the scrub writes."""

    def __init__(self, ledger: Ledger, database: Database) -> None:
        self._ledger = ledger
        self._database = database

    def all(self) -> wire.DamageList:
        """Newest first."""
        found = sorted(self._ledger.all(), key=lambda one: one.damage.group)
        of_group = {group: list(ones) for group, ones in groupby(found, lambda one: one.damage.group)}
        with self._database.reading() as session:
            there = _owners(session, list(of_group))
        rows = [_row(ones, there[group]) for group, ones in of_group.items() if group in there]
        newest_first = sorted(rows, key=lambda row: (-row.since, row.id, row.version))
        return wire.DamageList(tuple(newest_first), self._ledger.more, self._ledger.last)


def _row(found: list[Found], owner: str | None) -> wire.Damaged:
    first = min(found, key=lambda one: one.since)
    what = first.damage
    return wire.Damaged(what.id, what.kind, what.version, owner, len(found), what.fault, first.since)


def _owners(session: Session, groups: list[str]) -> dict[str, str | None]:
    """The groups that are meant to be there, with the name of whose file it is."""
    files = (
        select(StoredVersion.blobs, User.name)
        .join(StoredFile, StoredFile.number == StoredVersion.file_number)
        .join(User, User.id == StoredFile.owner_id)
        .where(StoredVersion.kept.is_(True), StoredVersion.blobs.in_(groups))
    )
    parks = select(ParkRow.blobs).where(ParkRow.blobs.in_(groups))
    named = {group: name for group, name in session.execute(files)}  # noqa: C416 - rows, not pairs, to the checker
    return {**dict.fromkeys(session.scalars(parks)), **named}
