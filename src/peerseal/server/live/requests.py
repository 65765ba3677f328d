"""Requests to connect that were neither answered nor withdrawn.

Nobody keeps others from somebody's door: where many ask one person, each network and each source in it (an account,
or the address of guests) has a share, and a source this person declined again and again pauses (docs/wire.md §1.2).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import takewhile
from typing import Final

from peerseal.errors import NotFound, Refused
from peerseal.server.guard.detector.subjects import network_of
from peerseal.server.live.connection import Connection
from peerseal.server.live.declines import GRAVE_FROM, Declines
from peerseal.server.live.shares import gives_way
from peerseal.wire.limits import REQUEST_SECONDS, REQUESTS_IN_MAX, REQUESTS_OUT_MAX

#: So many requests of one network may wait at one person: a class may ask its teacher all at once.
IN_PER_NETWORK: Final = 30
#: Of one account: more devices than a person asks from.
IN_PER_ACCOUNT: Final = 3


@dataclass(frozen=True, slots=True, eq=False)
class Ask:
    """`asker` wants to connect to `asked`."""

    id: str
    asker: Connection
    asked: Connection
    at: float

    @property
    def source(self) -> str:
        """Who asks, as far as a server can tell."""
        return _source_of(self.asker)

    @property
    def network(self) -> str:
        """The network the asker comes from."""
        return network_of(self.asker.source)


class Requests:
    """Every pending request, by id."""

    def __init__(self) -> None:
        self._asks: dict[str, Ask] = {}  # the oldest first
        self._out: dict[Connection, dict[str, Ask]] = {}
        self._in: dict[Connection, dict[str, Ask]] = {}
        self._declines = Declines()

    def __len__(self) -> int:
        return len(self._asks)

    def add(self, request: str, asker: Connection, asked: Connection, now: float) -> tuple[Ask, Ask | None]:
        """A new request, and the one that made place for it, if one did.

        Raises `Refused` (`too_many_requests`) at 5 out, a second to the same, during a pause, and where nobody who
        asks this person has more requests than the asker's like.
        """
        out = self._out.get(asker, {})
        if any(ask.asked is asked for ask in out.values()) or len(out) >= REQUESTS_OUT_MAX:
            raise Refused("too many requests of yours are open", code="too_many_requests")
        ask = Ask(request, asker, asked, now)
        if self._declines.pauses(asked, ask.source, now):
            raise Refused(
                "they said no to several requests from where you are; wait some minutes, or use a code",
                code="too_many_requests",
            )
        line = list(self._in.get(asked, {}).values())
        last = gives_way(line, ask, most=REQUESTS_IN_MAX, of_network=IN_PER_NETWORK)
        of_account = sum(one.source == ask.source for one in line) if asker.account is not None else 0
        if last is ask or of_account >= IN_PER_ACCOUNT:
            raise Refused(
                "many are asking them already; try again in a moment, or use a code", code="too_many_requests"
            )
        if last is not None:
            self._take((last,))
        self._asks[request] = ask
        self._out.setdefault(asker, {})[request] = ask
        self._in.setdefault(asked, {})[request] = ask
        return ask, last

    def declined(self, ask: Ask, now: float) -> tuple[list[Ask], bool]:
        """The asked said no to this one, which was taken. If that begins a pause, the other requests of the same
        source to them, removed; and whether it begins one too often.
        """
        count = self._declines.add(ask.asked, ask.source, now)
        if not count:
            return [], False
        same = [one for one in self._in.get(ask.asked, {}).values() if one.source == ask.source]
        return self._take(same), count >= GRAVE_FROM

    def forget(self, connection: Connection) -> None:
        """Who was asked here is gone for good."""
        self._declines.forget(connection)

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


def _source_of(asker: Connection) -> str:
    """An account, wherever it is; of guests, their address."""
    return asker.source if asker.account is None else f"@{asker.account}"
