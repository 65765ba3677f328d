"""Which chunks a stream has and how long each is, from its record size and its sealed bytes (protocol.md §13)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from peerseal.server.files.models import StoredVersion
from peerseal.server.guard.problems import HttpProblem
from peerseal.wire.limits import KIB, MANIFEST_RECORD_SIZE_MAX, RECORD_OVERHEAD, RECORDS_PER_CHUNK
from peerseal.wire.stored import Range

StreamName: TypeAlias = Literal["manifest", "content"]
#: Of one stream: what a listing of it may take, and 8 TiB at the usual record size.
CHUNKS_MAX: Final = 2**20
#: Of one stream with smaller records than this: a listing of what is there is as long as its gaps are many.
SMALL_RECORD: Final = 16 * KIB
SMALL_CHUNKS_MAX: Final = 2**16
#: What the smallest chunk takes on a disk.
BLOCK: Final = 4 * KIB
_LETTER: Final[dict[StreamName, str]] = {"manifest": "m", "content": "c"}


@dataclass(frozen=True, slots=True)
class Stream:
    """One record stream of `size` sealed bytes. Chunks below `first` never come: whom it is for has them.

    From there on at most `most` come.
    """

    name: StreamName
    record_size: int
    size: int
    first: int = 0
    most: int = CHUNKS_MAX

    @property
    def record(self) -> int:
        """Bytes of a full sealed record."""
        return self.record_size + RECORD_OVERHEAD

    @property
    def chunk(self) -> int:
        """Bytes of a full chunk."""
        return RECORDS_PER_CHUNK * self.record

    @property
    def chunks(self) -> int:
        """How many chunks."""
        return -(-self.size // self.chunk)

    @property
    def room(self) -> int:
        """Bytes of the chunks that come."""
        return max(0, self.size - self.first * self.chunk)

    @property
    def space(self) -> int:
        """What those chunks take on a disk, where the smallest take a block."""
        whole, rest = divmod(self.room, self.chunk)
        return whole * max(self.chunk, BLOCK) + (max(rest, BLOCK) if rest else 0)

    def length(self, n: int) -> int:
        """Bytes of chunk n, 0 beyond the last."""
        return max(0, min(self.chunk, self.size - n * self.chunk))

    def takes(self, n: int, length: int, *, open_: bool) -> bool:
        """Whether chunk n may have this length. While the end is open, the last one may end sooner."""
        most = self.length(n) if 0 <= n - self.first < self.most else 0
        if length == most:
            return self.whole(length) or open_
        return open_ and n == self.chunks - 1 and 0 < length < most and self.whole(length)

    def whole(self, length: int) -> bool:
        """Whether so many bytes are whole records, the last of which may be short."""
        rest = length % self.record
        return length > 0 and (rest == 0 or rest >= RECORD_OVERHEAD)

    def blob(self, n: int) -> str:
        """The name of chunk n within its group in storage."""
        return f"{_LETTER[self.name]}{n}"

    def check(self, *, open_: bool) -> None:
        """Raises 422 for a size that no stream can have, and for one that ends before the chunks that come."""
        most = SMALL_CHUNKS_MAX if self.record_size < SMALL_RECORD else CHUNKS_MAX
        if not self.first <= self.chunks <= most or not (open_ or self.whole(self.size)):
            raise HttpProblem(422)

    def missing(self, there: Mapping[str, int]) -> bool:
        """Whether a chunk is not there, or not with its exact length."""
        return any(there.get(self.blob(n)) != self.length(n) for n in range(self.first, self.chunks))

    def stored(self, there: Mapping[str, int]) -> int:
        """The end of the last byte that is there."""
        return max((n * self.chunk + there[self.blob(n)] for n in self._present(there)), default=0)

    def ranges(self, there: Mapping[str, int]) -> tuple[Range, ...]:
        """The chunks that are there, as ranges."""
        found: list[list[int]] = []
        for n in self._present(there):
            if found and found[-1][1] == n - 1:
                found[-1][1] = n
            else:
                found.append([n, n])
        return tuple(Range(first, last) for first, last in found)

    def _present(self, there: Mapping[str, int]) -> list[int]:
        letter = _LETTER[self.name]
        return sorted(int(name[1:]) for name in there if name[0] == letter)


def manifest_of(record_size: int, size: int, first: int = 0) -> Stream:
    """The manifest of a file with these content records."""
    return Stream("manifest", min(record_size, MANIFEST_RECORD_SIZE_MAX), size, first)


def streams(version: StoredVersion) -> tuple[Stream, Stream]:
    """Manifest and content as they stand."""
    return streams_of(version.record_size, version.manifest_bytes, version.content_bytes)


def streams_of(
    record_size: int, manifest_bytes: int, content_bytes: int, first: tuple[int, int] = (0, 0)
) -> tuple[Stream, Stream]:
    """Manifest and content of these sizes; `first`: the chunks each begins with."""
    manifest = manifest_of(record_size, manifest_bytes, first[0])
    return manifest, Stream("content", record_size, content_bytes, first[1])
