"""What readers are shown of files: pages of them, one of them, its versions. A page is a handful of queries."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from peerseal.server.accounts.asking import Signed
from peerseal.server.accounts.models import User
from peerseal.server.files.models import Link, Reader, StoredFile, StoredVersion, Wrap
from peerseal.server.files.parts import Parts, alive
from peerseal.wire import stored as wire
from peerseal.wire.strict_json import malformed

_CURSOR: Final = re.compile(r"([0-9]{1,16})-([0-9]{1,16})", re.ASCII)


class Listing:
    """Reads; changes nothing."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def files(self, signed: Signed, cursor: str | None, limit: int) -> wire.Files:
        """A page of what the account owns and was given, the newest change first."""
        key = (Reader.changed, Reader.file_number)
        asked = (
            select(StoredFile, Reader.changed)
            .join(Reader, Reader.file_number == StoredFile.number)
            .where(Reader.user_id == signed.user_id, alive(self._parts.now()))
            .order_by(key[0].desc(), key[1].desc())
            .limit(limit + 1)
        )
        if cursor is not None:
            asked = asked.where(tuple_(*key) < tuple_(*_cursor(cursor)))
        with self._parts.database.reading() as session:
            rows = session.execute(asked).all()
            shown = self.shown(session, signed, [row[0] for row in rows[:limit]])
        last = f"{rows[limit - 1][1]}-{rows[limit - 1][0].number}" if len(rows) > limit else None
        return wire.Files(tuple(shown), last)

    def file(self, signed: Signed, file: str) -> wire.File:
        """One file."""
        with self._parts.database.reading() as session:
            return self.shown(session, signed, [self._parts.visible(session, file, signed.user_id)])[0]

    def versions(self, signed: Signed, file: str, cursor: str | None, limit: int) -> wire.Versions:
        """A file's committed versions and the uploads that may become the next, oldest first."""
        after = _versions_cursor(cursor)
        with self._parts.database.reading() as session:
            row = self._parts.visible(session, file, signed.user_id)
            next_one = StoredVersion.version == row.current + 1
            asked = (
                select(StoredVersion)
                .where(StoredVersion.file_number == row.number)
                .where(StoredVersion.committed.is_not(None) | next_one)
                .where(tuple_(StoredVersion.version, StoredVersion.number) > tuple_(*after))
                .order_by(StoredVersion.version, StoredVersion.number)
                .limit(limit + 1)
            )
            found = list(session.scalars(asked))
            wraps = _wraps(session, signed.user_id, [one.number for one in found])
        page = found[:limit]
        last = f"{page[-1].version}-{page[-1].number}" if len(found) > limit else None
        return wire.Versions(tuple(version_shown(one, wraps.get(one.number)) for one in page), last)

    def shown(self, session: Session, signed: Signed, files: Sequence[StoredFile]) -> list[wire.File]:
        """These files as this reader sees them."""
        numbers = [file.number for file in files]
        own = [file.number for file in files if file.owner_id == signed.user_id]
        current, arriving = _current_and_arriving(session, files)
        versions = [*current.values(), *arriving.values()]
        wraps = _wraps(session, signed.user_id, [version.number for version in versions])
        owners = _names(session, {file.owner_id for file in files})
        recipients = _recipients(session, own)
        links = _links(session, own)

        def version(found: dict[int, StoredVersion], number: int) -> wire.Version | None:
            one = found.get(number)
            return version_shown(one, wraps.get(one.number)) if one is not None else None

        return [
            wire.File(
                file.id,
                owners[file.owner_id],
                file.owner_id == signed.user_id,
                file.access,
                version(current, number),
                version(arriving, number),
                tuple(recipients[number]) if file.owner_id == signed.user_id else None,
                tuple(links[number]) if file.owner_id == signed.user_id else None,
                file.expires,
                file.created,
            )
            for file, number in zip(files, numbers, strict=True)
        ]


def version_shown(version: StoredVersion, wrap: bytes | None) -> wire.Version:
    """A version as one reader sees it."""
    return wire.Version(
        version.upload,
        version.version,
        "arriving" if version.committed is None else "committed",
        version.opening,
        version.closing,
        version.card,
        version.record_size,
        version.manifest_bytes,
        version.content_bytes,
        version.kept,
        version.created,
        version.committed,
        wrap,
    )


def _current_and_arriving(
    session: Session, files: Sequence[StoredFile]
) -> tuple[dict[int, StoredVersion], dict[int, StoredVersion]]:
    """By file number: the current version, and the newest upload that may follow it."""
    currents = {file.number: file.current for file in files}
    current: dict[int, StoredVersion] = {}
    arriving: dict[int, StoredVersion] = {}
    asked = (
        select(StoredVersion)
        .join(StoredFile, StoredFile.number == StoredVersion.file_number)
        .where(StoredFile.number.in_(currents))
        .where(StoredVersion.version.between(StoredFile.current, StoredFile.current + 1))
        .order_by(StoredVersion.number)
    )
    for version in session.scalars(asked) if currents else ():
        if version.committed is None:
            if version.version == currents[version.file_number] + 1:
                arriving[version.file_number] = version
        else:
            current[version.file_number] = version
    return current, arriving


def _wraps(session: Session, user_id: int, numbers: Sequence[int]) -> dict[int, bytes]:
    if not numbers:
        return {}
    asked = select(Wrap.version_number, Wrap.wrap).where(
        Wrap.user_id == user_id, Wrap.version_number.in_(numbers)
    )
    return dict(session.execute(asked).all())


def _names(session: Session, user_ids: set[int]) -> dict[int, str]:
    asked = select(User.id, User.user).where(User.id.in_(user_ids))
    return dict(session.execute(asked).all()) if user_ids else {}


def _recipients(session: Session, numbers: Sequence[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    asked = (
        select(Reader.file_number, User.user)
        .join(User, User.id == Reader.user_id)
        .join(StoredFile, StoredFile.number == Reader.file_number)
        .where(Reader.file_number.in_(numbers), User.id != StoredFile.owner_id)
        .order_by(User.user)
    )
    for number, user in session.execute(asked) if numbers else ():
        found[number].append(user)
    return found


def _links(session: Session, numbers: Sequence[int]) -> dict[int, list[wire.LinkRow]]:
    found: dict[int, list[wire.LinkRow]] = defaultdict(list)
    asked = select(Link).where(Link.file_number.in_(numbers)).order_by(Link.number)
    for link in session.scalars(asked) if numbers else ():
        found[link.file_number].append(
            wire.LinkRow(
                link.id, link.secret, link.password, link.expires, link.downloads, link.used, link.created
            )
        )
    return found


def _cursor(cursor: str) -> tuple[int, int]:
    found = _CURSOR.fullmatch(cursor)
    if found is None:
        raise malformed("not a cursor")
    return int(found[1]), int(found[2])


def _versions_cursor(cursor: str | None) -> tuple[int, int]:
    return (0, 0) if cursor is None else _cursor(cursor)
