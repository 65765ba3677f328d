"""Record frames on a path (protocol.md §8): a 16-byte header in front of each record, and which may come next.

The header is a hint: what it says is authenticated by the record's key and associated data.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Final, Literal, TypeAlias

from peerseal.errors import IntegrityFailed
from peerseal.wire.limits import FRAME_HEADER_BYTES, MANIFEST_RECORD_SIZE_MAX, RECORD_OVERHEAD
from peerseal.wire.value import Value

StreamName: TypeAlias = Literal["manifest", "content"]

#: u32 record length ‖ u8 stream ‖ u8 final ‖ u16 0 ‖ u64 index
_HEADER: Final = struct.Struct(">IBBHQ")
_NUMBER: Final[dict[StreamName, int]] = {"manifest": 1, "content": 2}
_NAME: Final[dict[int, StreamName]] = {number: name for name, number in _NUMBER.items()}


class FrameHeader(Value):
    """`length` of the record that follows, in bytes; stream, final flag and index it claims."""

    length: int
    stream: StreamName
    final: bool
    index: int


def write_frame_header(header: FrameHeader, out: memoryview | bytearray) -> None:
    """Writes the 16 bytes to the start of `out`."""
    _HEADER.pack_into(out, 0, header.length, _NUMBER[header.stream], header.final, 0, header.index)


def frame_header(header: FrameHeader) -> bytes:
    """The 16 bytes."""
    return _HEADER.pack(header.length, _NUMBER[header.stream], header.final, 0, header.index)


def read_frame_header(header: bytes | bytearray | memoryview) -> FrameHeader:
    """Reads 16 bytes by form alone, `malformed` otherwise; `FrameReader` also knows what must come next."""
    if len(header) != FRAME_HEADER_BYTES:
        raise _malformed("not a frame header")
    length, stream, final, zero, index = _HEADER.unpack(header)
    if stream not in _NAME or final > 1 or zero != 0:
        raise _malformed("not a frame header")
    return FrameHeader(length, _NAME[stream], final == 1, index)


class FrameReader:
    """Which frame may come next on one path, for an offer's record size.

    `manifest` and `content` are the first index of each stream there (§15.1), `ended` the streams whose final record
    came before. `allow_content` is called when the manifest's head is complete: content before that is out of order.
    """

    def __init__(
        self, record_size: int, manifest: int = 0, content: int = 0, *, ended: Iterable[StreamName] = ()
    ) -> None:
        self._full: Final[dict[StreamName, int]] = {
            "manifest": min(record_size, MANIFEST_RECORD_SIZE_MAX) + RECORD_OVERHEAD,
            "content": record_size + RECORD_OVERHEAD,
        }
        self._next: Final[dict[StreamName, int]] = {"manifest": manifest, "content": content}
        self._ended: Final = set(ended)
        self._content_allowed = content > 0

    @property
    def ended(self) -> bool:
        """Whether both final records were announced: no byte may follow the last of them."""
        return len(self._ended) == len(_NAME)

    def allow_content(self) -> None:
        """The manifest's head is complete."""
        self._content_allowed = True

    def accept(self, header: bytes | bytearray | memoryview) -> FrameHeader:
        """Reads the next header before its record is read.

        Raises `malformed` for the form, a length outside 28 … full + 28, or anything after the end;
        `out_of_order` for an index that is not the next, a stream that has ended, or content too early.
        """
        if self.ended:
            raise _malformed("bytes after the end")
        read = read_frame_header(header)
        self.check_length(read)
        if read.stream in self._ended or read.index != self._next[read.stream]:
            raise IntegrityFailed("a record out of order", code="out_of_order")
        if read.stream == "content" and not self._content_allowed:
            raise IntegrityFailed("content before the manifest's head", code="out_of_order")
        self._next[read.stream] += 1
        if read.final:
            self._ended.add(read.stream)
        return read

    def check_length(self, header: FrameHeader) -> None:
        """Raises `malformed` for a record longer than its stream allows or too short to be one."""
        if not RECORD_OVERHEAD <= header.length <= self._full[header.stream]:
            raise _malformed("a record of the wrong length")

    def end(self) -> None:
        """Says nothing more comes, on this path or a later one; `truncated` before both final records."""
        if not self.ended:
            raise IntegrityFailed("the path ends before its final records", code="truncated")


def _malformed(why: str) -> IntegrityFailed:
    return IntegrityFailed(why, code="malformed")
