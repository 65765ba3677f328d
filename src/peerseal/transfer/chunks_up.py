"""A stream's chunks on their way up: four threads, each reads the next chunk, seals it and stores it.

Buffers are made once for each thread; reading is one at a time and in order, sealing and sending are not.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

from peerseal.client.settings import ServerUrl
from peerseal.crypto_engine import LEAF_BYTES, Stream, stream_record_size
from peerseal.errors import LocalFileFailed
from peerseal.transfer.chunks import ChunkSealer
from peerseal.transfer.outgoing import SealedFile
from peerseal.transfer.team import Team
from peerseal.transfer.upload_notes import UploadNotes
from peerseal.transport.store import ChunkStore, Tickets
from peerseal.wire.chunks import StreamLayout
from peerseal.wire.limits import RECORD_OVERHEAD
from peerseal.wire.stored import Range, Upload
from peerseal.wire.value import Value

_THREADS: Final = 4

Fill = Callable[[memoryview], int]
"""Fills a view from the plaintext; fewer bytes than it holds only at the end."""


class Held:
    """The chunks of an upload that the server holds already."""

    def __init__(self, upload: Upload | None = None) -> None:
        self._ranges: dict[Stream, tuple[Range, ...]] = {
            "manifest": () if upload is None else upload.manifest,
            "content": () if upload is None else upload.content,
        }

    def has(self, stream: Stream, chunk: int) -> bool:
        """Whether this chunk is there."""
        return any(part.first <= chunk <= part.last for part in self._ranges[stream])

    def chunks(self, stream: Stream) -> list[int]:
        """The numbers of all of them."""
        return [chunk for part in self._ranges[stream] for chunk in range(part.first, part.last + 1)]


class Carried(Value):
    """One stream that is up: all leaves back to back, records, sealed bytes, bytes of plaintext."""

    leaves: bytes
    records: int
    sealed: int
    plain: int


class Upward(Value):
    """Where chunks go: the server, the tickets, and the notes that know of earlier ones."""

    server: ServerUrl
    tickets: Tickets
    notes: UploadNotes
    held: Held


class StreamUp:
    """Carries one stream up. Raises what `ChunkStore.put` and the source raise, on the calling thread."""

    def __init__(
        self,
        file: SealedFile,
        stream: Stream,
        where: Upward,
        *,
        on_bytes: Callable[[int], None],
        make_room: Callable[[int, bool], None] | None = None,
    ) -> None:
        """`on_bytes` hears on the calling thread how many bytes of plaintext are up since it last heard.

        `make_room(sealed, exact)`, for streams of unknown length, reserves that many sealed bytes before they leave.
        """
        self._file = file
        self._stream: Final[Stream] = stream
        self._where = where
        self._on_bytes = on_bytes
        self._make_room = make_room
        self._layout = StreamLayout(stream_record_size(stream, file.record_size), 0)
        self._team = Team()
        self._reading = threading.Lock()
        self._next = 0
        self._ended = self._more = False
        self._left: int | None = None
        self._leaves: dict[int, bytes] = {}
        self._plain = 0
        self._done = 0

    def run(self, fill: Fill, total: int | None, *, more: bool = False) -> Carried:
        """Carry `total` bytes (None: until `fill` ends); everything so far is returned.

        With `more` these are whole chunks and the stream goes on with the next call. Raises LocalFileFailed
        (`source_changed`) if there are fewer bytes.
        """
        self._team = Team()
        self._left, self._ended, self._more = total, False, more
        told = self._done
        full = self._layout.record_size * (self._layout.full_chunk // self._layout.full_record)
        threads = _THREADS if total is None else max(1, min(_THREADS, -(-total // full)))
        room = full if total is None else max(1, min(full, total))
        self._team.start(threads, lambda: self._work(fill, room))
        for _ in self._team.wait():
            done = self._done
            self._on_bytes(done - told)
            told = done
        leaves = b"".join(self._leaves[number] for number in range(self._next))
        records = len(leaves) // LEAF_BYTES
        return Carried(leaves, records, self._plain + records * RECORD_OVERHEAD, self._plain)

    def _work(self, fill: Fill, room: int) -> None:
        sealer = ChunkSealer(self._file, self._stream, room)
        store = self._team.own(ChunkStore(self._where.server, self._where.tickets))
        try:
            while (read := self._read(fill, sealer.plain)) is not None:
                number, filled, final = read
                self._carry(sealer, store, number, filled, final=final)
        finally:
            store.close()

    def _carry(
        self, sealer: ChunkSealer, store: ChunkStore, number: int, length: int, *, final: bool
    ) -> None:
        leaves = sealer.leaves(length)
        if self._where.held.has(self._stream, number):
            if leaves != self._where.notes.leaves(self._stream, number, len(leaves) // LEAF_BYTES):
                raise source_changed()
        else:
            self._where.notes.sealed(self._stream, number, leaves)
            store.put(self._stream, number, sealer.seal(number, length, final=final))
        with self._team.lock:
            self._leaves[number] = leaves
            self._done += length
            if self._stream == "content":
                self._where.notes.stored(self._done)

    def _read(self, fill: Fill, plain: memoryview) -> tuple[int, int, bool] | None:
        """The next chunk's plaintext: its number, length, and whether the stream ends with it."""
        with self._reading:
            if self._ended or self._team.stopped:
                return None
            view = plain if self._left is None else plain[: min(len(plain), self._left)]
            filled = fill(view)
            if self._left is None:
                self._ended = filled < len(plain)
            else:
                if filled != len(view):
                    raise source_changed()
                self._left -= filled
                self._ended = self._left == 0
            final = self._ended and not self._more
            number = self._next
            self._next += 1
            self._plain += filled
            if self._make_room is not None:
                records = max(1, -(-filled // self._layout.record_size))
                sealed = number * self._layout.full_chunk + filled + records * RECORD_OVERHEAD
                self._make_room(sealed, final)
            return number, filled, final


def source_changed() -> LocalFileFailed:
    """The bytes are not those the upload began with."""
    return LocalFileFailed(
        "A file changed while it was being uploaded.",
        code="source_changed",
        hint="Upload it again once nothing writes to it.",
        retryable=True,
    )


def fill_from(content: bytes) -> Callable[[memoryview], int]:
    """These bytes as what `StreamUp.run` reads from."""
    left = memoryview(content)

    def fill(view: memoryview) -> int:
        nonlocal left
        taken = min(len(view), len(left))
        view[:taken] = left[:taken]
        left = left[taken:]
        return taken

    return fill
