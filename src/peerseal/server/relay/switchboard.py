"""All relay streams of this server: who may open which end, and when a stream is cut."""

from __future__ import annotations

from collections.abc import Callable

from peerseal.errors import Refused
from peerseal.server.relay.stream import Stream
from peerseal.server.relay.tickets import TicketBook
from peerseal.wire.limits import RELAY_WAIT_SECONDS
from peerseal.wire.messages import StreamEnd

#: Streams and unused tickets one room may have at a time. Far more than two clients use, and a bound.
_PER_ROOM = 64


class Switchboard:
    """Tickets in, streams out. Everything happens on one thread, between two looks at the clock."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._tickets = TicketBook(clock)
        self._streams: dict[tuple[str, bytes], Stream] = {}

    def __len__(self) -> int:
        return len(self._streams)

    def issue(self, room: str, peer: str, stream: bytes, end: StreamEnd) -> str:
        """A ticket for one end. Raises `Refused` (`stream_taken`) if it is open or somebody else's."""
        unused = self._tickets.outstanding(room)
        current = self._streams.get((room, stream))
        taken = current is not None and current.has(end)
        promised = any(grant.stream == stream and grant.end == end and grant.peer != peer for grant in unused)
        if taken or promised:
            raise Refused("this end of the stream is taken", code="stream_taken")
        if len(unused) + sum(key[0] == room for key in self._streams) >= _PER_ROOM:
            raise Refused("too many streams in this room", code="too_many_requests")
        return self._tickets.issue(room, peer, stream, end)

    def open(self, ticket: str) -> tuple[Stream, StreamEnd] | None:
        """The stream and end a ticket opens; None for every ticket that opens nothing."""
        grant = self._tickets.redeem(ticket)
        if grant is None:
            return None
        key = (grant.room, grant.stream)
        stream = self._streams.get(key)
        if stream is None:
            stream = Stream(grant.room, self._clock(), lambda: self._forget(key))
            self._streams[key] = stream
        return None if stream.has(grant.end) else (stream, grant.end)

    def cut_room(self, room: str) -> None:
        """The room is closed: no ticket of it opens anything, and its streams are cut."""
        self._tickets.forget_room(room)
        for stream in [stream for key, stream in self._streams.items() if key[0] == room]:
            stream.cut()

    def cut_all(self) -> None:
        """The server stops."""
        for stream in list(self._streams.values()):
            stream.cut()

    def _forget(self, key: tuple[str, bytes]) -> None:
        del self._streams[key]

    def tick(self) -> None:
        """Cut streams whose other end did not come, and forget old tickets."""
        self._tickets.sweep()
        latest = self._clock() - RELAY_WAIT_SECONDS
        for stream in list(self._streams.values()):
            if not stream.complete and stream.opened < latest:
                stream.cut()
