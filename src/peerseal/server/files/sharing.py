"""Who else sees a file, until when, and its end (docs/api.md §4)."""

from __future__ import annotations

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from peerseal.errors import NotFound
from peerseal.server.accounts.asking import Signed
from peerseal.server.files.access_list import counter_of
from peerseal.server.files.listing import Listing
from peerseal.server.files.models import Lease, Link, LinkWrap, Reader, StoredFile, StoredVersion, Wrap
from peerseal.server.files.parts import Parts
from peerseal.server.files.senders import check_wanted, wants
from peerseal.server.files.tickets import WholeKey
from peerseal.server.files.wraps import account_of
from peerseal.server.guard.problems import HttpProblem
from peerseal.wire import stored as wire
from peerseal.wire.limits import LINKS_MAX, RECIPIENTS_MAX


class Sharing:
    """Gives and takes back."""

    def __init__(self, parts: Parts, listing: Listing) -> None:
        self._parts = parts
        self._listing = listing

    def share(self, signed: Signed, wanted: wire.Share, file: str, name: str) -> None:
        """Give somebody wraps for versions of one's file."""
        with self._parts.database.writing() as session:
            row = self._parts.owned(session, file, signed.user_id)
            user_id = self._parts.look_ups.recipient(session, signed, name).id
            if user_id == row.owner_id:
                raise HttpProblem(422)
            replace_access(row, wanted.access)
            if session.get(Reader, (row.number, user_id)) is None:
                count = select(func.count()).where(Reader.file_number == row.number)
                if session.execute(count).scalar_one() > RECIPIENTS_MAX:
                    raise HttpProblem(422)
                check_wanted(session, user_id, signed.user_id)
                wants(session, signed.user_id, user_id)
                session.add(Reader(file_number=row.number, user_id=user_id, changed=0))
            for number, wrap in versions_of(session, row, wanted.wraps).items():
                session.merge(Wrap(version_number=number, user_id=user_id, wrap=wrap))
            told = self._parts.changed(session, row)
            self._parts.charge(session, row.owner_id, row.number)
        self._parts.tell(told)

    def revoke(self, signed: Signed, wanted: wire.Revoke, file: str, name: str) -> None:
        """Take a file back from somebody, or leave it oneself."""
        with self._parts.database.writing() as session:
            row = self._parts.visible(session, file, signed.user_id)
            user_id = account_of(session, name)
            mine = row.owner_id == signed.user_id
            if not mine and user_id != signed.user_id:
                raise NotFound
            if user_id == row.owner_id:
                raise HttpProblem(422)
            if session.get(Reader, (row.number, user_id)) is None:
                raise NotFound
            if (wanted.access is None) == mine:
                raise HttpProblem(422)
            if wanted.access is not None:
                replace_access(row, wanted.access)
            told = self._parts.changed(session, row)
            versions = self._forget(session, row, user_id)
            self._parts.charge(session, row.owner_id, row.number, grows=False)
        self._parts.tickets.kill(lambda grant: grant.user_id == user_id and grant.whole.number in versions)
        for number in versions:
            self._parts.arrivals.tell(WholeKey("upload", number))
        self._parts.tell(told)

    def new_link(self, signed: Signed, wanted: wire.NewLink, file: str) -> None:
        """A link to one's file."""
        with self._parts.database.writing() as session:
            row = self._parts.owned(session, file, signed.user_id)
            if session.scalar(select(Link.number).where(Link.id == wanted.link)) is not None:
                raise HttpProblem(409, "exists")
            count = select(func.count()).where(Link.file_number == row.number)
            if session.execute(count).scalar_one() >= LINKS_MAX:
                raise HttpProblem(422)
            if wanted.expires is not None and wanted.expires <= self._parts.now():
                raise HttpProblem(422, "expires")
            replace_access(row, wanted.access)
            link = Link(
                id=wanted.link,
                file_number=row.number,
                token_hash=wanted.token_hash,
                secret=wanted.secret,
                password=wanted.password,
                expires=wanted.expires,
                downloads=wanted.downloads,
                used=0,
                created=self._parts.now(),
            )
            session.add(link)
            session.flush()
            for number, wrap in versions_of(session, row, wanted.wraps).items():
                session.add(LinkWrap(link_number=link.number, version_number=number, wrap=wrap))
            told = self._parts.changed(session, row)
            self._parts.charge(session, row.owner_id, row.number)
        self._parts.tell(told)

    def revoke_link(self, signed: Signed, wanted: wire.Revoke, file: str, link: str) -> None:
        """The link opens nothing any more."""
        with self._parts.database.writing() as session:
            row = self._parts.owned(session, file, signed.user_id)
            found = session.scalars(
                select(Link).where(Link.id == link, Link.file_number == row.number)
            ).one_or_none()
            if found is None:
                raise NotFound
            if wanted.access is None:
                raise HttpProblem(422)
            replace_access(row, wanted.access)
            session.execute(delete(Lease).where(Lease.link_number == found.number))
            session.delete(found)
            told = self._parts.changed(session, row)
            self._parts.charge(session, row.owner_id, row.number, grows=False)
        self._parts.tickets.kill(lambda grant: grant.link_number == found.number)
        self._parts.arrivals.tell_all()
        self._parts.tell(told)

    def change_file(self, signed: Signed, wanted: wire.ChangeFile, file: str, if_match: int) -> wire.File:
        """Until when the file is kept."""
        with self._parts.database.writing() as session:
            row = self._parts.owned(session, file, signed.user_id)
            if row.current != if_match:
                raise HttpProblem(412)
            row.expires = self._parts.expiry(wanted.expires)
            told = self._parts.changed(session, row)
            shown = self._listing.shown(session, signed, [row])[0]
        self._parts.tell(told)
        return shown

    def delete_file(self, signed: Signed, file: str) -> None:
        """Gone for everybody."""
        with self._parts.database.writing() as session:
            row = self._parts.owned(session, file, signed.user_id)
            told = self._parts.changed(session, row)
            versions = forget_file(session, row)
            self._parts.charge(session, signed.user_id, grows=False)
        self._parts.over(versions)
        self._parts.tell(told)

    @staticmethod
    def _forget(session: Session, file: StoredFile, user_id: int) -> set[int]:
        numbers = set(
            session.scalars(select(StoredVersion.number).where(StoredVersion.file_number == file.number))
        )
        session.execute(delete(Reader).where(Reader.file_number == file.number, Reader.user_id == user_id))
        session.execute(delete(Wrap).where(Wrap.user_id == user_id, Wrap.version_number.in_(numbers)))
        return numbers


def replace_access(file: StoredFile, access: bytes) -> None:
    """Store a newer access list; the one that is there again is fine. Raises 409 `stale_access`, 422."""
    counter = counter_of(access, file.id)
    if counter <= file.access_counter and access != file.access:
        raise HttpProblem(409, "stale_access")
    file.access, file.access_counter = access, counter


def versions_of(session: Session, file: StoredFile, wraps: tuple[wire.UploadWrap, ...]) -> dict[int, bytes]:
    """The wraps by the number of their version. Raises `NotFound` for an upload of another file."""
    named = {one.upload: one.wrap for one in wraps}
    asked = select(StoredVersion.upload, StoredVersion.number).where(
        StoredVersion.file_number == file.number, StoredVersion.upload.in_(named)
    )
    numbers = dict(session.execute(asked).all())
    if numbers.keys() != named.keys():
        raise NotFound
    return {numbers[upload]: wrap for upload, wrap in named.items()}


def forget_file(session: Session, file: StoredFile) -> list[StoredVersion]:
    """Remove all rows of a file; its versions, for what is left of them elsewhere."""
    versions = list(session.scalars(select(StoredVersion).where(StoredVersion.file_number == file.number)))
    session.execute(delete(StoredFile).where(StoredFile.number == file.number))
    return versions
