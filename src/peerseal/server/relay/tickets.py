"""Tickets open one end of one stream, once, within 60 s. Only their hashes are kept."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from peerseal.wire.encoding import base64url_encode
from peerseal.wire.limits import TICKET_BYTES, TICKET_SECONDS
from peerseal.wire.messages import StreamEnd


@dataclass(frozen=True, slots=True)
class Grant:
    """What a ticket allows: this peer may open this end of this stream of this room, until `expires`."""

    room: str
    peer: str
    stream: bytes
    end: StreamEnd
    expires: float


class TicketBook:
    """Issues tickets and takes them back."""

    def __init__(
        self,
        clock: Callable[[], float],
        randomness: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._clock = clock
        self._randomness = randomness
        self._grants: dict[bytes, Grant] = {}

    def issue(self, room: str, peer: str, stream: bytes, end: StreamEnd) -> str:
        """A new ticket, as base64url text."""
        text = base64url_encode(self._randomness(TICKET_BYTES))
        self._grants[_hash(text)] = Grant(room, peer, stream, end, self._clock() + TICKET_SECONDS)
        return text

    def redeem(self, text: str) -> Grant | None:
        """What `text` allowed, now used up; None if it is wrong, used or expired."""
        grant = self._grants.pop(_hash(text), None)
        return grant if grant is not None and grant.expires > self._clock() else None

    def outstanding(self, room: str) -> list[Grant]:
        """Tickets of a room that were neither used nor expired."""
        now = self._clock()
        return [grant for grant in self._grants.values() if grant.room == room and grant.expires > now]

    def forget_room(self, room: str) -> None:
        """The room is gone; its tickets open nothing any more."""
        self._keep(lambda grant: grant.room != room)

    def sweep(self) -> None:
        """Forget what has expired."""
        now = self._clock()
        self._keep(lambda grant: grant.expires > now)

    def __len__(self) -> int:
        return len(self._grants)

    def _keep(self, wanted: Callable[[Grant], bool]) -> None:
        self._grants = {key: grant for key, grant in self._grants.items() if wanted(grant)}


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()
