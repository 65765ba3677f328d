"""The two things the server reads of a signed access list: which file it is for, and its counter (protocol.md §13.4).

They keep an older list from replacing a newer one. The signature, and who is on it, are for clients.
"""

from __future__ import annotations

from typing import Final

from peerseal.server.guard.problems import HttpProblem
from peerseal.wire.limits import ID_BYTES, INTEGER_MAX

_SIGNED: Final = 1
_COUNTER_BYTES: Final = 8


def counter_of(signed: bytes, file_id: str) -> int:
    """The counter of a list for this file. Raises 422 for anything that is not one."""
    if signed[:1] != bytes([_SIGNED]):
        raise HttpProblem(422)
    body, _ = _first(signed[1:])
    id_, rest = _first(body)
    counter, _ = _first(rest)
    number = int.from_bytes(counter, "big")
    if len(id_) != ID_BYTES or id_.hex() != file_id or len(counter) != _COUNTER_BYTES:
        raise HttpProblem(422)
    if not 1 <= number <= INTEGER_MAX:
        raise HttpProblem(422)
    return number


def _first(sequence: bytes) -> tuple[bytes, bytes]:
    """The first of length-prefixed byte strings, and the rest."""
    length = int.from_bytes(sequence[:4], "big")
    if len(sequence) < 4 or len(sequence) - 4 < length:
        raise HttpProblem(422)
    return sequence[4 : 4 + length], sequence[4 + length :]
