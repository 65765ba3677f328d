"""From the head of a request to one end of a stream: whether it asks for the raw pipe, and who may have it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from peerseal.server.guard.origin import header_values, origin_allowed, parse_host
from peerseal.server.guard.problems import HttpProblem
from peerseal.server.relay.relay_pipe import Pipe, SinkPipe, SourcePipe
from peerseal.server.relay.stream import Stream
from peerseal.server.relay.switchboard import Switchboard
from peerseal.wire.limits import RELAY_PATH, RELAY_UPGRADE
from peerseal.wire.messages import StreamEnd

#: The answer, behind which everything is the stream's.
SWITCHING: Final = (
    f"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: {RELAY_UPGRADE}\r\n\r\n".encode()
)


def upgrade_wanted(upgrade: bytes | None, method: bytes, url: bytes) -> bool:
    """Whether a request with this `Upgrade` header asks for the raw pipe."""
    return (
        upgrade == RELAY_UPGRADE.encode()
        and method == b"GET"
        and url.partition(b"?")[0] == RELAY_PATH.encode()
    )


def opened_end(
    headers: Sequence[tuple[bytes, bytes]], origins: Sequence[str], switchboard: Switchboard
) -> tuple[Stream, StreamEnd]:
    """The stream and end that the request's ticket opens. Raises HttpProblem 400, 403 or 401."""
    hosts = header_values(headers, b"host")
    tickets = header_values(headers, b"authorization")
    if len(hosts) != 1 or parse_host(hosts[0]) is None:
        raise HttpProblem(400)
    if any(not origin_allowed(origin, hosts[0], origins) for origin in header_values(headers, b"origin")):
        raise HttpProblem(403)
    scheme, _, ticket = tickets[0].partition(" ") if len(tickets) == 1 else ("", "", "")
    opened = switchboard.open(ticket) if scheme.lower() == "ticket" else None
    if opened is None:
        raise HttpProblem(401)
    return opened


def pipe_of(
    opened: tuple[Stream, StreamEnd], transport: asyncio.Transport, lost: Callable[[Pipe], None]
) -> SourcePipe | SinkPipe:
    """The pipe of that end over `transport`; `begin` hands it over."""
    stream, end = opened
    return (SourcePipe if end == "send" else SinkPipe)(stream, transport, lost)
