"""A stored file's chunks on their way down: the manifest one after the other, the content by four threads.

Each thread receives and opens chunks in buffers of its own; what they hold is handed over in order. A file that is
still arriving is waited for.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from peerseal.client.settings import ServerUrl
from peerseal.crypto_engine import LEAF_BYTES, Stream, root_of_leaves
from peerseal.errors import IntegrityFailed, TimedOut
from peerseal.protocol.entries import Entry
from peerseal.protocol.manifest import ManifestReader
from peerseal.transfer.chunks import ChunkOpener
from peerseal.transfer.team import Team
from peerseal.transfer.trust import Sealed, accusing
from peerseal.transport.store import ChunkStore, Tickets
from peerseal.wire.chunks import StreamLayout
from peerseal.wire.limits import RECORDS_PER_CHUNK

_THREADS: Final = 4
ARRIVING_SECONDS: Final = 600.0
"""How long to wait for the next part of a file whose upload stands still."""
CHANGED: Final = (
    "A part of it was changed, swapped or taken from elsewhere: it does not open with {owner}'s key."
)

Still = Callable[[], None]
"""Raises if there is no point in waiting any longer."""
Place = Callable[[memoryview], None]
"""Takes the next bytes of the content; they are good until it returns."""


class ManifestDown:
    """The manifest of one version, read on the calling thread: its head first, the rest when it is there."""

    def __init__(self, sealed: Sealed, store: ChunkStore, still: Still) -> None:
        """`still` is called before each wait for a part that is not there yet."""
        self._sealed = sealed
        self._store = store
        self._still = still
        self._opener = ChunkOpener(sealed.file, "manifest")
        self._next = 0
        self.reader: Final = ManifestReader(sealed.file.record_size)
        self.leaves: Final = bytearray()

    @property
    def records(self) -> int:
        """How many have been read."""
        return len(self.leaves) // LEAF_BYTES

    def head(self) -> list[Entry]:
        """The entries of the head part, which is the one the owner signed."""
        while not self.reader.head_complete:
            self._read_chunk()
        with accusing(self._sealed.owner.name):
            part = memoryview(self.leaves)[: self.reader.head_records * LEAF_BYTES]
            self._sealed.opening.check_head_part(root_of_leaves(part))
        return list(self.reader.entries)

    def rest(self) -> None:
        """Everything behind the head part."""
        while not self.reader.closed:
            self._read_chunk()

    def _read_chunk(self) -> None:
        length = fetch(self._store, "manifest", self._next, self._opener.room, self._still)
        with accusing(self._sealed.owner.name, not_authentic=CHANGED, malformed=CHANGED):
            plain, leaves, final = self._opener.open(self._next, length, final=None)
        self.leaves.extend(leaves)
        first, size = self._next * RECORDS_PER_CHUNK, self.reader.record_size
        last = first + len(leaves) // LEAF_BYTES - 1
        with accusing(self._sealed.owner.name):
            for index in range(first, last + 1):
                start = (index - first) * size
                self.reader.feed(index, plain[start : start + size], final and index == last)
        self._next += 1


class ContentDown:
    """The content of one version, carried by four threads and handed over in order."""

    def __init__(
        self,
        sealed: Sealed,
        server: ServerUrl,
        tickets: Tickets,
        still: Still,
        *,
        held: bytes = b"",
        on_leaves: Callable[[int, bytes], None] | None = None,
    ) -> None:
        """`still` as for the manifest; here any of the threads calls it.

        `held`: leaves of the whole chunks that are here already. `on_leaves` hears the number and leaves of each chunk
        that was placed, on one thread at a time.
        """
        self._sealed = sealed
        self._server = server
        self._tickets = tickets
        self._still = still
        self._team = Team()
        records = len(held) // LEAF_BYTES
        self._next = self._turn = records // RECORDS_PER_CHUNK
        self._ended = False
        self._done = records * sealed.file.record_size
        self._on_leaves = on_leaves
        self.leaves: Final = bytearray(held)

    @property
    def records(self) -> int:
        """How many have been handed over."""
        return len(self.leaves) // LEAF_BYTES

    @property
    def size(self) -> int:
        """How many bytes of plaintext those held."""
        return self._done

    def run(self, layout: StreamLayout | None, place: Place, on_bytes: Callable[[int], None]) -> None:
        """Carry everything. `layout` is None while the end is not known: the final record tells it then.

        `place` is called on one thread at a time, in order; `on_bytes` on the calling thread, with what is new.
        """
        chunks = None if layout is None else layout.chunks
        longest = None if layout is None else layout.chunk_length(0)
        threads = _THREADS if chunks is None else min(_THREADS, chunks - self._next)
        told = self._done
        self._team.start(threads, lambda: self._work(layout, longest, place))
        for _ in self._team.wait():
            done = self._done
            on_bytes(done - told)
            told = done

    def _work(self, layout: StreamLayout | None, longest: int | None, place: Place) -> None:
        opener = ChunkOpener(self._sealed.file, "content", longest)
        store = self._team.own(ChunkStore(self._server, self._tickets))
        try:
            while (number := self._take_number(layout)) is not None:
                length = fetch(store, "content", number, opener.room, self._waiting)
                final = None if layout is None else number == layout.chunks - 1
                if layout is not None and length != layout.chunk_length(number):
                    raise IntegrityFailed("A part of the file has a wrong length.", code="content_differs")
                with accusing(self._sealed.owner.name, not_authentic=CHANGED, malformed=CHANGED):
                    plain, leaves, ended = opener.open(number, length, final=final)
                if not self._hand_over(number, plain, leaves, place, ended=ended):
                    break
        finally:
            store.close()

    def _take_number(self, layout: StreamLayout | None) -> int | None:
        with self._team.lock:
            if self._team.stopped or self._ended or (layout is not None and self._next >= layout.chunks):
                return None
            self._next += 1
            return self._next - 1

    def _hand_over(self, number: int, plain: memoryview, leaves: bytes, place: Place, *, ended: bool) -> bool:
        """Wait for this chunk's turn and place it; False if it is no longer wanted."""
        with self._team.lock:
            while self._turn != number and not self._team.stopped and not self._ended:
                self._team.lock.wait(1.0)
            if self._team.stopped or self._ended:
                return False
        place(plain)  # nobody else has the turn
        if self._on_leaves is not None:
            self._on_leaves(number, leaves)
        with self._team.lock:
            self.leaves.extend(leaves)
            self._done += len(plain)
            self._turn += 1
            self._ended = ended
            self._team.lock.notify_all()
        if ended:
            self._team.finish()
        return not ended

    def _waiting(self) -> None:
        if not self._ended:
            self._still()


def fetch(store: ChunkStore, stream: Stream, number: int, room: memoryview, still: Still) -> int:
    """The length of a chunk once it is in `room`; waits for one that is not there yet. Raises TimedOut."""
    since = time.monotonic()
    while (length := store.get_into(stream, number, room)) is None:
        still()
        if time.monotonic() - since > ARRIVING_SECONDS:
            raise TimedOut(
                "The upload of this file stands still.",
                code="stands_still",
                hint="Try again when its sender is back.",
                retryable=True,
            )
        time.sleep(0.05)  # a server that does not wait itself must not be hammered
    return length
