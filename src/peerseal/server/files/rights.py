"""What a ticket still opens, asked of the database for every chunk: memory may be a moment behind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from peerseal.errors import NotFound
from peerseal.server.accounts.models import SessionRow
from peerseal.server.files.models import Lease, Link, Reader, StoredVersion
from peerseal.server.files.parts import Parts
from peerseal.server.files.sizes import Stream, StreamName, streams
from peerseal.server.files.tickets import Grant
from peerseal.server.guard.problems import HttpProblem

#: So exact is when an upload's last chunk came: a write for every chunk would be too many.
TOUCH_MS: Final = 10 * 60 * 1000


@dataclass(frozen=True, slots=True)
class Place:
    """Chunk `n` of a stream, where it lies in storage, and what may come of it."""

    version_number: int
    group: str
    stream: Stream
    n: int
    committed: bool
    open: bool

    @property
    def chunk(self) -> str:
        """Its name within the group."""
        return self.stream.blob(self.n)

    @property
    def name(self) -> str:
        """Its name in storage."""
        return f"{self.group}/{self.chunk}"

    @property
    def may_come(self) -> bool:
        """Whether it is worth waiting for."""
        return not self.committed and (self.open or self.n < self.stream.chunks)


class Rights:
    """Looks up places."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def place(self, grant: Grant, name: StreamName, n: int) -> Place:
        """Where the chunk lies, if the ticket still opens it. Raises NotFound, 401 `ticket`."""
        with self._parts.database.reading() as session:
            version = session.get(StoredVersion, grant.version_number)
            if version is None or not version.kept or not self._holds(session, grant, version):
                raise NotFound
        return _place(version, name, n)

    def stored(self, place: Place) -> None:
        """A chunk has just been written there. Takes it back if nobody wants it any more.

        Raises NotFound if the upload is gone, 409 `committed` if it was closed without this chunk.
        """
        with self._parts.database.reading() as session:
            version = session.get(StoredVersion, place.version_number)
        if version is None or not version.kept:
            self._parts.storage.delete(place.name)
            raise NotFound
        now = _place(version, place.stream.name, place.n)
        if now.committed and now.n >= now.stream.chunks:
            self._parts.storage.delete(place.name)
            raise HttpProblem(409, "committed")
        if version.touched < self._parts.now() - TOUCH_MS:
            with self._parts.database.writing() as session:
                session.execute(
                    update(StoredVersion)
                    .where(StoredVersion.number == place.version_number)
                    .values(touched=self._parts.now())
                )

    @staticmethod
    def _holds(session: Session, grant: Grant, version: StoredVersion) -> bool:
        if grant.link_number is not None:
            link = exists().where(Link.number == grant.link_number, Link.file_number == version.file_number)
            lease = exists().where(Lease.ticket == grant.key)
            asked = select(link, lease) if grant.leased else select(link)
            return all(session.execute(asked).one())
        if not session.scalar(select(exists().where(SessionRow.id == grant.session_id))):
            raise HttpProblem(401, "ticket")
        if grant.purpose == "upload":
            return version.owner_id == grant.user_id
        reader = exists().where(Reader.file_number == version.file_number, Reader.user_id == grant.user_id)
        return bool(session.scalar(select(reader)))


def _place(version: StoredVersion, name: StreamName, n: int) -> Place:
    manifest, content = streams(version)
    stream = manifest if name == "manifest" else content
    return Place(version.number, version.blobs, stream, n, version.committed is not None, version.open)
