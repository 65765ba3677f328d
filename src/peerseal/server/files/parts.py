"""What all rules of stored files share: where things are kept, the clock, and whom to tell."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import ColumnElement, exists, func, select, update
from sqlalchemy.orm import Session

from peerseal.errors import NotFound
from peerseal.server.accounts.look_ups import LookUps
from peerseal.server.accounts.models import User
from peerseal.server.database import Database
from peerseal.server.files.arrivals import Arrivals
from peerseal.server.files.costs import cost_again
from peerseal.server.files.models import Reader, StoredFile, StoredVersion
from peerseal.server.files.tickets import KindName, Tickets, WholeKey
from peerseal.server.files.wholes import Kind
from peerseal.server.guard.problems import HttpProblem
from peerseal.server.storage import BlobStorage

LOG: Final = logging.getLogger("peerseal.server")
DAY_MS: Final = 24 * 3600 * 1000


@dataclass(frozen=True, slots=True)
class Rules:
    """What the operator allows: bytes for each account, days a file is kept (0: any), versions that keep records."""

    quota: int
    keep_days: int
    versions: int


@dataclass(frozen=True, slots=True)
class Parts:
    """One of each. `publish` tells an account that its files have changed, after the transaction.

    `kinds`: what chunks may belong to. Whoever keeps chunks here has an entry, or the sweep takes them for lost.
    """

    database: Database
    storage: BlobStorage
    tickets: Tickets
    arrivals: Arrivals
    look_ups: LookUps
    rules: Rules
    now: Callable[[], int]
    publish: Callable[[int], object]
    kinds: dict[KindName, Kind] = field(default_factory=dict)
    cleaning: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "cleaning"))

    def visible(self, session: Session, file_id: str, user_id: int) -> StoredFile:
        """A file this account may see. Raises `NotFound`."""
        asked = (
            select(StoredFile)
            .join(Reader, Reader.file_number == StoredFile.number)
            .where(StoredFile.id == file_id, Reader.user_id == user_id, alive(self.now()))
        )
        file = session.scalars(asked).one_or_none()
        if file is None:
            raise NotFound
        return file

    def owned(self, session: Session, file_id: str, user_id: int) -> StoredFile:
        """A file of this account's own. Raises `NotFound`."""
        file = self.visible(session, file_id, user_id)
        if file.owner_id != user_id:
            raise NotFound
        return file

    def expiry(self, asked: int | None) -> int | None:
        """Until when a file is kept. Raises 422 `expires` for the past, and for longer than this server keeps files."""
        now, days = self.now(), self.rules.keep_days
        latest = now + days * DAY_MS if days else None
        if asked is None:
            return latest
        if asked <= now or (latest is not None and asked > latest):
            raise HttpProblem(422, "expires")
        return asked

    def charge(self, session: Session, owner_id: int, *files: int, grows: bool = True) -> None:
        """Count what the owner's files cost; last in a transaction that changes that, with the files it changes.

        Raises 507 `quota` if it `grows` beyond what the account may have. Always the sum itself, so the number
        kept with the account cannot drift from it.
        """
        session.flush()
        for number in files:
            cost_again(session, number)
        total = select(func.coalesce(func.sum(StoredFile.bytes), 0)).where(StoredFile.owner_id == owner_id)
        used = int(session.execute(total).scalar_one())
        if grows and used > self.quota(session, owner_id):
            raise HttpProblem(507, "quota")
        session.execute(update(User).where(User.id == owner_id).values(used=used))

    def quota(self, session: Session, owner_id: int) -> int:
        """Bytes this account may have."""
        own = session.execute(select(User.quota).where(User.id == owner_id)).scalar_one_or_none()
        return self.rules.quota if own is None else own

    def check_room(self, size: int, most: int) -> None:
        """Whether so much may come where there may be `most`. Raises 507 `quota` or `disk_full`."""
        if size > most:
            raise HttpProblem(507, "quota")
        free = self.storage.free()
        if free is not None and size > free:
            raise HttpProblem(507, "disk_full")

    def changed(self, session: Session, file: StoredFile) -> list[int]:
        """The file comes first in everybody's list; their ids, for `tell`."""
        session.flush()
        mine = Reader.file_number == file.number
        session.execute(update(Reader).where(mine).values(changed=self.now()))
        return list(session.scalars(select(Reader.user_id).where(mine)))

    def tell(self, user_ids: Collection[int]) -> None:
        """Their files have changed. After the transaction."""
        for user_id in user_ids:
            self.publish(user_id)

    def over(self, versions: Collection[StoredVersion]) -> None:
        """These uploads have no rows (or no records) any more: after the transaction, so do the rest."""
        self.gone({WholeKey("upload", version.number): version.blobs for version in versions})

    def gone(self, groups: Mapping[WholeKey, str]) -> None:
        """There is nothing behind these any more; their chunks lie in these groups. After the transaction."""
        if not groups:
            return
        self.tickets.kill(lambda grant: grant.whole in groups)
        for whole in groups:
            self.arrivals.tell(whole)
        self.cleaning.submit(self._remove, list(groups.values()))

    def _remove(self, groups: list[str]) -> None:
        for group in groups:
            try:
                self.storage.delete_group(group)
            except Exception:
                # The sweep finds them again.
                LOG.exception("blobs could not be removed")


def alive(now: int) -> ColumnElement[bool]:
    """That a file has not expired, and its owner is not suspended."""
    suspended = exists().where(User.id == StoredFile.owner_id, User.suspended.is_not(None))
    in_time = StoredFile.expires.is_(None) | (StoredFile.expires > now)
    return in_time & ~suspended
