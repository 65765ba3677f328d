"""Requests to connect that were neither answered nor withdrawn."""

from __future__ import annotations

from dataclasses import dataclass

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
        self._asks: dict[str, Ask] = {}

    def __len__(self) -> int:
        return len(self._asks)

    def add(self, request: str, asker: Connection, asked: Connection, now: float) -> Ask:
        """A new request. Raises `Refused` (`too_many_requests`) at 5 out, 20 in, or a second to the same."""
        out = [ask for ask in self._asks.values() if ask.asker is asker]
        incoming = sum(ask.asked is asked for ask in self._asks.values())
        again = any(ask.asked is asked for ask in out)
        if again or len(out) >= REQUESTS_OUT_MAX or incoming >= REQUESTS_IN_MAX:
            raise Refused("too many requests are open", code="too_many_requests")
        ask = Ask(request, asker, asked, now)
        self._asks[request] = ask
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
        del self._asks[request]
        return ask

    def take_of(self, connection: Connection) -> list[Ask]:
        """Remove and return all that come from or go to this connection."""
        return self._take([ask for ask in self._asks.values() if connection in (ask.asker, ask.asked)])

    def take_expired(self, now: float) -> list[Ask]:
        """Remove and return those nobody answered in time."""
        return self._take([ask for ask in self._asks.values() if ask.at <= now - REQUEST_SECONDS])

    def _take(self, asks: list[Ask]) -> list[Ask]:
        for ask in asks:
            del self._asks[ask.id]
        return asks
