"""All relay streams of this server: who may open which end, and when a stream is cut."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from peerseal.errors import Refused
from peerseal.server.relay.kernel import window_of
from peerseal.server.relay.stream import Stream
from peerseal.server.relay.tickets import Grant, TicketBook
from peerseal.wire.limits import RELAY_WAIT_SECONDS
from peerseal.wire.messages import StreamEnd

#: Unused tickets one room may have. Far more than two clients use, and a bound.
_TICKETS_PER_ROOM: Final = 64
#: Open streams of one room: one each way, and twice that while lost ones are opened anew.
STREAMS_PER_ROOM: Final = 4
#: So many that are over are remembered for each room.
_OVER_PER_ROOM: Final = 64


class Switchboard:
    """Tickets in, streams out. Everything happens on one thread, between two looks at the clock."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._tickets = TicketBook(clock)
        self._rooms: dict[str, dict[bytes, Stream]] = {}  # the oldest stream first
        self._over: dict[str, dict[bytes, None]] = {}  # the same
        self._carried = 0

    def __len__(self) -> int:
        return sum(map(len, self._rooms.values()))

    @property
    def carried(self) -> int:
        """Bytes of all streams so far, those that are over included."""
        return self._carried + sum(stream.carried for stream in self._all())

    def issue(self, room: str, peer: str, stream: bytes, end: StreamEnd) -> str:
        """A ticket for one end. Raises `Refused` (`stream_taken`) if it is open or somebody else's."""
        unused = self._tickets.outstanding(room)
        current = self._rooms.get(room, {}).get(stream)
        taken = current is not None and current.has(end)
        promised = any(grant.stream == stream and grant.end == end and grant.peer != peer for grant in unused)
        if taken or promised:
            raise Refused("this end of the stream is taken", code="stream_taken")
        if len(unused) >= _TICKETS_PER_ROOM:
            raise Refused("too many unused tickets in this room", code="too_many_requests")
        return self._tickets.issue(room, peer, stream, end)

    def open(self, ticket: str) -> tuple[Stream, StreamEnd] | None:
        """The stream and end a ticket opens; None for every ticket that opens nothing.

        A stream that is over stays so: whoever opens an end of it again, because the answer to the first time did
        not come through, learns at once that it was cut. The other side would not come a second time.
        """
        grant = self._tickets.redeem(ticket)
        if grant is None:
            return None
        if grant.stream in self._over.get(grant.room, {}):
            return Stream.ended(grant.room), grant.end
        of_room = self._rooms.setdefault(grant.room, {})
        stream = of_room.get(grant.stream)
        if stream is None:
            if len(of_room) >= STREAMS_PER_ROOM:
                # Two clients use one each way, so what they opened longest ago they have given up.
                next(iter(of_room.values())).cut()
            window = window_of(len(self) + 1)
            stream = Stream(grant.room, self._clock(), lambda: self._forget(grant), window)
            self._rooms.setdefault(grant.room, {})[grant.stream] = stream
        return None if stream.has(grant.end) else (stream, grant.end)

    def cut_room(self, room: str) -> None:
        """The room is closed: no ticket of it opens anything, and its streams are cut."""
        self._tickets.forget_room(room)
        for stream in list(self._rooms.get(room, {}).values()):
            stream.cut()
        self._over.pop(room, None)

    def cut_all(self) -> None:
        """The server stops."""
        for stream in self._all():
            stream.cut()

    def _all(self) -> list[Stream]:
        return [stream for of_room in self._rooms.values() for stream in of_room.values()]

    def _forget(self, grant: Grant) -> None:
        of_room = self._rooms[grant.room]
        self._carried += of_room.pop(grant.stream).carried
        if not of_room:
            del self._rooms[grant.room]
        over = self._over.setdefault(grant.room, {})
        over[grant.stream] = None
        if len(over) > _OVER_PER_ROOM:
            del over[next(iter(over))]

    def tick(self) -> None:
        """Cut streams whose other end did not come, and forget old tickets."""
        self._tickets.sweep()
        latest = self._clock() - RELAY_WAIT_SECONDS
        for stream in self._all():
            if not stream.complete and stream.opened < latest:
                stream.cut()
