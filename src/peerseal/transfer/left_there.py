"""What this user's sends left on servers for receivers who were away: still there, fetched, or expired."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Final, Literal, NamedTuple, TypeAlias

from peerseal.errors import NotFound, PeersealError
from peerseal.transfer.about import About
from peerseal.transfer.journals import Listed

ASK_SECONDS: Final = 3.0
"""How long a list waits for the servers."""

State: TypeAlias = Literal["waiting", "fetched", "expired", "unknown"]


class LeftThere(NamedTuple):
    """Until when (ms since 1970) it is there, and how it stands; `unknown` if the server did not say."""

    until: int
    state: State


def left_until(about: About | None) -> int | None:
    """Until when everything of it lies on the server (ms since 1970); None if the sender is not through with it."""
    parked = None if about is None else about.parked
    return None if parked is None else parked.expires


def look(everything: Sequence[Listed], seconds: float = ASK_SECONDS) -> dict[str, LeftThere]:
    """How those stand that were left on a server, by id; the servers are asked, for so long in all."""
    now = time.time() * 1000
    found: dict[str, LeftThere] = {}
    asking: list[About] = []
    names: list[str] = []
    for listed in everything:
        until = left_until(listed.about)
        if until is None or listed.about is None:
            continue
        found[listed.id] = LeftThere(until, "unknown" if until > now else "expired")
        if until > now:
            asking.append(listed.about)
            names.append(listed.id)
    said: dict[str, State] = {}

    def ask() -> None:
        for name, about in zip(names, asking, strict=True):
            said[name] = _ask(about)

    if names:
        # A server that says nothing must not keep the list waiting.
        thread = threading.Thread(target=ask, daemon=True, name="left-there")
        thread.start()
        thread.join(seconds)
    for name, state in list(said.items()):
        found[name] = LeftThere(found[name].until, state)
    return found


def _ask(about: About) -> State:
    from peerseal.client.api import Api
    from peerseal.client.parks import ParkPass, SenderPark
    from peerseal.client.settings import parse_server

    if about.parked is None:
        return "unknown"
    api = Api(parse_server(about.server))
    try:
        SenderPark(api, ParkPass(about.parked.park, bytes(about.parked.token))).look()
    except NotFound:
        return "fetched"
    except PeersealError:
        return "unknown"
    finally:
        api.close()
    return "waiting"
