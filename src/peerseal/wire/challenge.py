"""Paying by computing, as it stands in JSON: challenge, solution and the pass it buys (docs/guard.md §4)."""

from __future__ import annotations

from typing import Final

from peerseal.wire import fields as f
from peerseal.wire.accounts import TIME
from peerseal.wire.value import Value

#: What programs send, where pages send cookies.
PASS_HEADER: Final = "Peerseal-Pass"  # noqa: S105 - a name
DEVICE_HEADER: Final = "Peerseal-Device"
#: Stands before challenge, number of the part and solution in what is hashed.
CHALLENGE_PREFIX: Final = "peerseal challenge/1 "
CHALLENGE_BITS_MAX: Final = 32
CHALLENGE_COUNT_MAX: Final = 64
SOLUTION_MAX: Final = 2**32 - 1


class Challenge(Value):
    """To be paid by computing: `count` numbers for which hashes begin with `bits` zero bits, until `expires` (ms).

    `needed`: whoever asks would get 429 `challenge` now.
    """

    challenge: str
    bits: int
    count: int
    expires: int
    needed: bool


class Solved(Value):
    """A challenge and the numbers that solve it."""

    challenge: str
    solutions: tuple[int, ...]


class Pass(Value):
    """Good until `expires` (ms) for the address that paid. `pass_` is `pass` on the wire."""

    pass_: str
    expires: int

    def __repr__(self) -> str:
        return "Pass(…)"


_SECRET: Final = f.text(1, 200)
_CHALLENGE: Final = f.text(1, 400)
CHALLENGE: Final = f.record(
    Challenge,
    {
        "challenge": _CHALLENGE,
        "bits": f.integer(0, CHALLENGE_BITS_MAX),
        "count": f.integer(1, CHALLENGE_COUNT_MAX),
        "expires": TIME,
        "needed": f.BOOLEAN,
    },
)
SOLVED: Final = f.record(
    Solved,
    {
        "challenge": _CHALLENGE,
        "solutions": f.array(f.integer(0, SOLUTION_MAX), CHALLENGE_COUNT_MAX, least=1),
    },
)
PASS: Final = f.record(Pass, {"pass": _SECRET, "expires": TIME})
