"""Going on after a break (protocol.md §15): what was sealed or kept, as marks, and where two who were cut off meet."""

from __future__ import annotations

from typing import Final

from peerseal.crypto.file_key import Stream
from peerseal.crypto.kdf import derive, lp
from peerseal.crypto.primitives import ReadableBuffer, sha256
from peerseal.errors import IntegrityFailed
from peerseal.wire.limits import RECORD_OVERHEAD, RENDEZVOUS_BYTES

#: IV ‖ Tag: the start of every record.
MARK_BYTES: Final = RECORD_OVERHEAD


class Marks:
    """The marks of both streams of one file, 28 bytes each: what each side must agree on to go on."""

    def __init__(self, manifest: ReadableBuffer = b"", content: ReadableBuffer = b"") -> None:
        """Begins with the marks kept from before, joined in order; `malformed` unless whole."""
        if len(manifest) % MARK_BYTES or len(content) % MARK_BYTES:
            raise IntegrityFailed("marks of the wrong length", code="malformed")
        self._streams: Final[dict[Stream, bytearray]] = {
            "manifest": bytearray(manifest),
            "content": bytearray(content),
        }

    def count(self, stream: Stream) -> int:
        """How many records of the stream have a mark, from index 0 without gaps."""
        return len(self._streams[stream]) // MARK_BYTES

    def put(self, stream: Stream, index: int, record: ReadableBuffer) -> None:
        """Keeps the first 28 bytes of a record, the next or (sealed again) one before it, else `out_of_order`."""
        if len(record) < MARK_BYTES:
            raise IntegrityFailed("a record shorter than its mark", code="malformed")
        marks, start = self._streams[stream], index * MARK_BYTES
        if not 0 <= start <= len(marks):
            raise IntegrityFailed("a mark out of order", code="out_of_order")
        marks[start : start + MARK_BYTES] = record[:MARK_BYTES]

    def get(self, stream: Stream, index: int) -> bytes:
        """The mark of one record; `out_of_order` if there is none."""
        if not 0 <= index < self.count(stream):
            raise IntegrityFailed("there is no such mark", code="out_of_order")
        return bytes(self._streams[stream][index * MARK_BYTES : (index + 1) * MARK_BYTES])

    def cut(self, stream: Stream, count: int) -> None:
        """Forgets those of a stream from index `count` on."""
        del self._streams[stream][max(count, 0) * MARK_BYTES :]

    def hash(self, manifest: int, content: int) -> bytes:
        """`marks` of `have`, over this many records of each stream; `out_of_order` beyond what is there."""
        if not (0 <= manifest <= self.count("manifest") and 0 <= content <= self.count("content")):
            raise IntegrityFailed("more records than there are marks", code="out_of_order")
        return sha256(
            lp(
                b"peerseal/1 marks",
                bytes(self._streams["manifest"][: manifest * MARK_BYTES]),
                bytes(self._streams["content"][: content * MARK_BYTES]),
            )
        )


def resume_room(resume: bytes) -> bytes:
    """The 16-byte rendezvous of two who share this resume secret (§15.2)."""
    return derive(resume, b"", "resume-room", b"", RENDEZVOUS_BYTES)
