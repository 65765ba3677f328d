"""Frames of any path come to rest on the server's disk as the chunks of a park (docs/protocol.md §17).

Opens no record.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

from peerseal.client.parks import ParkPlan, SenderPark
from peerseal.client.settings import ServerUrl
from peerseal.crypto_engine import Stream, stream_record_size
from peerseal.errors import IntegrityFailed, Interrupted, Refused
from peerseal.transport.store import ChunkStore, Tickets
from peerseal.transport.transport import PathKind, cut, truncated
from peerseal.wire.chunks import StreamLayout
from peerseal.wire.frames import FrameHeader, read_frame_header
from peerseal.wire.limits import FRAME_HEADER_BYTES, MIB, RECORDS_PER_CHUNK
from peerseal.wire.stored import StoreTicket

_RESERVE_BYTES: Final = 64 * MIB
_COMMIT_TRIES: Final = 5
_TRY_SECONDS: Final = 1.0


class ParkingEnd:
    """A SendEnd whose stream comes to rest on the server. Its first frames are those of the plan's first chunks.

    While one chunk is on its way, the next is being filled: two buffers for each stream, made once.
    """

    kind: PathKind = "store"
    detail = "park"

    def __init__(
        self,
        server: ServerUrl,
        park: SenderPark,
        plan: ParkPlan,
        first: StoreTicket | None = None,
        *,
        on_stored: Callable[[int, int], None] = lambda _manifest, _content: None,
    ) -> None:
        """`first`: the ticket that came with the park. `on_stored` hears, on a thread of this end's own, how many
        records of each stream are durable on the server, counted from index 0.
        """
        self._park = park
        self._reserved = {"manifest": plan.manifest_bytes, "content": plan.content_bytes}
        self._open = plan.open
        self._tickets = Tickets(park.ticket, first)
        self._store = ChunkStore(server, self._tickets)
        self._on_stored = on_stored
        self._filling: dict[Stream, _Filling] = {
            "manifest": _Filling(
                "manifest", plan.record_size, plan.manifest_from, plan.manifest_bytes, plan.open
            ),
            "content": _Filling(
                "content", plan.record_size, plan.content_from, plan.content_bytes, plan.open
            ),
        }
        self._header = bytearray(FRAME_HEADER_BYTES)
        self._headed = 0
        self._record: memoryview | None = None
        self._frame = FrameHeader(0, "manifest", final=False, index=0)
        self._changed = threading.Condition()
        self._leaving: tuple[Stream, int, memoryview] | None = None
        self._error: BaseException | None = None
        self._stopped = False
        self._thread: threading.Thread | None = None
        #: When a complete park is gone, in ms since 1970; 0 until `finish`.
        self.expires = 0
        #: Whether every reader had said, by `finish`, that it has everything.
        self.taken = False
        #: The server may have heard that everything is there, and its answer got lost.
        self.unanswered = False

    @property
    def out_of_reach(self) -> bool:
        """Whether the server does not answer at present; for whoever tells the person."""
        return self._tickets.out_of_reach

    def send(self, *content: memoryview) -> None:
        """See `SendEnd.send`. Raises besides Refused (`quota`, `disk_full`) and NotFound if the park is gone."""
        for one in content:
            left = one
            while len(left):
                left = left[self._take(left) :]

    def finish(self) -> None:
        """Wait until everything is durable, then say so: from now on the sender may leave. Sets `expires` and `taken`.

        NotFound when that was `unanswered`: it was complete then, and is gone because every reader has everything.
        """
        if self._headed or self._record is not None or not all(f.ended for f in self._filling.values()):
            raise truncated(1)
        self._wait_until_idle()
        sizes = [self._filling[stream].sealed for stream in ("manifest", "content")]
        for left in reversed(range(_COMMIT_TRIES)):
            try:
                park = self._park.commit(sizes[0], sizes[1])
            except Interrupted:
                self.unanswered = True
                if not left or self._stopped:
                    raise
                time.sleep(_TRY_SECONDS)
            else:
                self.expires, self.taken = park.expires, all(reader.done for reader in park.readers)
                return

    def abort(self) -> None:
        """See `SendEnd.abort`. What is parked stays."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        self._store.abort()

    def close(self) -> None:
        """See `SendEnd.close`."""
        self.abort()
        if self._thread is not None:
            self._thread.join(2.0)
        self._store.close()

    # --- filling ---

    def _take(self, content: memoryview) -> int:
        """Take some of it: the rest of a header, or of a record."""
        if self._record is None:
            step = min(len(content), FRAME_HEADER_BYTES - self._headed)
            self._header[self._headed : self._headed + step] = content[:step]
            self._headed += step
            if self._headed == FRAME_HEADER_BYTES:
                self._frame = read_frame_header(self._header)
                self._record = self._filling[self._frame.stream].room(self._frame)
            return step
        step = min(len(content), len(self._record))
        self._record[:step] = content[:step]
        self._record = self._record[step:]
        if not self._record:
            self._record, self._headed = None, 0
            self._record_done(self._frame)
        return step

    def _record_done(self, frame: FrameHeader) -> None:
        filling = self._filling[frame.stream]
        if not filling.add(frame):
            return
        if self._open:
            self._reserve(frame.stream, exactly=frame.final)
        self._wait_until_idle()
        with self._changed:
            self._leaving = (frame.stream, *filling.give())
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, daemon=True, name="parking")
                self._thread.start()
            self._changed.notify_all()

    def _reserve(self, stream: Stream, *, exactly: bool) -> None:
        """Room for a stream whose end was not known: ahead while it grows, exactly at its end."""
        sealed = self._filling[stream].sealed
        if sealed == self._reserved[stream] or (sealed < self._reserved[stream] and not exactly):
            return
        self._wait_until_idle()
        wanted = {**self._reserved, stream: sealed if exactly else sealed + max(_RESERVE_BYTES, sealed // 4)}
        try:
            self._park.reserve(wanted["manifest"], wanted["content"])
        except Refused as refused:
            if refused.code != "quota" or exactly:
                raise
            wanted[stream] = sealed  # perhaps just this much is left
            self._park.reserve(wanted["manifest"], wanted["content"])
        self._reserved = wanted

    # --- on the way ---

    def _wait_until_idle(self) -> None:
        """Until no chunk is on its way. Raises what stopped it."""
        with self._changed:
            while self._error is None and not self._stopped and self._leaving is not None:
                self._changed.wait()
            if self._error is not None:
                raise self._error
            if self._stopped:
                raise cut()

    def _run(self) -> None:
        stored = {stream: filling.first for stream, filling in self._filling.items()}
        while (leaving := self._next()) is not None:
            stream, number, chunk = leaving
            error: BaseException | None = None
            try:
                self._store.put(stream, number, chunk)
                stored[stream] = number * RECORDS_PER_CHUNK + self._filling[stream].records_in(len(chunk))
            except BaseException as failure:  # noqa: BLE001 - the thread that sends raises it
                error = failure
            with self._changed:
                self._leaving = None
                self._error = error
                self._changed.notify_all()
            if error is not None:
                return
            self._on_stored(stored["manifest"], stored["content"])

    def _next(self) -> tuple[Stream, int, memoryview] | None:
        with self._changed:
            while self._leaving is None and not self._stopped:
                self._changed.wait()
            return None if self._stopped else self._leaving


class _Filling:
    """The chunk of one stream that is being filled, and the buffer for the one after it."""

    def __init__(
        self, stream: Stream, record_size: int, first_chunk: int, sealed: int, is_open: bool
    ) -> None:
        """`sealed`: bytes of the whole stream, unless only its source knows (`is_open`)."""
        self._stream: Final[Stream] = stream
        self._layout: Final = StreamLayout(stream_record_size(stream, record_size), 0)
        self._longest = self._layout.full_chunk if is_open else min(sealed, self._layout.full_chunk)
        self._buffers: list[memoryview] = []
        self._chunk = first_chunk
        self.first: Final = first_chunk * RECORDS_PER_CHUNK
        self._index = self.first
        self._filled = 0
        self.sealed = first_chunk * self._layout.full_chunk
        #: All of it is there from before, or has come.
        self.ended = not is_open and self.sealed >= sealed
        if self.ended:
            self.sealed = sealed

    def records_in(self, length: int) -> int:
        """How many records a chunk of this many bytes holds."""
        return -(-length // self._layout.full_record)

    def room(self, frame: FrameHeader) -> memoryview:
        """Where this record goes. Raises `out_of_order`, `malformed` for a frame that cannot stand here."""
        if self.ended or frame.index != self._index:
            raise IntegrityFailed("a record out of order", code="out_of_order")
        if frame.length > self._layout.full_record or (
            not frame.final and frame.length != self._layout.full_record
        ):
            raise IntegrityFailed("a record of the wrong length", code="malformed")
        if not self._buffers:
            self._buffers = [memoryview(bytearray(self._longest))]
        if self._filled + frame.length > len(self._buffers[0]):
            raise IntegrityFailed("more than was to come", code="malformed")
        return self._buffers[0][self._filled : self._filled + frame.length]

    def add(self, frame: FrameHeader) -> bool:
        """The record is there; True if the chunk is whole now."""
        self._index += 1
        self._filled += frame.length
        self.sealed += frame.length
        self.ended = frame.final
        return self.ended or self._index % RECORDS_PER_CHUNK == 0

    def give(self) -> tuple[int, memoryview]:
        """The whole chunk and its number; the other buffer is filled from now on."""
        number, chunk = self._chunk, self._buffers[0][: self._filled]
        if len(self._buffers) == 1 and not self.ended:
            self._buffers.append(memoryview(bytearray(self._longest)))
        self._buffers.reverse()
        self._chunk, self._filled = number + 1, 0
        return number, chunk
