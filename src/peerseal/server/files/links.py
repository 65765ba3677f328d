"""Links, as whoever has one sees them: no account, only the token (docs/api.md §5)."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from peerseal.errors import NotFound
from peerseal.server.accounts.asking import Guest
from peerseal.server.accounts.models import User
from peerseal.server.files.leases import Leases
from peerseal.server.files.listing import version_shown
from peerseal.server.files.models import Link, LinkWrap, StoredFile, StoredVersion
from peerseal.server.files.parts import Parts, alive
from peerseal.server.guard.brakes import Brakes
from peerseal.server.guard.guesses import Guesses
from peerseal.server.guard.noted import noted_point
from peerseal.server.guard.problems import HttpProblem
from peerseal.wire import stored as wire

WRONG_PER_LINK_AND_SOURCE: Final = 10
WRONG_PER_LINK: Final = 100
WRONG_PER_SOURCE: Final = 30


class Links:
    """Absent, expired, used up, revoked and wrong tokens are the same 404."""

    def __init__(self, parts: Parts, leases: Leases, brakes: Brakes) -> None:
        self._parts = parts
        self._leases = leases
        self._guesses = Guesses(
            brakes,
            "link",
            of_one=WRONG_PER_LINK,
            of_pair=WRONG_PER_LINK_AND_SOURCE,
            of_source=WRONG_PER_SOURCE,
        )

    def ask(self, _guest: Guest, link: str) -> wire.LinkAsk:
        """Whether a password belongs to it."""
        with self._parts.database.reading() as session:
            return wire.LinkAsk(self._alive(session, link)[0].password)

    def open(self, guest: Guest, wanted: wire.LinkToken, link: str) -> wire.LinkFile:
        """What the link opens."""
        with self._parts.database.reading() as session:
            row, file = self._proved(session, guest, wanted, link)
            version, wrap = self._version(session, row)
            owner = session.get_one(User, file.owner_id)
            ends = [time for time in (row.expires, file.expires) if time is not None]
            return wire.LinkFile(
                file.id,
                owner.user,
                owner.bundle,
                version_shown(version, wrap),
                min(ends, default=None),
                self._leases.left(session, row),
            )

    def ticket(self, guest: Guest, wanted: wire.LinkToken, link: str) -> wire.StoreTicket:
        """A ticket for the chunks of what it opens. Takes no slot yet."""
        with self._parts.database.reading() as session:
            row, _ = self._proved(session, guest, wanted, link)
            version, _ = self._version(session, row)
            if self._leases.left(session, row) == 0:
                raise HttpProblem(409, "no_downloads_left")
        text, grant = self._parts.tickets.for_link(version.number, row.number, guest.source)
        return wire.StoreTicket(text, grant.expires)

    def confirm(self, guest: Guest, wanted: wire.Confirm, link: str) -> None:
        """The download counts."""
        del guest  # the ticket says it all
        self._leases.confirm(wanted.ticket, link)

    def _proved(
        self, session: Session, guest: Guest, wanted: wire.LinkToken, link: str
    ) -> tuple[Link, StoredFile]:
        found = self._with_token(session, wanted, link)
        if found is None:
            noted_point("code_wrong", wanted.token)
            self._guesses.wrong(guest.source, link)
            raise NotFound
        self._guesses.right(guest.source, link)
        return found

    def _with_token(
        self, session: Session, wanted: wire.LinkToken, link: str
    ) -> tuple[Link, StoredFile] | None:
        with contextlib.suppress(NotFound):
            found = self._alive(session, link)
            if hmac.compare_digest(found[0].token_hash, hashlib.sha256(wanted.token).digest()):
                return found
        return None

    def _alive(self, session: Session, link: str) -> tuple[Link, StoredFile]:
        now = self._parts.now()
        asked = (
            select(Link, StoredFile)
            .join(StoredFile, StoredFile.number == Link.file_number)
            .where(Link.id == link, alive(now), Link.expires.is_(None) | (Link.expires > now))
            .where(Link.downloads.is_(None) | (Link.used < Link.downloads))
        )
        found = session.execute(asked).one_or_none()
        if found is None:
            raise NotFound
        return found

    @staticmethod
    def _version(session: Session, link: Link) -> tuple[StoredVersion, bytes]:
        """The newest committed version wrapped for the link, else the newest that is arriving."""
        asked = (
            select(StoredVersion, LinkWrap.wrap)
            .join(LinkWrap, LinkWrap.version_number == StoredVersion.number)
            .where(LinkWrap.link_number == link.number, StoredVersion.kept.is_(True))
            .order_by(
                StoredVersion.committed.is_(None), StoredVersion.version.desc(), StoredVersion.number.desc()
            )
            .limit(1)
        )
        found = session.execute(asked).one_or_none()
        if found is None:
            raise NotFound
        return found
