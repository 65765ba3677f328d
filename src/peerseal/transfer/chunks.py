"""One chunk of a stored file, sealed or opened in one buffer that is made once (protocol.md §13).

What comes in lies in the back of the buffer, what goes out in its front. With one record's room between the two,
each record is written where nothing is needed any more: half the memory of two buffers.
"""

from __future__ import annotations

from typing import Final

from peerseal.crypto_engine import (
    RECORD_OVERHEAD,
    SPARE_BYTES,
    Leaves,
    RecordOpener,
    RecordSealer,
    Stream,
    stream_record_size,
)
from peerseal.errors import IntegrityFailed
from peerseal.transfer.outgoing import SealedFile
from peerseal.wire.limits import RECORDS_PER_CHUNK


class ChunkSealer:
    """Seals chunks of one stream. One object for each thread; chunk numbers rise.

    `longest`: bytes of plaintext in the longest chunk to come, if that is less than a full one.
    """

    def __init__(self, file: SealedFile, stream: Stream, longest: int | None = None) -> None:
        self.record_size: Final = stream_record_size(stream, file.record_size)
        self._sealer = RecordSealer(file.key, stream, file.id, file.version, file.record_size)
        self._leaves = Leaves(file.key, stream, file.id, file.version)
        full = self.record_size * RECORDS_PER_CHUNK
        most = full if longest is None else max(1, min(full, longest))
        records = -(-most // self.record_size)
        back = min(self.record_size, most) + records * RECORD_OVERHEAD + SPARE_BYTES
        self._front = memoryview(bytearray(back + most))
        #: Where a chunk's plaintext is read to; sealing uses it up.
        self.plain: Final = self._front[back:]

    def leaves(self, length: int) -> bytes:
        """The leaves of the records in `plain[:length]`; at least one, an empty last record has one too."""
        return b"".join(self._leaves.leaf(piece) for piece in self._pieces(length))

    def seal(self, number: int, length: int, *, final: bool) -> memoryview:
        """Chunk `number`, of `plain[:length]`; with `final` the stream's last. Good until `plain` is written to."""
        filled = 0
        pieces = self._pieces(length)
        for place, piece in enumerate(pieces):
            index = number * RECORDS_PER_CHUNK + place
            last = final and place == len(pieces) - 1
            filled += self._sealer.seal_into(index, last, piece, self._front[filled:])
        return self._front[:filled]

    def _pieces(self, length: int) -> list[memoryview]:
        plain, size = self.plain[:length], self.record_size
        return [plain[start : start + size] for start in range(0, max(length, 1), size)]


class ChunkOpener:
    """Opens chunks of one stream, each by itself. One object for each thread, with a buffer to receive into.

    `longest`: sealed bytes of the longest chunk to come, if that is less than a full one.
    """

    def __init__(self, file: SealedFile, stream: Stream, longest: int | None = None) -> None:
        self.record_size: Final = stream_record_size(stream, file.record_size)
        self._file = file
        self._stream: Final[Stream] = stream
        self._leaves = Leaves(file.key, stream, file.id, file.version)
        full = (self.record_size + RECORD_OVERHEAD) * RECORDS_PER_CHUNK
        most = full if longest is None else min(full, longest)
        back = min(self.record_size, most)
        self._front = memoryview(bytearray(back + most + SPARE_BYTES))
        self._back = self._front[back:]
        #: Where a chunk is received; opening uses it up.
        self.room: Final = self._back[:most]

    def open(self, number: int, length: int, *, final: bool | None) -> tuple[memoryview, bytes, bool]:
        """Opens `room[:length]` as chunk `number`: its plaintext (good until the next is received), leaves, whether final.

        `final` says whether the stream ends with it; None if that is not known, then its last record says so itself.
        Raises IntegrityFailed (`not_authentic`, `malformed`): nothing of a record that does not open is returned.
        """
        full = self.record_size + RECORD_OVERHEAD
        records = -(-length // full)
        if not 1 <= records <= RECORDS_PER_CHUNK or (length < full * RECORDS_PER_CHUNK and final is False):
            raise IntegrityFailed("A part of the file has a wrong length.", code="malformed")
        first = number * RECORDS_PER_CHUNK
        opener = self._opener(first)
        filled, leaves, ended = 0, bytearray(), False
        for index in range(first, first + records):
            size = min(full, length - (index - first) * full)
            if index < first + records - 1:
                written = self._open_one(opener, index, False, size, filled)
            elif final is not None:
                written, ended = self._open_one(opener, index, final, size, filled), final
            else:
                written, ended = self._open_last(index, size, filled)
            leaves += self._leaves.leaf(self._front[filled : filled + written])
            filled += written
        return self._front[:filled], bytes(leaves), ended

    def _open_last(self, index: int, size: int, filled: int) -> tuple[int, bool]:
        """The last record there is, of a stream whose end is not known yet: only one of both can be authentic."""
        if size == self.record_size + RECORD_OVERHEAD:
            try:
                return self._open_one(self._opener(index), index, False, size, filled), False
            except IntegrityFailed as error:
                if error.code != "not_authentic":
                    raise
        return self._open_one(self._opener(index), index, True, size, filled), True

    def _open_one(self, opener: RecordOpener, index: int, final: bool, size: int, filled: int) -> int:
        start = index % RECORDS_PER_CHUNK * (self.record_size + RECORD_OVERHEAD)
        # The opener needs 16 spare bytes behind a record, and behind this one begins the next.
        spare = self._back[start + size : start + size + SPARE_BYTES]
        kept = bytes(spare)
        try:
            return opener.open_into(index, final, self._back[start:], size, self._front[filled:])
        finally:
            spare[:] = kept

    def _opener(self, first: int) -> RecordOpener:
        file = self._file
        return RecordOpener(file.key, self._stream, file.id, file.version, file.record_size, first=first)
