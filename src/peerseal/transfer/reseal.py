"""A stored version again under a fresh key, chunk by chunk: opened, checked, sealed anew; no plaintext on any disk."""

from __future__ import annotations

from typing import Final

from peerseal.crypto_engine import root_of_leaves
from peerseal.errors import IntegrityFailed
from peerseal.files.source import NO_STAMP
from peerseal.protocol.entries import Entry
from peerseal.transfer.chunks import ChunkOpener
from peerseal.transfer.chunks_down import CHANGED, ManifestDown, fetch
from peerseal.transfer.download import Origin
from peerseal.transfer.trust import Sealed, accusing, check_card
from peerseal.transport.store import ChunkStore


class StoredSource:
    """A committed version as the source of an upload. The last bytes come out only once all of it is verified."""

    def __init__(self, sealed: Sealed, origin: Origin) -> None:
        """Reads and checks the manifest. Raises what a download of this version would."""
        if sealed.closing is None:
            raise IntegrityFailed("This version is not complete.", code="incomplete")
        self._sealed = sealed
        self._closing: Final = sealed.closing
        self._store = ChunkStore(origin.server, origin.tickets)
        self._opener = ChunkOpener(sealed.file, "content", sealed.content.chunk_length(0))
        self._chunk = 0
        self._left = memoryview(b"")
        self._placed = 0
        self._leaves = bytearray()
        self.notices: list[str] = []
        self.current = 0
        try:
            self._manifest = ManifestDown(sealed, self._store, lambda: None)
            self._manifest.head()
            self._manifest.rest()
            check_card(sealed, self._manifest.reader.entries)
        except BaseException:
            self._store.close()
            raise
        self.entries: list[Entry] = list(self._manifest.reader.entries)

    def fill(self, view: memoryview) -> int:
        """See `Source.fill`."""
        filled = 0
        while filled < len(view) and (self._left or self._next_chunk()):
            step = min(len(view) - filled, len(self._left))
            view[filled : filled + step] = self._left[:step]
            self._left = self._left[step:]
            filled += step
        if not filled and not self._placed:
            self._next_chunk()  # an empty stream has one record too, and it is checked
        return filled

    def seek(self, content_offset: int) -> None:
        """See `Source.seek`: it cannot go back. An upload never does."""
        if content_offset != self._placed - len(self._left):
            raise IntegrityFailed("A stored version is read once, from its beginning.", code="out_of_order")

    def stamp(self) -> bytes:
        """See `Source.stamp`."""
        return NO_STAMP

    def close(self) -> None:
        """See `Source.close`."""
        self._store.close()

    def _next_chunk(self) -> bool:
        number, chunks = self._chunk, self._sealed.content.chunks
        if number >= chunks:
            return False
        length = fetch(self._store, "content", number, self._opener.room, lambda: None)
        owner = self._sealed.owner.name
        with accusing(owner, not_authentic=CHANGED, malformed=CHANGED):
            plain, leaves, _ = self._opener.open(number, length, final=number == chunks - 1)
        self._leaves.extend(leaves)
        self._placed += len(plain)
        self._chunk += 1
        with accusing(owner):
            self._manifest.reader.place(len(plain))
            if self._chunk == chunks:
                self._check_all()
        self._left = plain
        return bool(plain)

    def _check_all(self) -> None:
        self._manifest.reader.check(self._placed)
        self._closing.check_content(
            self._manifest.records,
            len(self._leaves) // 32,
            root_of_leaves(self._manifest.leaves),
            root_of_leaves(self._leaves),
        )
