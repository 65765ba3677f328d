"""Files of slots: numbered places of 32 bytes, each empty (zeros) or filled with a mark (28 bytes) or a leaf (32).

Descriptors come in; whoever opened them closes them. What goes wrong with them is an OSError.
"""

from __future__ import annotations

import os
from typing import Final

from peerseal.wire.limits import RECORD_OVERHEAD

SLOT_BYTES: Final = 32
_MARK_BYTES: Final = RECORD_OVERHEAD
_EMPTY: Final = bytes(SLOT_BYTES)
_LOOK_BYTES: Final = 1024 * 1024


def filled(fd: int) -> bytes:
    """The slots from 0 to before the first that is empty, 32 bytes each."""
    found = bytearray()
    while piece := os.pread(fd, _LOOK_BYTES, len(found)):
        piece += bytes(-len(piece) % SLOT_BYTES)  # the end of a mark's slot is never written
        first_empty = _first_empty(piece)
        found += piece[:first_empty]
        if first_empty < len(piece):
            break
    return bytes(found)


def between(fd: int, first: int, count: int) -> bytes | None:
    """Slots `first` to before `first + count`, 32 bytes each; None if one of them is empty."""
    found = os.pread(fd, SLOT_BYTES * count, SLOT_BYTES * first)
    found += bytes(-len(found) % SLOT_BYTES)
    return found if len(found) == SLOT_BYTES * count and _first_empty(found) == len(found) else None


def behind_gap(fd: int) -> tuple[int, bytes]:
    """The first slot that is filled, and the slots from there to before the next that is empty."""
    slots = bytearray()
    while piece := os.pread(fd, _LOOK_BYTES, len(slots)):
        slots += piece
    slots += bytes(-len(slots) % SLOT_BYTES)
    first = 0
    while first < len(slots) and slots[first : first + SLOT_BYTES] == _EMPTY:
        first += SLOT_BYTES
    found = bytes(slots[first:])
    return first // SLOT_BYTES, found[: _first_empty(found)]


def joined(slots: bytes) -> bytes:
    """The marks in these slots, 28 bytes each, back to back (what `Marks` begins with)."""
    return b"".join(slots[at : at + _MARK_BYTES] for at in range(0, len(slots), SLOT_BYTES))


def _first_empty(slots: bytes) -> int:
    """Where the first empty slot begins; the length if none is."""
    start = slots.find(_EMPTY)
    while start >= 0:
        # 32 zeros need not stand on a slot's boundary.
        slot = -(-start // SLOT_BYTES) * SLOT_BYTES
        if slots[slot : slot + SLOT_BYTES] == _EMPTY:
            return slot
        start = slots.find(_EMPTY, slot + 1)
    return len(slots)
