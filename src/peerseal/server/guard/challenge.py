"""The challenge: paid by computing, never by a person (docs/guard.md §4).

A challenge is not stored: it carries its own end and a seal bound to the address that asked, so asking fills nothing.
Only what was paid for is remembered, until it would have ended anyway.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import struct
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final

from peerseal.errors import IntegrityFailed
from peerseal.server.guard.problems import HttpProblem
from peerseal.wire import challenge as wire
from peerseal.wire.encoding import base64url_decode, base64url_encode

SECONDS: Final = 120
COUNT: Final = 16
BITS: Final = 14
#: All who share an address pay for what one there lost: no more than some seconds of anybody's machine.
BITS_MAX: Final = 18
#: For each pass that was lost within the hour.
BITS_PER_LOST: Final = 2
#: So many passes an address may hold that nothing good came of; one bit more for as many, and for each doubling.
IDLE_FREE: Final = 4
#: The price may rise by so much between asking and paying.
_RISE_MAX: Final = 2
_SEAL_BYTES: Final = 16
_OPEN: Final = struct.Struct(">QBB12s")
#: Each cost whoever spent it a quarter of a million hashes.
_SPENT_MAX: Final = 50_000


class Challenges:
    """Makes challenges and checks their solutions. `now` is the time in ms."""

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now
        self._key = secrets.token_bytes(32)
        self._spent: OrderedDict[str, int] = OrderedDict()
        self._lock = threading.Lock()

    def make(self, address: str, lost: int, *, idle: int = 0, needed: bool) -> wire.Challenge:
        """One for this address, which lost so many passes within the hour and holds so many unused."""
        bits = price(lost, idle)
        expires = self._now() + SECONDS * 1000
        open_ = _OPEN.pack(expires, bits, COUNT, secrets.token_bytes(12))
        text = base64url_encode(open_ + self._seal(open_, address))
        return wire.Challenge(text, bits, COUNT, expires, needed)

    def spend(self, address: str, solved: wire.Solved, lost: int = 0, idle: int = 0) -> None:
        """Take a solution, once. Raises HttpProblem 422 `solution` for a wrong one, 409 `spent`, 503 `busy`.

        `spent` is also one that was asked for when passes of this address were far cheaper: nobody lays in a stock.
        """
        expires, bits, count = self._opened(address, solved.challenge)
        if expires < self._now() or not is_solution(solved.challenge, bits, count, solved.solutions):
            raise HttpProblem(422, "solution")
        if price(lost, idle) > bits + _RISE_MAX:
            raise HttpProblem(409, "spent")
        with self._lock:
            self._forget_ended()
            if solved.challenge in self._spent:
                raise HttpProblem(409, "spent")
            if len(self._spent) >= _SPENT_MAX:
                raise HttpProblem(503, "busy", retry_after=SECONDS)
            self._spent[solved.challenge] = expires

    def _opened(self, address: str, challenge: str) -> tuple[int, int, int]:
        try:
            octets = base64url_decode(challenge, _OPEN.size + _SEAL_BYTES)
        except IntegrityFailed:
            raise HttpProblem(422, "solution") from None
        open_ = octets[: _OPEN.size]
        if not hmac.compare_digest(octets[_OPEN.size :], self._seal(open_, address)):
            raise HttpProblem(422, "solution")
        expires, bits, count, _ = _OPEN.unpack(open_)
        return expires, bits, count

    def _forget_ended(self) -> None:
        now = self._now()
        while self._spent:
            challenge, expires = next(iter(self._spent.items()))
            if expires >= now:
                return
            del self._spent[challenge]

    def _seal(self, open_: bytes, address: str) -> bytes:
        return hmac.digest(self._key, open_ + address.encode(), hashlib.sha256)[:_SEAL_BYTES]


def price(lost: int, idle: int) -> int:
    """Zero bits for an address that lost so many passes within the hour, and holds so many that nothing good came of."""
    return min(BITS_MAX, BITS + BITS_PER_LOST * lost + (idle // IDLE_FREE).bit_length())


def is_solution(challenge: str, bits: int, count: int, solutions: Sequence[int]) -> bool:
    """Whether each of the `count` numbers makes a hash that begins with `bits` zero bits."""
    if len(solutions) != count:
        return False
    for i, number in enumerate(solutions):
        text = f"{wire.CHALLENGE_PREFIX}{challenge} {i} {number}"
        digest = hashlib.sha256(text.encode("ascii")).digest()
        if int.from_bytes(digest, "big") >> (256 - bits):
            return False
    return True
