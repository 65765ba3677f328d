"""Requests to connect that were neither answered nor withdrawn."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import takewhile

from peerseal.errors import NotFound, Refused
from peerseal.server.live.connection import Connection
from peerseal.wire.limits import REQUEST_SECONDS, REQUESTS_IN_MAX, REQUESTS_OUT_MAX


@dataclass(frozen=True, slots=True, eq=False)
class Ask:
    """`asker` wants to connect to `asked`."""

    id: str
    asker: Connection
    asked: Connection
    at: float


class Requests:
    """Every pending request, by id."""

    def __init__(self) -> None:
        self._asks: dict[str, Ask] = {}  # the oldest first
        self._out: dict[Connection, dict[str, Ask]] = {}
        self._in: dict[Connection, dict[str, Ask]] = {}

    def __len__(self) -> int:
        return len(self._asks)

    def add(self, request: str, asker: Connection, asked: Connection, now: float) -> Ask:
        """A new request. Raises `Refused` (`too_many_requests`) at 5 out, 20 in, or a second to the same."""
        out = self._out.get(asker, {})
        again = any(ask.asked is asked for ask in out.values())
        if again or len(out) >= REQUESTS_OUT_MAX or len(self._in.get(asked, ())) >= REQUESTS_IN_MAX:
            raise Refused("too many requests are open", code="too_many_requests")
        ask = Ask(request, asker, asked, now)
        self._asks[request] = ask
        self._out.setdefault(asker, {})[request] = ask
        self._in.setdefault(asked, {})[request] = ask
        return ask

    def take(self, request: str, *, asker: Connection | None = None, asked: Connection | None = None) -> Ask:
        """Remove and return a request of this asker, or to this asked. Raises `NotFound` for any other."""
        ask = self._asks.get(request)
        if (
            ask is None
            or (asker is not None and ask.asker is not asker)
            or (asked is not None and ask.asked is not asked)
        ):
            raise NotFound("no such request")
        self._take((ask,))
        return ask

    def take_of(self, connection: Connection) -> list[Ask]:
        """Remove and return all that come from or go to this connection."""
        return self._take([*self._out.get(connection, {}).values(), *self._in.get(connection, {}).values()])

    def take_expired(self, now: float) -> list[Ask]:
        """Remove and return those nobody answered in time."""
        return self._take(takewhile(lambda ask: ask.at <= now - REQUEST_SECONDS, self._asks.values()))

    def _take(self, asks: Iterable[Ask]) -> list[Ask]:
        taken = list(asks)
        for ask in taken:
            del self._asks[ask.id]
            for index, member in ((self._out, ask.asker), (self._in, ask.asked)):
                del index[member][ask.id]
                if not index[member]:
                    del index[member]
        return taken
