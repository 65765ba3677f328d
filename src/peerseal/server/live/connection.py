"""One client's place in the meeting: who it is, what it asked for, and the wire that leads to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Protocol

from peerseal.server.live.discovery import Visitor
from peerseal.server.live.outgoing import Outgoing
from peerseal.wire.limits import KIB
from peerseal.wire.messages import Peer

_MINUTE = 60.0
#: Bytes that may wait for one client that does not read; more and it is cut.
BACKLOG_MAX_BYTES: Final = 256 * KIB


class Link(Protocol):
    """The carrier of one connection. Both calls return at once and raise nothing."""

    @property
    def backlog(self) -> int:
        """Bytes that wait here because the client does not read them."""

    def deliver(self, message: Outgoing) -> None:
        """Send a message, after all earlier ones."""

    def cut(self, code: str) -> None:
        """End the connection; what was delivered before may still arrive."""


@dataclass(eq=False, slots=True)
class Connection:
    """State of one connection. `peer` is None until it joined; identities never come from the client.

    `account` is who is signed in on it, `session` by which session; None for guests.
    """

    id: str
    tag: str
    link: Link
    visitor: Visitor
    source: str
    opened: float
    heard: float
    heartbeat: bool
    account: str | None = None
    session: str | None = None
    peer: Peer | None = None
    joined_once: bool = False
    lobby: str | None = None
    room: str | None = None
    nameplate: str | None = None
    gone: bool = False
    closed_rooms: tuple[str, ...] = ()
    refusals: RateWindow = field(default_factory=lambda: RateWindow(_MINUTE))
    asks: RateWindow = field(default_factory=lambda: RateWindow(_MINUTE))
    messages: RateWindow = field(default_factory=lambda: RateWindow(1.0))

    def tell(self, message: Outgoing) -> None:
        """Deliver, unless the connection is gone."""
        if not self.gone:
            self.link.deliver(message)


class RateWindow:
    """Counts events within fixed windows of time: cheap, and never more than twice the limit in any window."""

    __slots__ = ("_count", "_seconds", "_start")

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._start = float("-inf")
        self._count = 0

    def add(self, now: float) -> int:
        """Count one more; the number within the present window."""
        if now - self._start >= self._seconds:
            self._start, self._count = now, 0
        self._count += 1
        return self._count

    @property
    def idle_since(self) -> float:
        """When the present window began."""
        return self._start
