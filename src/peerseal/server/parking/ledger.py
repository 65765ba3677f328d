"""How much may be parked: for each source network, and in all. Always the sum itself, so it cannot drift."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from peerseal.server.files.parts import Parts
from peerseal.server.guard.problems import HttpProblem
from peerseal.server.parking.models import ParkRow

PARKS_PER_SOURCE: Final = 32
_HASH_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class ParkRules:
    """What the operator allows. `open`: whether new parks are taken; bytes are sealed ones."""

    open: bool
    bytes: int
    total: int
    hours: int


class Ledger:
    """Counts. `keyed` hides which network a row belongs to from whoever reads the database alone."""

    def __init__(self, parts: Parts, rules: ParkRules, keyed: Callable[[bytes], bytes]) -> None:
        self._parts = parts
        self._rules = rules
        self._keyed = keyed

    def source(self, source: str) -> bytes:
        """How a source network stands in a row."""
        return self._keyed(source.encode("utf-8", "surrogateescape"))[:_HASH_BYTES]

    def check(self, room: int) -> None:
        """Before anything else: raises 507 `quota` or `disk_full` for what can never have room."""
        self._parts.check_room(room, min(self._rules.bytes, self._rules.total))

    def charge(self, session: Session, source: bytes) -> None:
        """Last in a transaction that takes more room. Raises 507 `quota` if that is too much."""
        session.flush()
        total = func.coalesce(func.sum(ParkRow.room), 0)
        parks, room = session.execute(select(func.count(), total).where(ParkRow.source == source)).one()
        if parks > PARKS_PER_SOURCE or room > self._rules.bytes:
            raise HttpProblem(507, "quota")
        if session.execute(select(total)).scalar_one() > self._rules.total:
            raise HttpProblem(507, "quota")
