"""A transfer that goes on over the server's disk: the sender's side of a park, and finding one (docs/protocol.md §17)."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final, TypeAlias

from peerseal.client.api import Api
from peerseal.client.parks import ParkPass, ParkPlan, ReaderPark, SenderPark, reader_of
from peerseal.client.settings import ServerUrl
from peerseal.crypto_engine import ParkClosing, ParkSecret, stream_record_size
from peerseal.errors import Interrupted, NotFound, PeersealError, Refused, TimedOut
from peerseal.transport.park_down import ParkedEnd
from peerseal.transport.park_up import ParkingEnd
from peerseal.wire.chunks import StreamLayout, layout_of
from peerseal.wire.limits import RECORD_OVERHEAD, RECORDS_PER_CHUNK
from peerseal.wire.parks import NewReader, Park, Parked
from peerseal.wire.stored import Range, StoreTicket

OnStored: TypeAlias = Callable[[int, int], None]
"""Hears how many records of each stream, counted from index 0, are durable on the server."""
_SIZE_ENTRY_BYTES: Final = 4 + 17


def plan_of(
    record_size: int, manifest: int, content: int | None, acked_manifest: int = 0, acked_content: int = 0
) -> ParkPlan:
    """What a park is to hold of a file whose receivers have these records already.

    `manifest` and `content` in bytes of plaintext; content None if only the source knows: then `manifest` is that of
    the head, and the size that follows it is reckoned in.
    """
    is_open = content is None
    full = stream_record_size("manifest", record_size)
    sealed = layout_of(full, manifest).sealed + (RECORD_OVERHEAD + _SIZE_ENTRY_BYTES if is_open else 0)
    layout = layout_of(stream_record_size("content", record_size), content or 0)
    return ParkPlan(
        record_size=record_size,
        manifest_bytes=sealed,
        content_bytes=layout.full_chunk if is_open else layout.sealed,
        open=is_open,
        manifest_from=acked_manifest // RECORDS_PER_CHUNK,
        content_from=acked_content // RECORDS_PER_CHUNK,
    )


class Parking:
    """One park of this side's making. Close it at the end; what is parked stays until it expires or `discard`."""

    def __init__(self, server: ServerUrl, plan: ParkPlan, own: ParkPass) -> None:
        """For `begin` and `resume`."""
        self._server = server
        self._plan = plan
        self._api = Api(server)
        self._park = SenderPark(self._api, own)
        self._ticket: StoreTicket | None = None
        self.own: Final = own

    @classmethod
    def begin(
        cls,
        server: ServerUrl,
        plan: ParkPlan,
        readers: Sequence[ParkSecret | NewReader],
        own: ParkPass | None = None,
    ) -> Parking:
        """Make a park for these readers (at least one). `own` goes into a journal before, if there is one.

        The sender begins at the first record of the plan's first chunks: `plan.manifest_from × 16` and
        `plan.content_from × 16`, at or before what the receivers miss. Raises Refused: `parking_closed` (this server
        parks nothing) or `quota`.
        """
        parking = cls(server, plan, own or ParkPass.new())
        with parking._api.kept(), _refusals():
            parking._ticket = parking._park.new(plan, [_named(reader) for reader in readers])
        return parking

    @classmethod
    def resume(cls, server: ServerUrl, plan: ParkPlan, own: ParkPass) -> Parking:
        """Go on with a park that was made before. Asks nothing yet."""
        return cls(server, plan, own)

    def end(self, on_stored: OnStored = lambda _manifest, _content: None) -> ParkingEnd:
        """The path into the park; its `finish` commits, and `expires` then says until when it is kept (ms)."""
        ticket, self._ticket = self._ticket, None
        return ParkingEnd(self._server, self._park, self._plan, ticket, on_stored=on_stored)

    def positions(self) -> tuple[int, int]:
        """The first record of each stream that is not there yet: where `end` begins from now on.

        A later process asks this before `end`: what is there stays as it was sealed. Raises NotFound once it is gone.
        """
        park, plan = self._park.look(), self._plan
        first = [
            _first_missing(ranges, begin)
            for ranges, begin in ((park.manifest, plan.manifest_from), (park.content, plan.content_from))
        ]
        self._plan = ParkPlan(
            plan.record_size, park.manifest_bytes, park.content_bytes, plan.open, first[0], first[1]
        )
        full = stream_record_size("manifest", plan.record_size)
        layouts = (
            StreamLayout(full, park.manifest_bytes),
            StreamLayout(stream_record_size("content", plan.record_size), park.content_bytes),
        )
        records = [
            min(chunk * RECORDS_PER_CHUNK, layout.records) if not plan.open else chunk * RECORDS_PER_CHUNK
            for chunk, layout in zip(first, layouts, strict=True)
        ]
        return records[0], records[1]

    def add_reader(self, reader: ParkSecret | NewReader) -> None:
        """One more may read it (64 at most). Raises Refused (`exists`), NotFound once it is gone."""
        self._park.add_reader(_named(reader))

    def close_for(self, secret: ParkSecret, closing: ParkClosing) -> None:
        """Tell one of several readers what the park holds in the end; they keep nothing before they know."""
        self._park.closing(secret.reader, secret.seal_closing(closing))

    def look(self) -> Park | None:
        """How it stands: `state`, `expires`, chunks, who has all of it. None once it is gone: every reader has it."""
        try:
            return self._park.look()
        except NotFound:
            return None

    def discard(self) -> None:
        """Gone at once, for everybody. Never raises."""
        with contextlib.suppress(PeersealError):
            self._park.end()

    def close(self) -> None:
        """Close the connections. Never raises."""
        self._api.close()


class FoundPark:
    """What waits for one reader. Close it at the end."""

    def __init__(self, server: ServerUrl, secret: ParkSecret) -> None:
        """Asks nothing yet; `find_parked` does."""
        self._server = server
        self._secret = secret
        self._api = Api(server)
        self._park = ReaderPark.of(self._api, secret)

    def look(self) -> Parked | None:
        """How it stands; None if nothing is parked for this reader (any more)."""
        try:
            return self._park.look()
        except NotFound:
            return None

    def end(
        self,
        manifest: int,
        content: int,
        on_waited: Callable[[float, bool], None] = lambda _seconds, _came: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> ParkedEnd:
        """The path out of it, from these records of each stream on; `on_waited` as `ParkedEnd` says."""
        return ParkedEnd(self._server, self._park, manifest, content, clock=clock, on_waited=on_waited)

    def closing(self) -> ParkClosing | None:
        """What it must hold, for one of several readers; None if the sender has not said yet.

        Raises IntegrityFailed (`not_authentic`, `malformed`), NotFound once it is gone.
        """
        sealed = self._park.look().closing
        return None if sealed is None else self._secret.open_closing(sealed)

    def done(self) -> None:
        """This reader holds everything under its final names. Never raises: the park expires by itself."""
        with contextlib.suppress(PeersealError):
            self._park.done()

    def close(self) -> None:
        """Close the connections. Never raises."""
        self._api.close()


def check_parks(server: ServerUrl) -> None:
    """Ask whether this server parks anything. Raises Refused (`parking_closed`), ServerUnreachable, Interrupted."""
    api = Api(server)
    try:
        parks = api.info().parking is not None
    finally:
        api.close()
    if not parks:
        message, hint = _SAID["parking_closed"]
        raise Refused(message, code="parking_closed", hint=hint)


def find_parked(server: ServerUrl, secret: ParkSecret) -> FoundPark | None:
    """What is parked for the receiver with this secret; None if nothing is. Raises ServerUnreachable, Interrupted."""
    found = FoundPark(server, secret)
    with found._api.kept():  # noqa: SLF001 - this function is its other constructor
        if found.look() is not None:
            return found
    found.close()
    return None


def may_park(error: PeersealError) -> bool:
    """Whether a live transfer that ended so may go on by parking: the peer or the way to it is gone, nobody said no."""
    return isinstance(error, Interrupted | TimedOut) and error.code not in ("cancelled", "source_changed")


@contextmanager
def _refusals() -> Iterator[None]:
    """What a server's no to a park means to the person."""
    try:
        yield
    except Refused as error:
        if error.code not in _SAID:
            raise
        message, hint = _SAID[error.code]
        raise Refused(message, code=error.code, hint=hint) from None


_SAID: Final = {
    "parking_closed": (
        "This server parks nothing: the transfer can finish only while both sides are there.",
        "Wait for the other side to come back, or ask the person who runs the server for PEERSEAL_PARKING.",
    ),
    "quota": (
        "The server has no room to park this.",
        "Wait for the other side to come back; or ask the person who runs the server for more room.",
    ),
}


def _first_missing(ranges: Sequence[Range], begin: int) -> int:
    """The first chunk from `begin` on that is not there."""
    at = begin
    for part in sorted(ranges, key=lambda part: part.first):
        if part.first <= at <= part.last:
            at = part.last + 1
    return at


def _named(reader: ParkSecret | NewReader) -> NewReader:
    return reader if isinstance(reader, NewReader) else reader_of(reader)
