"""How much may be parked: for each source network, and in all. Always the sum itself, so it cannot drift.

A complete park counts what it takes. One that arrives counts what has come and a little ahead of it: room that is
only asked for shuts nobody out. So there may be less of it later than was announced, and a chunk can be refused.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from peerseal.errors import NotFound
from peerseal.server.files.parts import Parts
from peerseal.server.guard.problems import HttpProblem
from peerseal.server.parking.models import ParkRow
from peerseal.wire.limits import MIB

PARKS_PER_SOURCE: Final = 256
#: So much ahead of what has come an arriving park counts; after so much its row is told.
ADVANCE: Final = 32 * MIB
#: Of what others leave of the total: a new park may bring its network up to a quarter, its chunks up to a half.
NEW_SHARE: Final = 4
_GROWN_SHARE: Final = 2
#: Parks leave so much of the disk to the database and to accounts.
_MARGIN_MOST: Final = 1024 * MIB
_MARGIN_PART: Final = 20
_HASH_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class ParkRules:
    """What the operator allows. `open`: whether new parks are taken; bytes are sealed ones."""

    open: bool
    bytes: int
    total: int
    hours: int

    @property
    def most(self) -> int:
        """What one source network can have at best."""
        return min(self.bytes, self.total // NEW_SHARE)


class Ledger:
    """Counts. `keyed` hides which network a row belongs to from whoever reads the database alone."""

    def __init__(self, parts: Parts, rules: ParkRules, keyed: Callable[[bytes], bytes]) -> None:
        self._parts = parts
        self._rules = rules
        self._keyed = keyed
        self._lock = threading.Lock()
        # Bytes that came to a park (or are coming), of which its row has not been told.
        self._untold: Counter[int] = Counter()

    def source(self, source: str) -> bytes:
        """How a source network stands in a row."""
        return self._keyed(source.encode("utf-8", "surrogateescape"))[:_HASH_BYTES]

    def check(self, room: int) -> None:
        """Before anything else: raises 507 `quota` or `disk_full` for what can never have room."""
        self._parts.check_room(room, self._rules.most)
        self._check_disk(room)

    def admit(self, session: Session, park: ParkRow) -> None:
        """Last in a transaction that makes or enlarges a park: all of it has room now. Raises 507."""
        session.flush()
        coming = park.room - park.stored
        waiting = case(
            (ParkRow.room - ParkRow.stored > ADVANCE, ADVANCE), else_=ParkRow.room - ParkRow.stored
        )
        others = (ParkRow.committed.is_(None), ParkRow.number != park.number, ParkRow.room > ParkRow.stored)
        promised = session.execute(select(func.coalesce(func.sum(waiting), 0)).where(*others)).scalar_one()
        self._check_disk(coming + int(promised))
        parks = select(func.count()).where(ParkRow.source == park.source)
        if session.execute(parks).scalar_one() > PARKS_PER_SOURCE:
            raise HttpProblem(507, "quota")
        self._check_share(session, park.source, NEW_SHARE, more=max(0, coming - ADVANCE))

    def coming(self, number: int, length: int) -> None:
        """A chunk is about to be written. Raises 507 `quota` or `disk_full`, NotFound."""
        self._check_disk(length)
        with self._lock:
            self._untold[number] += length
            due = self._untold[number] >= ADVANCE
        if due:
            try:
                self._tell(number)
            except BaseException:
                self.not_come(number, length)
                raise

    def not_come(self, number: int, length: int) -> None:
        """It took no room after all."""
        with self._lock:
            self._untold[number] -= length

    def keep(self, numbers: Collection[int]) -> None:
        """Forget all parks but these."""
        with self._lock:
            for number in [number for number in self._untold if number not in numbers]:
                del self._untold[number]

    def _tell(self, number: int) -> None:
        told = 0
        try:
            with self._parts.database.writing() as session:
                row = _there(session, number)
                with self._lock:
                    told = self._untold[number]
                    self._untold[number] = 0
                row.stored = max(0, row.stored + told)
                session.flush()
                self._check_share(session, row.source, _GROWN_SHARE)
        except BaseException:
            with self._lock:
                self._untold[number] += told
            raise

    def _check_share(self, session: Session, source: bytes, share: int, more: int = 0) -> None:
        total = func.coalesce(func.sum(_held()), 0)
        mine = int(session.execute(select(total).where(ParkRow.source == source)).scalar_one())
        left = self._rules.total - (int(session.execute(select(total)).scalar_one()) - mine)
        if mine + more > min(self._rules.bytes, left // share):
            raise HttpProblem(507, "quota")

    def _check_disk(self, size: int) -> None:
        storage = self._parts.storage
        free, capacity = storage.free(), storage.capacity()
        if free is None or capacity is None:
            return
        if size > free - min(_MARGIN_MOST, capacity // _MARGIN_PART):
            raise HttpProblem(507, "disk_full")


def _there(session: Session, number: int) -> ParkRow:
    row = session.get(ParkRow, number)
    if row is None:
        raise NotFound
    return row


def _held() -> ColumnElement[int]:
    """What a park counts."""
    ahead = ParkRow.stored + ADVANCE
    return case(
        (ParkRow.committed.is_not(None), ParkRow.room), (ParkRow.room < ahead, ParkRow.room), else_=ahead
    )
