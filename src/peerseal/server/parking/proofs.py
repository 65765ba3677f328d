"""Who has the token of a park, or of a place among its readers. Absent, over and wrong are the same 404."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import threading
from collections import Counter
from collections.abc import Callable, Generator
from typing import Final

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from peerseal.errors import NotFound
from peerseal.server.accounts.asking import Guest
from peerseal.server.files.parts import Parts
from peerseal.server.guard.brakes import Brakes
from peerseal.server.guard.budgets import Budget
from peerseal.server.guard.guesses import Guesses
from peerseal.server.guard.noted import noted_early, noted_point
from peerseal.server.guard.problems import HttpProblem
from peerseal.server.parking.models import ParkReader, ParkRow

#: More than for links: who waits for a park asks for it before it is there.
WRONG_PER_PARK_AND_SOURCE: Final = 60
WRONG_PER_PARK: Final = 600
WRONG_PER_SOURCE: Final = 300
#: So often a minute a network may ask for parks that are not there, and it is no sign of anything.
WAITING_PER_SOURCE: Final = 120
#: What keeps the disk or the database busy: nobody is signed in here, and only one may write at a time.
WORK_PER_SOURCE: Final = 1200
_MINUTE: Final = 60.0
#: A listing of so many chunks is as much work again.
_LISTED_PER_WORK: Final = 64
#: From so many chunks on a listing takes long; so many long ones one network may have at once.
_LONG_LISTING: Final = 1024
_LISTINGS_PER_SOURCE: Final = 2


class Proofs:
    """Finds rows by id and token."""

    def __init__(self, parts: Parts, clock: Callable[[], float], brakes: Brakes) -> None:
        self._parts = parts
        self._guesses = Guesses(
            brakes,
            "park",
            of_one=WRONG_PER_PARK,
            of_pair=WRONG_PER_PARK_AND_SOURCE,
            of_source=WRONG_PER_SOURCE,
        )
        self._waiting = Budget(WAITING_PER_SOURCE, _MINUTE, clock)
        self._work = Budget(WORK_PER_SOURCE, _MINUTE, clock)
        self._lock = threading.Lock()
        self._listing: Counter[str] = Counter()

    def park(self, guest: Guest, park: str, token: bytes) -> ParkRow:
        """A park as its sender found it a moment ago. Raises NotFound, 429."""
        with self._parts.database.reading() as session:
            row = session.scalars(select(ParkRow).where(ParkRow.id == park, self.alive())).one_or_none()
        self._check(guest, park, None if row is None else row.token_hash, token)
        if row is None:
            raise NotFound
        return row

    def reader(self, guest: Guest, reader: str, token: bytes) -> tuple[ParkReader, ParkRow]:
        """A reader and what they may read. Raises NotFound, 429."""
        asked = (
            select(ParkReader, ParkRow)
            .join(ParkRow, ParkRow.number == ParkReader.park_number)
            .where(ParkReader.id == reader, self.alive())
        )
        with self._parts.database.reading() as session:
            found = session.execute(asked).one_or_none()
        self._check(guest, reader, None if found is None else found[0].token_hash, token)
        if found is None:
            raise NotFound
        return found[0], found[1]

    def work(self, guest: Guest) -> None:
        """The disk is about to work for somebody of this network. Raises 429 if that is too often."""
        self._work.take(guest.source)

    def listed(self, guest: Guest, chunks: int) -> None:
        """So many there were: that was more work, which counts from now on."""
        self._work.owe(guest.source, chunks // _LISTED_PER_WORK)

    @contextlib.contextmanager
    def listing(self, guest: Guest, chunks: int) -> Generator[None]:
        """The same while up to so many chunks are listed. Raises 429, also for many long ones side by side."""
        self._work.take(guest.source)
        if chunks <= _LONG_LISTING:
            yield
            return
        with self._lock:
            if self._listing[guest.source] >= _LISTINGS_PER_SOURCE:
                raise HttpProblem(429, retry_after=1)
            self._listing[guest.source] += 1
        try:
            yield
        finally:
            with self._lock:
                self._listing[guest.source] -= 1
                if not self._listing[guest.source]:
                    del self._listing[guest.source]

    def still(self, session: Session, number: int) -> ParkRow:
        """The park of this number, within a transaction. Raises NotFound."""
        row = session.scalars(select(ParkRow).where(ParkRow.number == number, self.alive())).one_or_none()
        if row is None:
            raise NotFound
        return row

    def alive(self) -> ColumnElement[bool]:
        """That a park is not over."""
        return ParkRow.expires > self._parts.now()

    def _check(self, guest: Guest, name: str, kept: bytes | None, token: bytes) -> None:
        shown = hashlib.sha256(token).digest()
        if kept is None or not hmac.compare_digest(kept, shown):
            self._guesses.wrong(guest.source, name)
            if kept is not None:
                noted_point("code_wrong", shown)
            elif self._early(guest):
                noted_early()
            raise NotFound
        self._guesses.right(guest.source, name)

    def _early(self, guest: Guest) -> bool:
        """Whether asking for a park that is not there may be waiting for it: nobody who waits asks more often."""
        try:
            self._waiting.take(guest.source)
        except HttpProblem:
            return False
        return True
