"""The receiver's bulk loop: receive, open, place, with buffers that are made once. Nothing is placed unverified.

It reads one path after the other, each from the next record on (docs/protocol.md §15.1): what it holds never has a gap.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from peerseal.crypto_engine import RECORD_OVERHEAD, SPARE_BYTES, Marks, RecordOpener, Stream
from peerseal.errors import IntegrityFailed
from peerseal.files.sink import Sink
from peerseal.protocol.control import Offer
from peerseal.protocol.entries import Entry
from peerseal.protocol.manifest import ManifestReader
from peerseal.transfer.outgoing import SealedFile
from peerseal.transport.transport import PathEnded, ReceiveEnd, cut
from peerseal.wire.frames import FrameHeader, FrameReader
from peerseal.wire.limits import FRAME_HEADER_BYTES, MIB

if TYPE_CHECKING:
    from peerseal.transfer.journal import Journal

ACK_BYTES: Final = 8 * MIB
ACK_SECONDS: Final = 0.1


class Kept(NamedTuple):
    """What is opened and kept: records of both streams, and content bytes."""

    manifest: int = 0
    content: int = 0
    bytes: int = 0


class Incoming:
    """One sealed file into one sink, wherever its next record comes from."""

    def __init__(
        self,
        file: SealedFile,
        offer: Offer,
        sink: Sink,
        *,
        on_kept: Callable[[Kept], None],
        on_bytes: Callable[[int, str], None],
        journal: Journal | None = None,
    ) -> None:
        """`on_kept` hears what to acknowledge; `on_bytes` of each content record and the file at hand."""
        self.file: Final = file
        self.marks = Marks()
        self.kept = Kept()
        self._offer = offer
        self._sink = sink
        self._on_kept = on_kept
        self._on_bytes = on_bytes
        self._journal = journal
        self._manifest = ManifestReader(file.record_size, offer)
        self._openers: dict[Stream, RecordOpener] = {}
        self._ended: set[Stream] = set()
        full = max(file.record_size, self._manifest.record_size)
        self._record = memoryview(bytearray(full + RECORD_OVERHEAD + SPARE_BYTES))
        self._plain = memoryview(bytearray(full))
        self._header = memoryview(bytearray(FRAME_HEADER_BYTES))
        self._head_known = False
        self._later: int | None = None
        self._acked_bytes, self._acked_at = 0, 0.0
        self._said = Kept()
        self._open_from(0, 0)

    @property
    def everything(self) -> bool:
        """Whether both streams were kept to their final records."""
        return len(self._ended) == len(self._openers)

    def restore(
        self, manifest: Sequence[tuple[bytes, bool]], content: int, size: int, *, ended: bool, marks: Marks
    ) -> None:
        """Go on with what a former process kept, each record proved by its mark; the sink has it already.

        `manifest`: the plaintext of its records, and whether each is the final one. `content` records of `size` bytes
        in all, the last of them the final one if `ended`.
        """
        for index, (piece, final) in enumerate(manifest):
            for entry in self._feed(index, piece, final):
                if entry.size is None:
                    self._later = len(self._manifest.entries) - 1
        if self._later is not None and self._manifest.entries[self._later].size is not None:
            self._later = None
        if self._manifest.head_complete:
            self._head_known = True
            self._manifest.check_offer(self._offer)
            self._manifest.place(size)
        if ended:
            self._ended.add("content")
        self.marks = marks
        self.kept = Kept(len(manifest), content, size)
        self._open_from(len(manifest), content)

    def run(self, end: ReceiveEnd, *, manifest: int | None = None, content: int | None = None) -> None:
        """Receive from this path, until everything is kept or the path ends at the end of a frame.

        The path's first records are the next ones unless said else, at or before them. Raises IntegrityFailed, or
        Interrupted if the path broke.
        """
        first = self.kept.manifest if manifest is None else manifest
        frames = FrameReader(
            self.file.record_size,
            first,
            self.kept.content if content is None else content,
            ended=self._ended,
        )
        if self._head_known:
            frames.allow_content()
        while not self.everything:
            if not _received(end, self._header):
                return
            frame = frames.accept(self._header)
            if not _received(end, self._record[: frame.length]):
                raise cut()
            if frame.index < (self.kept.manifest if frame.stream == "manifest" else self.kept.content):
                continue  # what is stored begins where its chunk does
            self._take(frame, frames)
        if end.has_more():
            raise IntegrityFailed("Bytes follow the end.", code="malformed")
        self._manifest.check(self.kept.bytes)
        self._manifest.check_offer(self._offer)  # again: an open manifest may have grown since
        self.acknowledge()

    def acknowledge(self) -> None:
        """Say what is kept."""
        self._said = self.kept
        self._acked_bytes, self._acked_at = self.kept.bytes, time.monotonic()
        self._on_kept(self.kept)

    def acknowledge_again(self) -> None:
        """Say it twice without a new record in between: that tells the sender that the path broke (§15.1)."""
        if self._said != self.kept:
            self.acknowledge()
        self.acknowledge()

    def _open_from(self, manifest: int, content: int) -> None:
        file = self.file
        firsts: dict[Stream, int] = {"manifest": manifest, "content": content}
        for stream, first in firsts.items():
            self._openers[stream] = RecordOpener(
                file.key, stream, file.id, file.version, file.record_size, first=first
            )

    def _take(self, frame: FrameHeader, frames: FrameReader) -> None:
        mark = bytes(self._record[:RECORD_OVERHEAD])
        size = self._openers[frame.stream].open_into(
            frame.index, frame.final, self._record, frame.length, self._plain
        )
        plaintext = self._plain[:size]
        if frame.stream == "content":
            self._take_content(plaintext, frame.final)
        else:
            self._take_manifest(frame.index, plaintext, frame.final)
            if self._journal is not None:
                self._journal.manifest_add(plaintext)
            if self._head_known:
                frames.allow_content()
        self.marks.put(frame.stream, frame.index, mark)
        if self._journal is not None:
            self._journal.mark(frame.stream, frame.index, mark)
        now = time.monotonic()
        if self.kept.bytes - self._acked_bytes >= ACK_BYTES or now - self._acked_at >= ACK_SECONDS:
            self.acknowledge()

    def _take_manifest(self, index: int, plaintext: memoryview, final: bool) -> None:
        for entry in self._feed(index, plaintext, final):
            if entry.size is None:
                self._later = len(self._manifest.entries) - 1
            self._sink.expect(entry)
        self.kept = self.kept._replace(manifest=index + 1)
        if self._later is not None and (size := self._manifest.entries[self._later].size) is not None:
            self._sink.size_given(self._later, size)
            self._later = None
        if not self._head_known and self._manifest.head_complete:
            self._head_known = True
            # What was accepted is what may be placed: checked before the first byte is.
            self._manifest.check_offer(self._offer)
            self._sink.check_space(self._manifest.disk_bytes)

    def _feed(self, index: int, plaintext: bytes | memoryview, final: bool) -> list[Entry]:
        if final:
            self._ended.add("manifest")
        return self._manifest.feed(index, plaintext, final)

    def _take_content(self, plaintext: memoryview, final: bool) -> None:
        self._manifest.place(len(plaintext))
        self._sink.write(plaintext)
        kept = self.kept
        self.kept = Kept(kept.manifest, kept.content + 1, kept.bytes + len(plaintext))
        if final:
            self._ended.add("content")
        self._on_bytes(len(plaintext), self._sink.current)


def _received(end: ReceiveEnd, view: memoryview) -> bool:
    """Fill `view`; False if the path ended in order before. An end inside it is a break: what was on its way comes again."""
    try:
        end.receive_into(view)
    except PathEnded:
        return False
    except IntegrityFailed as error:
        if error.code == "truncated":
            raise cut() from error
        raise
    return True
