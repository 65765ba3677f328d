"""Whether the events are all there: their chain, and the mark that is kept beside it (docs/guard.md §6).

The mark says how far the chain went. It lies in the same folder, so this shows mistakes, damage and who changed the one
file alone; whoever may write both can make both agree.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from peerseal.server.guard import state
from peerseal.server.guard.events import EARLIER_NAME, FILE_NAME, FIRST, line_hash, written

#: The mark's name in `guard.json`.
MARK: Final = "events"


class Mark(NamedTuple):
    """The number of the last event, its hash, and the number of the first one that was not let go of (None: not told)."""

    seq: int
    hash: str
    first: int | None = None

    def kept(self) -> dict[str, object]:
        """As it stands in `guard.json`."""
        return {"seq": self.seq, "hash": self.hash, "first": self.first}


class Checked(NamedTuple):
    """How many events were read, the number of the last, and the first thing that is wrong, in words."""

    read: int
    last: int
    wrong: str | None


def mark_of(kept: dict[str, object]) -> Mark | None:
    """The mark in what `guard.json` keeps, if there is one."""
    mark = kept.get(MARK)
    seq, digest = (mark.get("seq"), mark.get("hash")) if isinstance(mark, dict) else (None, None)
    if isinstance(seq, bool) or not isinstance(seq, int) or not isinstance(digest, str):
        return None
    first = mark.get("first") if isinstance(mark, dict) else None
    return Mark(seq, digest, first if isinstance(first, int) and not isinstance(first, bool) else None)


def begun(mark: Mark, first: int) -> str | None:
    """What is wrong with events that begin with number `first`; None if no earlier one was kept."""
    if mark.first is None or first <= mark.first:
        return None
    gone = f"events {mark.first} to {first - 1} are"
    return f"{gone if mark.first < first - 1 else f'event {mark.first} is'} gone"


def cut(mark: Mark | None, last: int, hashes: dict[int, str]) -> str | None:
    """What is wrong between the mark and a chain that ends with number `last`; None if they agree."""
    if mark is None or mark.seq == 0:
        return None
    if last < mark.seq:
        gone = f"events {last + 1} to {mark.seq} are"
        return f"{gone if last + 1 < mark.seq else f'event {mark.seq} is'} gone"
    if hashes.get(mark.seq, mark.hash) != mark.hash:
        return f"event {mark.seq} is another one than was written"
    return None


def check(folder: Path) -> Checked:
    """Read all events of a data folder. Raises OSError for files that cannot be read."""
    count, last, prev = 0, 0, None
    hashes: dict[int, str] = {}
    mark = mark_of(state.load(folder))
    for text in _lines(folder):
        try:
            line = json.loads(text)
            seq, digest, before = line["seq"], line["hash"], line["prev"]
            # Written anew it must be the same text: of a field that stands there twice readers see the first.
            right = digest == line_hash(line) and written(line) == text.rstrip(b"\n")
        except (ValueError, TypeError, KeyError):
            return Checked(count, last, f"what follows event {last} is none")
        if not right:
            return Checked(count, last, f"event {seq} was changed")
        if prev is None:
            missing = _beginning(folder, mark, seq, before)
            if missing is not None:
                return Checked(count, last, missing)
        if prev is not None and (before != prev or seq != last + 1):
            return Checked(count, last, f"event {last} is not followed by {last + 1}")
        count, last, prev = count + 1, seq, digest
        if mark is not None and seq == mark.seq:
            hashes[seq] = digest
    return Checked(count, last, cut(mark, last, hashes))


def _beginning(folder: Path, mark: Mark | None, seq: int, before: str) -> str | None:
    """What is wrong with the first event there is, number `seq`: those before it may only be gone with an old file."""
    if (seq == 1) != (before == FIRST):
        return f"event {seq} does not begin as it did"
    told = None if mark is None else mark.first
    if told is None and (folder / EARLIER_NAME).exists():
        return None  # nobody knows which went with a file before
    return begun(Mark(0, "", told or 1), seq)


def _lines(folder: Path) -> Iterator[bytes]:
    for name in (EARLIER_NAME, FILE_NAME):
        path = folder / name
        if path.exists():
            with path.open("rb") as file:
                for text in file:
                    if text.endswith(b"\n"):  # half a line is being written, or was when the machine stopped
                        yield text
