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
        self._grants: dict[bytes, Grant] = {}  # in the order in which they expire
        self._rooms: dict[str, dict[bytes, Grant]] = {}

    def issue(self, room: str, peer: str, stream: bytes, end: StreamEnd) -> str:
        """A new ticket, as base64url text."""
        text = base64url_encode(self._randomness(TICKET_BYTES))
        key, grant = _hash(text), Grant(room, peer, stream, end, self._clock() + TICKET_SECONDS)
        self._grants[key] = self._rooms.setdefault(room, {})[key] = grant
        return text

    def redeem(self, text: str) -> Grant | None:
        """What `text` allowed, now used up; None if it is wrong, used or expired."""
        grant = self._drop(_hash(text))
        return grant if grant is not None and grant.expires > self._clock() else None

    def outstanding(self, room: str) -> list[Grant]:
        """Tickets of a room that were neither used nor expired."""
        now = self._clock()
        return [grant for grant in self._rooms.get(room, {}).values() if grant.expires > now]

    def forget_room(self, room: str) -> None:
        """The room is gone; its tickets open nothing any more."""
        for key in self._rooms.pop(room, {}):
            del self._grants[key]

    def sweep(self) -> None:
        """Forget what has expired."""
        now = self._clock()
        while self._grants:
            key, grant = next(iter(self._grants.items()))
            if grant.expires > now:
                return
            self._drop(key)

    def __len__(self) -> int:
        return len(self._grants)

    def _drop(self, key: bytes) -> Grant | None:
        grant = self._grants.pop(key, None)
        if grant is not None:
            of_room = self._rooms[grant.room]
            del of_room[key]
            if not of_room:
                del self._rooms[grant.room]
        return grant


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()
