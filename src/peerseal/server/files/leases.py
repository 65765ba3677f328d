"""Counts downloads through links exactly: a slot is taken by the first content chunk, then counted or given back.

Leases stand in the database, so a restart in the middle loses no count; a ticket with a lease survives it.
"""

from __future__ import annotations

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from peerseal.errors import NotFound
from peerseal.server.files.models import Lease, Link, Served, StoredFile, StoredVersion
from peerseal.server.files.parts import Parts
from peerseal.server.files.sizes import streams
from peerseal.server.files.tickets import TICKET_MS, Grant, WholeKey, ticket_hash
from peerseal.server.guard.problems import HttpProblem


class Leases:
    """Takes, extends, counts and ends them."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def serve(self, grant: Grant, chunk: str) -> None:
        """A chunk (`c0`, `m3`) is about to be given to a link's ticket.

        Raises 409 `no_downloads_left`; NotFound if the link is gone.
        """
        if not grant.leased and not chunk.startswith("c"):
            grant.seen.add(chunk)
            return
        until = self._parts.now() + TICKET_MS
        told: list[int] = []
        with self._parts.database.writing() as session:
            lease = session.get(Lease, grant.key)
            if lease is None:
                told = self._take(session, grant, until)
            else:
                lease.until = until
            for name in {chunk, *grant.seen}:
                if session.get(Served, (grant.key, name)) is None:
                    session.add(Served(ticket=grant.key, chunk=name))
        grant.leased = True
        grant.expires = max(grant.expires, until)
        grant.seen.clear()
        self._parts.tell(told)

    def confirm(self, ticket: str, link: str) -> None:
        """The receiver has everything: the download through this link counts. Again is fine."""
        key = ticket_hash(ticket)
        told: list[int] = []
        with self._parts.database.writing() as session:
            number = session.scalar(select(Link.number).where(Link.id == link))
            lease = session.get(Lease, key)
            if lease is None or lease.until <= self._parts.now():
                grant = self._parts.tickets.find(key)
                if number is None or grant is None or grant.link_number != number:
                    raise NotFound
                raise HttpProblem(409)
            if lease.link_number != number:
                raise NotFound
            if not lease.counted:
                lease.counted = True
                told = self._count(session, lease.link_number)
        self._parts.tell(told)

    def find(self, key: bytes) -> Grant | None:
        """The grant of a ticket whose lease outlived the memory of it."""
        with self._parts.database.reading() as session:
            lease = session.get(Lease, key)
        if lease is None or lease.until <= self._parts.now():
            return None
        whole = WholeKey("upload", lease.version_number)
        grant = Grant(key, whole, "download", lease.until, link_number=lease.link_number)
        grant.leased = True
        return self._parts.tickets.keep(grant)

    def left(self, session: Session, link: Link) -> int | None:
        """Downloads nobody has taken; None without a limit. Leases that have ended count as what they come to."""
        if link.downloads is None:
            return None
        now = self._parts.now()
        asked = select(Lease).where(Lease.link_number == link.number, Lease.counted.is_(False))
        taken = sum(lease.until > now or self._complete(session, lease) for lease in session.scalars(asked))
        return max(0, link.downloads - link.used - taken)

    def settle(self, session: Session, link_number: int | None = None) -> list[int]:
        """End the leases whose time is up: counted if all had been served. Whom to tell."""
        asked = select(Lease).where(Lease.until <= self._parts.now())
        if link_number is not None:
            asked = asked.where(Lease.link_number == link_number)
        told: list[int] = []
        for lease in list(session.scalars(asked)):
            if not lease.counted and self._complete(session, lease):
                told += self._count(session, lease.link_number)
            session.execute(delete(Lease).where(Lease.ticket == lease.ticket))
        return told

    def _take(self, session: Session, grant: Grant, until: int) -> list[int]:
        told = self.settle(session, grant.link_number)
        link = session.get(Link, grant.link_number)
        if link is None:
            raise NotFound
        if self.left(session, link) == 0:
            raise HttpProblem(409, "no_downloads_left")
        session.add(
            Lease(
                ticket=grant.key,
                link_number=link.number,
                version_number=grant.whole.number,
                until=until,
                counted=False,
            )
        )
        session.flush()
        return told

    def _count(self, session: Session, link_number: int) -> list[int]:
        link = session.get_one(Link, link_number)
        link.used += 1
        session.flush()
        owner = select(StoredFile.owner_id).where(StoredFile.number == link.file_number)
        return list(session.scalars(owner))

    @staticmethod
    def _complete(session: Session, lease: Lease) -> bool:
        version = session.get_one(StoredVersion, lease.version_number)
        if version.committed is None:
            return False
        served = select(func.count()).where(Served.ticket == lease.ticket)
        there = session.execute(served).scalar_one()
        return int(there) >= sum(stream.chunks for stream in streams(version))
