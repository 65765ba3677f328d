"""Stored chunks that are not as they were written: remembered until they are whole or gone, over a restart too.

`damage.json` in the data folder (0600) holds them. Operators are told once for each file that is damaged, and once
more when all of it is whole again; what is deleted meanwhile is forgotten without a word.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

from peerseal.wire.damage import DamagedKind, Fault

FILE_NAME: Final = "damage.json"
#: So many chunks are remembered one by one.
REMEMBERED: Final = 1000
_VERSION: Final = 1
_MOST_BYTES: Final = 2**20
#: Told of (`damaged` or `whole`, file or park, its id, a sentence).
Tell: TypeAlias = Callable[[str, DamagedKind, str, str], object]


@dataclass(frozen=True, slots=True)
class Damage:
    """A chunk (`c0`, `m3`) that is not as it was written. `id`: the file's or the park's; `group`: its folder."""

    kind: DamagedKind
    id: str
    version: int
    group: str
    chunk: str
    fault: Fault

    def __str__(self) -> str:
        what = f"version {self.version} of file {self.id}" if self.kind == "file" else f"park {self.id}"
        return f"{what}, chunk {self.chunk} ({self.group}/{self.chunk}): {self.fault}"


@dataclass(frozen=True, slots=True)
class Found:
    """A damage and when it was found (ms)."""

    damage: Damage
    since: int


def _nobody(_point: str, _kind: DamagedKind, _id: str, _why: str) -> None:
    """Nobody is told."""


class Ledger:
    """What is damaged, for all threads. `folder` None: remembered in memory alone. `now`: the time in ms."""

    def __init__(self, folder: Path | None, now: Callable[[], int], tell: Tell = _nobody) -> None:
        self._path = None if folder is None else folder / FILE_NAME
        self._now, self._tell = now, tell
        self._lock = threading.Lock()
        self._found: dict[tuple[str, str], Found] = {}
        self._changed = self._left_out = False
        #: When everything had been looked at (ms); None for never.
        self.last: int | None = None
        #: More is damaged than is remembered.
        self.more = False
        self._load()

    def all(self) -> tuple[Found, ...]:
        """Everything remembered, in the order it was found."""
        with self._lock:
            return tuple(self._found.values())

    def note(self, damage: Damage) -> bool:
        """Remember it; False if it is known already."""
        place = damage.group, damage.chunk
        with self._lock:
            known = self._found.get(place)
            if known is not None and known.damage == damage:
                return False
            if known is None and len(self._found) >= REMEMBERED:
                self.more = self._left_out = True
                return True
            first = all(group != damage.group for group, _ in self._found)
            self._found[place] = Found(damage, self._now() if known is None else known.since)
            self._changed = True
        if first:
            self._tell("damaged", damage.kind, damage.id, f"{_what(damage)} is damaged: {_WHY[damage.fault]}")
        return True

    def mend(self, group: str, chunk: str) -> None:
        """It is as it was written."""
        with self._lock:
            known = self._found.pop((group, chunk), None)
            if known is None:
                return
            self._changed = True
            last = all(other != group for other, _ in self._found)
        if last:
            damage = known.damage
            self._tell("whole", damage.kind, damage.id, f"{_what(damage)} is whole again")

    def forget(self, groups: Collection[str]) -> None:
        """Folders that are not meant to be there any more."""
        with self._lock:
            for place in [place for place in self._found if place[0] in groups]:
                del self._found[place]
                self._changed = True

    def passed(self) -> None:
        """Everything has been looked at."""
        self.last, self.more = self._now(), self._left_out
        self._left_out, self._changed = False, True

    def save(self) -> None:
        """Keep what changed; a disk that does not take it is asked again the next time."""
        with self._lock:
            if self._path is None or not self._changed:
                return
            self._changed = False
            found = [{**asdict(one.damage), "since": one.since} for one in self._found.values()]
            text = json.dumps({"v": _VERSION, "last": self.last, "more": self.more, "found": found})
        made = self._path.with_name(f"{FILE_NAME}.new")
        try:
            with os.fdopen(os.open(made, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w") as file:
                file.write(text)
            made.replace(self._path)
        except OSError:
            self._changed = True
            with contextlib.suppress(OSError):
                made.unlink()

    def _load(self) -> None:
        if self._path is None:
            return
        with contextlib.suppress(OSError, ValueError, TypeError, KeyError, RecursionError):
            with self._path.open("rb") as file:
                kept: Any = json.loads(file.read(_MOST_BYTES))
            if kept["v"] != _VERSION:
                return
            for row in kept["found"][:REMEMBERED]:
                since = row.pop("since")
                damage = Damage(**row)
                self._found[damage.group, damage.chunk] = Found(damage, since)
            self.last, self.more = kept["last"], kept["more"]


_WHY: Final[dict[Fault, str]] = {
    "missing": "a chunk is missing",
    "length": "a chunk has another length than was written",
    "content": "a chunk has another content than was written",
    "unreadable": "the disk cannot read a chunk",
}


def _what(damage: Damage) -> str:
    return f"version {damage.version} of a stored file" if damage.kind == "file" else "a park"
