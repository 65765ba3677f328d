"""Uploads: a version's way from its opening head to its commit (docs/api.md §4)."""

from __future__ import annotations

import secrets
from typing import Final

from sqlalchemy import delete, exists, func, select
from sqlalchemy.orm import Session

from peerseal.errors import NotFound
from peerseal.server.accounts.asking import Signed
from peerseal.server.files.access_list import counter_of
from peerseal.server.files.listing import Listing
from peerseal.server.files.models import Reader, StoredFile, StoredVersion, Wrap
from peerseal.server.files.parts import Parts
from peerseal.server.files.senders import KnownSender, check_wanted, wants
from peerseal.server.files.sizes import streams, streams_of
from peerseal.server.files.tickets import WholeKey
from peerseal.server.files.wholes import Whole
from peerseal.server.files.wraps import recipients_of, wrap_for, wrap_for_links, wraps_of_readers
from peerseal.server.guard.problems import HttpProblem
from peerseal.wire import stored as wire

UPLOADS_MAX: Final = 50
_RETRY_SECONDS: Final = 60


class Uploads:
    """All that begins, continues and ends an upload."""

    def __init__(self, parts: Parts, listing: Listing) -> None:
        self._parts = parts
        self._listing = listing

    def new_file(self, signed: Signed, wanted: wire.NewFile) -> wire.StoreTicket:
        """A new file with its first upload; a ticket to send its chunks."""
        counter = counter_of(wanted.access, wanted.id)
        if wanted.version.version != 1:
            raise HttpProblem(422)
        expires = self._parts.expiry(wanted.expires)
        self._check_room(signed, wanted.version)
        with self._parts.database.writing() as session:
            if session.scalar(select(exists().where(StoredFile.id == wanted.id))):
                raise HttpProblem(409, "exists")
            recipients = recipients_of(session, self._parts.look_ups, signed, wanted.recipients)
            file = StoredFile(
                id=wanted.id,
                owner_id=signed.user_id,
                access=wanted.access,
                access_counter=counter,
                current=0,
                expires=expires,
                created=self._parts.now(),
            )
            session.add(file)
            session.flush()
            for user_id in recipients:
                check_wanted(session, user_id, signed.user_id)
                wants(session, signed.user_id, user_id)
            for user_id in (signed.user_id, *recipients):
                session.add(Reader(file_number=file.number, user_id=user_id, changed=0))
            version = self._start(session, signed, file, wanted.version)
            wrap_for(session, version, recipients)
            told = self._parts.changed(session, file)
            self._parts.charge(session, signed.user_id, file.number)
        self._parts.tell(told)
        return self._ticket(version.number, "upload", signed)

    def new_version(
        self, signed: Signed, wanted: wire.NewFileVersion, file: str, if_match: int
    ) -> wire.StoreTicket:
        """A further upload of the owner's file. Wraps for whom no longer has the file are left out."""
        counter = counter_of(wanted.access, file)
        self._check_room(signed, wanted.version)
        with self._parts.database.writing() as session:
            row = self._parts.owned(session, file, signed.user_id)
            if row.current != if_match:
                raise HttpProblem(412)
            if wanted.version.version != if_match + 1:
                raise HttpProblem(422)
            if counter < row.access_counter:
                raise HttpProblem(409, "stale_access")
            row.access, row.access_counter = wanted.access, counter
            version = self._start(session, signed, row, wanted.version)
            wrap_for(session, version, wraps_of_readers(session, row, wanted.recipients))
            wrap_for_links(session, version, wanted.links)
            told = self._parts.changed(session, row)
            self._parts.charge(session, signed.user_id, row.number)
        self._parts.tell(told)
        return self._ticket(version.number, "upload", signed)

    def upload(self, signed: Signed, upload: str) -> wire.Upload:
        """Which chunks are there."""
        with self._parts.database.reading() as session:
            version, file = self._find(session, signed, upload)
        there = self._parts.storage.sizes(version.blobs)
        manifest, content = streams(version)
        return wire.Upload(
            file.id,
            version.version,
            "arriving" if version.committed is None else "committed",
            version.manifest_bytes,
            version.content_bytes,
            manifest.ranges(there),
            content.ranges(there),
        )

    def ticket(self, signed: Signed, wanted: wire.AskStoreTicket, upload: str) -> wire.StoreTicket:
        """A ticket for an upload's chunks: up for its owner, down for whoever may open that version."""
        with self._parts.database.reading() as session:
            version, file = self._find(session, signed, upload)
            mine = file.owner_id == signed.user_id
            wrapped = session.get(Wrap, (version.number, signed.user_id)) is not None
        if wanted.purpose == "upload":
            if not mine:
                raise NotFound
            if version.committed is not None:
                raise HttpProblem(409, "committed")
        elif not version.kept or not (mine or wrapped):
            raise NotFound
        elif not mine:
            self._fetched(signed.user_id, file.owner_id)
        return self._ticket(version.number, wanted.purpose, signed)

    def reserve(self, signed: Signed, wanted: wire.Reserve, upload: str) -> None:
        """New sizes of an open upload."""
        with self._parts.database.reading() as session:
            version = self._own(session, signed, upload)
        there = self._parts.storage.sizes(version.blobs)
        with self._parts.database.writing() as session:
            version = self._own(session, signed, upload)
            whole = whole_of(version)
            whole.check_reserving(whole.resized(wanted.manifest_bytes, wanted.content_bytes), there)
            version.manifest_bytes, version.content_bytes = wanted.manifest_bytes, wanted.content_bytes
            version.touched = self._parts.now()
            self._parts.charge(session, signed.user_id, version.file_number)
        self._parts.arrivals.tell(WholeKey("upload", version.number))

    def commit(self, signed: Signed, wanted: wire.Commit, upload: str) -> wire.File:
        """Make the upload its file's current version, if every chunk is there."""
        with self._parts.database.reading() as session:
            version = self._own(session, signed, upload)
        if version.committed is None:
            whole = whole_of(version)
            exact = whole.resized(wanted.manifest_bytes, wanted.content_bytes)
            whole.check_complete(exact, self._parts.storage.sizes(version.blobs))
        with self._parts.database.writing() as session:
            version, file = self._find(session, signed, upload)
            if file.owner_id != signed.user_id:
                raise NotFound
            if version.committed is not None:
                if (version.closing, version.manifest_bytes, version.content_bytes) != (
                    wanted.closing,
                    wanted.manifest_bytes,
                    wanted.content_bytes,
                ):
                    raise HttpProblem(409, "committed")
                return self._listing.shown(session, signed, [file])[0]
            if file.current != version.version - 1:
                raise HttpProblem(412)
            version.closing = wanted.closing
            version.manifest_bytes, version.content_bytes = wanted.manifest_bytes, wanted.content_bytes
            version.committed = self._parts.now()
            version.trimmed = not version.open
            file.current = version.version
            old = self._free_old(session, file)
            told = self._parts.changed(session, file)
            # Never more than was reserved: every chunk that counts was within it.
            self._parts.charge(session, signed.user_id, file.number, grows=False)
            shown = self._listing.shown(session, signed, [file])[0]
        key = WholeKey("upload", version.number)
        self._parts.tickets.kill(lambda grant: grant.whole == key and grant.purpose == "upload")
        self._parts.arrivals.tell(key)
        self._parts.over(old)
        self._parts.tell(told)
        return shown

    def abandon(self, signed: Signed, upload: str) -> None:
        """Forget an upload that is not committed; the file too, if there is nothing else of it."""
        with self._parts.database.writing() as session:
            version, file = self._find(session, signed, upload)
            if file.owner_id != signed.user_id:
                raise NotFound
            if version.committed is not None:
                raise HttpProblem(409, "committed")
            told = self._parts.changed(session, file)
            forget_upload(session, version)
            self._parts.charge(session, signed.user_id, version.file_number, grows=False)
        self._parts.over([version])
        self._parts.tell(told)

    def delete_version(self, signed: Signed, file: str, version: int) -> None:
        """Free the records of an old version; its heads stay."""
        with self._parts.database.writing() as session:
            row = self._parts.owned(session, file, signed.user_id)
            asked = select(StoredVersion).where(
                StoredVersion.file_number == row.number,
                StoredVersion.version == version,
                StoredVersion.committed.is_not(None),
            )
            old = session.scalars(asked).one_or_none()
            if old is None:
                raise NotFound
            if row.current == version:
                raise HttpProblem(409)
            old.kept = False
            told = self._parts.changed(session, row)
            self._parts.charge(session, signed.user_id, row.number, grows=False)
        self._parts.over([old])
        self._parts.tell(told)

    def _find(self, session: Session, signed: Signed, upload: str) -> tuple[StoredVersion, StoredFile]:
        version = session.scalars(select(StoredVersion).where(StoredVersion.upload == upload)).one_or_none()
        if version is None:
            raise NotFound
        file = session.get_one(StoredFile, version.file_number)
        return version, self._parts.visible(session, file.id, signed.user_id)

    def _fetched(self, user_id: int, owner_id: int) -> None:
        with self._parts.database.reading() as session:
            known = session.get(KnownSender, (user_id, owner_id))
        if known is None or not known.wanted:
            with self._parts.database.writing() as session:
                wants(session, user_id, owner_id)

    def _own(self, session: Session, signed: Signed, upload: str) -> StoredVersion:
        version, file = self._find(session, signed, upload)
        if file.owner_id != signed.user_id:
            raise NotFound
        return version

    def _check_room(self, signed: Signed, wanted: wire.NewVersion) -> None:
        for stream in streams_of(wanted.record_size, wanted.manifest_bytes, wanted.content_bytes):
            stream.check(open_=wanted.open)
        with self._parts.database.reading() as session:
            most = self._parts.quota(session, signed.user_id)
        self._parts.check_room(wanted.manifest_bytes + wanted.content_bytes, most)

    def _start(
        self, session: Session, signed: Signed, file: StoredFile, wanted: wire.NewVersion
    ) -> StoredVersion:
        mine = (StoredVersion.owner_id == signed.user_id) & StoredVersion.committed.is_(None)
        if session.execute(select(func.count()).where(mine)).scalar_one() >= UPLOADS_MAX:
            raise HttpProblem(429, retry_after=_RETRY_SECONDS)
        if session.scalar(select(exists().where(StoredVersion.upload == wanted.upload))):
            raise HttpProblem(409, "exists")
        now = self._parts.now()
        version = StoredVersion(
            upload=wanted.upload,
            file_number=file.number,
            owner_id=signed.user_id,
            version=wanted.version,
            opening=wanted.opening,
            card=wanted.card,
            record_size=wanted.record_size,
            manifest_bytes=wanted.manifest_bytes,
            content_bytes=wanted.content_bytes,
            open=wanted.open,
            kept=True,
            trimmed=True,
            created=now,
            touched=now,
            blobs=secrets.token_hex(16),
        )
        session.add(version)
        session.flush()
        session.add(Wrap(version_number=version.number, user_id=signed.user_id, wrap=wanted.wrap))
        return version

    def _free_old(self, session: Session, file: StoredFile) -> list[StoredVersion]:
        session.flush()
        old = list(
            session.scalars(
                select(StoredVersion).where(
                    StoredVersion.file_number == file.number,
                    StoredVersion.version <= file.current - self._parts.rules.versions,
                    StoredVersion.committed.is_not(None),
                    StoredVersion.kept.is_(True),
                )
            )
        )
        for version in old:
            version.kept = False
        return old

    def _ticket(self, version_number: int, purpose: wire.Purpose, signed: Signed) -> wire.StoreTicket:
        text, grant = self._parts.tickets.for_account(
            version_number, purpose, signed.user_id, signed.session_id
        )
        return wire.StoreTicket(text, grant.expires)


def whole_of(version: StoredVersion) -> Whole:
    """An upload as its chunks see it."""
    manifest, content = streams(version)
    key = WholeKey("upload", version.number)
    return Whole(key, version.blobs, manifest, content, version.open, version.touched, version.committed)


def forget_upload(session: Session, version: StoredVersion) -> None:
    """Remove the rows of an upload, and of its file if there was nothing else of it."""
    session.execute(delete(StoredVersion).where(StoredVersion.number == version.number))
    left = select(exists().where(StoredVersion.file_number == version.file_number))
    if not session.scalar(left):
        session.execute(delete(StoredFile).where(StoredFile.number == version.file_number))
