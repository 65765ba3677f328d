"""The chunks of a park given back as frames, to one who need not be there when they were parked (docs/protocol.md §17).

Opens no record.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from typing import Final

from peerseal.client.parks import ReaderPark
from peerseal.client.settings import ServerUrl
from peerseal.crypto_engine import Stream, stream_record_size
from peerseal.errors import IntegrityFailed, PeersealError
from peerseal.transport.store import ChunkStore, Tickets
from peerseal.transport.transport import PathEnded, PathKind, cut, truncated
from peerseal.wire.chunks import StreamLayout
from peerseal.wire.frames import FrameHeader, write_frame_header
from peerseal.wire.limits import FRAME_HEADER_BYTES, RECORDS_PER_CHUNK
from peerseal.wire.parks import Parked

_STREAMS: Final[tuple[Stream, Stream]] = ("manifest", "content")
_TRY_SECONDS: Final = 1.0
SILENCE_SECONDS: Final = 600.0
"""How long a reader waits for one more chunk of a park that still comes."""


class ParkedEnd:
    """A ReceiveEnd that gives what is parked as frames, from two records on; it waits for chunks that still come.

    The manifest comes first, whole. A park whose end is not known yet is read once it is complete.
    """

    kind: PathKind = "store"
    detail = "park"

    def __init__(
        self,
        server: ServerUrl,
        park: ReaderPark,
        manifest: int,
        content: int,
        *,
        silence: float = SILENCE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
        on_waited: Callable[[float, bool], None] = lambda _seconds, _came: None,
    ) -> None:
        """`manifest` and `content`: the first record of each stream that is wanted. Asks nothing yet.

        `on_waited` hears how long the next chunk has been waited for, and whether it has come; it may raise.
        """
        self._park = park
        self._from: Final[dict[Stream, int]] = {"manifest": manifest, "content": content}
        self._silence = silence
        self._clock = clock
        self._on_waited = on_waited
        self._tickets = Tickets(park.ticket)
        self._store = ChunkStore(server, self._tickets)
        self._stopped = threading.Event()
        self._parked: Parked | None = None
        self._layouts: dict[Stream, StreamLayout] = {}
        self._room = memoryview(b"")
        self._header = memoryview(bytearray(FRAME_HEADER_BYTES))
        self._held: tuple[Stream, int] = ("manifest", -1)
        self._length = 0
        self._ahead = memoryview(b"")
        self._behind = memoryview(b"")
        self._at: tuple[Stream, int] = ("manifest", manifest)

    @property
    def out_of_reach(self) -> bool:
        """Whether the server does not answer at present; for whoever tells the person."""
        return self._tickets.out_of_reach

    def receive_into(self, view: memoryview) -> None:
        """See `ReceiveEnd.receive_into`. Raises NotFound once the park is gone."""
        filled = 0
        while filled < len(view):
            if not self._ahead:
                self._ahead, self._behind = self._behind, memoryview(b"")
            if not self._ahead and not self._next_record():
                raise PathEnded("Everything that is parked was read.") if not filled else truncated(filled)
            step = min(len(view) - filled, len(self._ahead))
            view[filled : filled + step] = self._ahead[:step]
            self._ahead = self._ahead[step:]
            filled += step

    def has_more(self) -> bool:
        """See `ReceiveEnd.has_more`: a park holds what its sizes say and nothing else."""
        return bool(self._ahead or self._behind)

    def abort(self) -> None:
        """See `ReceiveEnd.abort`."""
        self._stopped.set()
        self._store.abort()

    def close(self) -> None:
        """See `ReceiveEnd.close`."""
        self.abort()
        self._store.close()

    # --- records ---

    def _next_record(self) -> bool:
        """Lay the next frame out; False when both streams have ended."""
        if self._parked is None:
            self._begin()
        stream, index = self._at
        layout = self._layouts[stream]
        if index >= layout.records:
            if stream == "content":
                return False
            self._at = ("content", self._from["content"])
            return self._next_record()
        self._fetch(stream, index // RECORDS_PER_CHUNK)
        start = index % RECORDS_PER_CHUNK * layout.full_record
        record = self._room[start : min(start + layout.full_record, self._length)]
        final = index == layout.records - 1
        write_frame_header(FrameHeader(len(record), stream, final, index), self._header)
        self._ahead, self._behind = self._header, record
        self._at = (stream, index + 1)
        return True

    def _begin(self) -> None:
        """Learn what is parked; an open park only counts once it is complete."""
        parked = self._park.look()
        moved, since = parked.expires, self._clock()
        while parked.open and parked.state == "arriving":
            self._still(since + self._silence)
            parked = self._park.look()
            came = parked.expires != moved  # a chunk has
            self._on_waited(self._clock() - since, came)
            if came:
                moved, since = parked.expires, self._clock()
        sizes = {"manifest": parked.manifest_bytes, "content": parked.content_bytes}
        first = {"manifest": parked.manifest_from, "content": parked.content_from}
        for stream in _STREAMS:
            layout = StreamLayout(stream_record_size(stream, parked.record_size), sizes[stream])
            layout.check()
            if self._from[stream] < min(layout.records, first[stream] * RECORDS_PER_CHUNK):
                raise IntegrityFailed("What is parked begins too late.", code="out_of_order")
            self._layouts[stream] = layout
        longest = max(
            min(layout.sealed - chunk * layout.full_chunk, layout.full_chunk)
            for stream, layout in self._layouts.items()
            for chunk in [min(self._from[stream] // RECORDS_PER_CHUNK, layout.chunks - 1)]
        )
        self._room = memoryview(bytearray(longest))
        self._parked = parked

    def _fetch(self, stream: Stream, number: int) -> None:
        if self._held == (stream, number):
            return
        wanted = self._layouts[stream].chunk_length(number)
        began = self._clock()
        while (length := self._store.get_into(stream, number, self._room[:wanted])) is None:
            self._on_waited(self._clock() - began, False)
            self._still(began + self._silence, 0.0)
        self._on_waited(self._clock() - began, True)
        if length != wanted:
            raise IntegrityFailed("A part of what is parked has a wrong length.", code="malformed")
        self._held, self._length = (stream, number), length

    def _still(self, deadline: float, pause: float = _TRY_SECONDS) -> None:
        """Wait a moment for what still comes. Raises Interrupted if nothing has come for long, or when stopped."""
        if self._stopped.wait(pause) or self._clock() >= deadline:
            with contextlib.suppress(PeersealError):
                self._store.close()
            raise cut()
