"""What a connection needs besides the application: who may be here, and the relay its raw ends belong to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from peerseal.server.config import Network
from peerseal.server.guard.limits import Admission
from peerseal.server.guard.waiting_room import Waiting
from peerseal.server.logs import silent_log
from peerseal.server.relay.switchboard import Switchboard

#: uvicorn warns of every refused request; what strangers send is not the operator's news.
QUIET: Final = silent_log("peerseal.server.requests")


@dataclass(frozen=True, slots=True)
class Plumbing:
    """What a connection needs besides the ASGI app."""

    switchboard: Switchboard
    admission: Admission
    origins: tuple[str, ...]
    #: Reverse proxies that are believed when they say that a request came over TLS.
    trusted: tuple[Network, ...]
    #: Connections there may be in all.
    most: int
    #: Those whose request's head has not come to its end, and those that rest between requests.
    half_open: Waiting
    resting: Waiting
    #: Told of what is refused before it is a request: the socket's address, the point, the status.
    note: Callable[[str, str, int], None] = lambda _peer, _point, _status: None

    def made_room(self, source: str | None = None) -> bool:
        """Whether somebody (of this network) who has no request under way went, for one more to have room."""
        return self.half_open.cut_one(source) or self.resting.cut_one(source)
