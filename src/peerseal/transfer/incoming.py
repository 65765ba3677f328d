"""The receiver's bulk loop: receive, open, place, with buffers that are made once. Nothing is placed unverified."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, NamedTuple

from peerseal.crypto_engine import RECORD_OVERHEAD, SPARE_BYTES, RecordOpener
from peerseal.errors import IntegrityFailed
from peerseal.files.sink import Sink
from peerseal.protocol.control import Offer
from peerseal.protocol.manifest import ManifestReader
from peerseal.transfer.outgoing import SealedFile
from peerseal.transport.transport import ReceiveEnd
from peerseal.wire.frames import FrameHeader, FrameReader
from peerseal.wire.limits import FRAME_HEADER_BYTES, MIB

ACK_BYTES: Final = 4 * MIB
ACK_SECONDS: Final = 0.1


class Kept(NamedTuple):
    """What is opened and kept: records of both streams, and content bytes."""

    manifest: int
    content: int
    bytes: int


class Incoming:
    """Receives one sealed file from one path into one sink."""

    def __init__(
        self,
        end: ReceiveEnd,
        file: SealedFile,
        offer: Offer,
        sink: Sink,
        *,
        on_kept: Callable[[Kept], None],
        on_bytes: Callable[[int, str], None],
    ) -> None:
        """`on_kept` hears what to acknowledge; `on_bytes` of each content record and the file at hand."""
        self._end = end
        self._offer = offer
        self._sink = sink
        self._on_kept = on_kept
        self._on_bytes = on_bytes
        self._frames = FrameReader(file.record_size)
        self._manifest = ManifestReader(file.record_size, offer)
        self._openers = {
            "manifest": RecordOpener(file.key, "manifest", file.id, file.version, file.record_size),
            "content": RecordOpener(file.key, "content", file.id, file.version, file.record_size),
        }
        full = max(file.record_size, self._manifest.record_size)
        self._record = memoryview(bytearray(full + RECORD_OVERHEAD + SPARE_BYTES))
        self._plain = memoryview(bytearray(full))
        self._head_known = False
        self._later: int | None = None
        self._manifest_records = self._content_records = self._bytes = 0
        self._acked_bytes, self._acked_at = 0, 0.0

    def run(self) -> int:
        """Receive everything; returns content bytes. The sink is not finished here. Raises IntegrityFailed."""
        header = memoryview(bytearray(FRAME_HEADER_BYTES))
        while not self._frames.ended:
            self._end.receive_into(header)
            frame = self._frames.accept(header)
            self._end.receive_into(self._record[: frame.length])
            size = self._openers[frame.stream].open_into(
                frame.index, frame.final, self._record, frame.length, self._plain
            )
            if frame.stream == "content":
                self._take_content(self._plain[:size])
            else:
                self._take_manifest(frame, self._plain[:size])
        if self._end.has_more():
            raise IntegrityFailed("Bytes follow the end.", code="malformed")
        self._manifest.check(self._bytes)
        self._manifest.check_offer(self._offer)  # again: an open manifest may have grown since
        self._acknowledge(time.monotonic())
        return self._bytes

    def _take_manifest(self, frame: FrameHeader, plaintext: memoryview) -> None:
        for entry in self._manifest.feed(frame.index, plaintext, frame.final):
            if entry.size is None:
                self._later = len(self._manifest.entries) - 1
            self._sink.expect(entry)
        self._manifest_records += 1
        if self._later is not None and (size := self._manifest.entries[self._later].size) is not None:
            self._sink.size_given(self._later, size)
            self._later = None
        if not self._head_known and self._manifest.head_complete:
            self._head_known = True
            # What was accepted is what may be placed: checked before the first byte is.
            self._manifest.check_offer(self._offer)
            self._sink.check_space(self._manifest.disk_bytes)
            self._frames.allow_content()

    def _take_content(self, plaintext: memoryview) -> None:
        self._manifest.place(len(plaintext))
        self._sink.write(plaintext)
        self._content_records += 1
        self._bytes += len(plaintext)
        now = time.monotonic()
        if self._bytes - self._acked_bytes >= ACK_BYTES or now - self._acked_at >= ACK_SECONDS:
            self._acknowledge(now)
        self._on_bytes(len(plaintext), self._sink.current)

    def _acknowledge(self, now: float) -> None:
        self._acked_bytes, self._acked_at = self._bytes, now
        self._on_kept(Kept(self._manifest_records, self._content_records, self._bytes))
