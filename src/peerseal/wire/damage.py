"""Stored files and parks that are not as they were written, as operators see them in JSON (docs/guard.md §7)."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from peerseal.wire import fields as f
from peerseal.wire.accounts import NAME, TIME
from peerseal.wire.value import Value

DamagedKind: TypeAlias = Literal["file", "park"]
Fault: TypeAlias = Literal["missing", "length", "content", "unreadable"]


class Damaged(Value):
    """A version of a file, or a park (`version` 0), with `chunks` damaged ones that are known. `fault`: of the first.

    `owner`: whose file it is, None for a park. `since` (ms): when it was found.
    """

    id: str
    kind: DamagedKind
    version: int
    owner: str | None
    chunks: int
    fault: Fault
    since: int


class DamageList(Value):
    """Newest first. `more`: beyond these some was not remembered. `last`: when everything had been looked at (ms)."""

    damaged: tuple[Damaged, ...]
    more: bool
    last: int | None


DAMAGED: Final = f.record(
    Damaged,
    {
        "id": f.ID,
        "kind": f.one_of("file", "park"),
        "version": f.integer(0),
        "owner": f.nullable(NAME),
        "chunks": f.integer(1),
        "fault": f.one_of("missing", "length", "content", "unreadable"),
        "since": TIME,
    },
)
DAMAGE_LIST: Final = f.record(
    DamageList, {"damaged": f.array(DAMAGED), "more": f.BOOLEAN, "last": f.nullable(TIME)}
)
