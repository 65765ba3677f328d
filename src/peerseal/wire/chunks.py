"""Where the records of a stored stream lie: counts, chunks and their lengths, by arithmetic alone (protocol.md §13)."""

from __future__ import annotations

from peerseal.wire.limits import RECORD_OVERHEAD, RECORDS_PER_CHUNK
from peerseal.wire.strict_json import malformed
from peerseal.wire.value import Value


class StreamLayout(Value):
    """One sealed stream of `sealed` bytes whose full records hold `record_size` bytes of plaintext."""

    record_size: int
    sealed: int

    @property
    def full_record(self) -> int:
        """Sealed bytes of a full record."""
        return self.record_size + RECORD_OVERHEAD

    @property
    def full_chunk(self) -> int:
        """Sealed bytes of a full chunk."""
        return self.full_record * RECORDS_PER_CHUNK

    @property
    def records(self) -> int:
        """How many records there are; the last may be shorter."""
        return -(-self.sealed // self.full_record)

    @property
    def chunks(self) -> int:
        """How many chunks there are."""
        return -(-self.records // RECORDS_PER_CHUNK)

    @property
    def plain(self) -> int:
        """Bytes of plaintext in all records."""
        return self.sealed - self.records * RECORD_OVERHEAD

    def check(self) -> None:
        """Raises `malformed` if no stream of records has this many bytes: even an empty one has a final record."""
        last = self.sealed - (self.records - 1) * self.full_record
        if self.sealed < RECORD_OVERHEAD or last < RECORD_OVERHEAD:
            raise malformed("a size that is no whole number of records")

    def chunk_length(self, number: int) -> int:
        """Sealed bytes of chunk `number`; 0 behind the end."""
        return max(0, min(self.full_chunk, self.sealed - number * self.full_chunk))


def layout_of(record_size: int, plain: int) -> StreamLayout:
    """The layout of `plain` bytes of plaintext whose end was known: no empty record but that of an empty stream."""
    records = max(1, -(-plain // record_size))
    return StreamLayout(record_size, plain + records * RECORD_OVERHEAD)
