"""The sender's bulk loop: fill, seal, send, with buffers that are made once, over one path after the other.

Blocking sends are the back-pressure; besides, at most 32 MiB are under way beyond the receiver's last ack
(docs/protocol.md §5.2). It can leave a path at any record, and go back to any record after a break (§15.1).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple

from peerseal.crypto_engine import (
    RECORD_OVERHEAD,
    SPARE_BYTES,
    FileKey,
    Marks,
    RecordSealer,
    Stream,
    stream_record_size,
)
from peerseal.errors import LocalFileFailed
from peerseal.files.source import Source
from peerseal.protocol.manifest import ManifestWriter
from peerseal.transport.transport import SendEnd
from peerseal.wire.frames import FrameHeader, write_frame_header
from peerseal.wire.limits import FRAME_HEADER_BYTES, MIB

if TYPE_CHECKING:
    from peerseal.transfer.journal import Journal
    from peerseal.transfer.parked_marks import ParkedMarks

WINDOW_BYTES: Final = 32 * MIB
_MARK: Final = slice(FRAME_HEADER_BYTES, FRAME_HEADER_BYTES + RECORD_OVERHEAD)


class SealedFile(NamedTuple):
    """What names and opens one sealed file. `record_size` in bytes."""

    id: bytes
    version: int
    record_size: int
    key: FileKey

    def __repr__(self) -> str:
        return "SealedFile(…)"


class Begun(NamedTuple):
    """What has been given to a path so far: records of both streams, content bytes, whether that is everything.

    A record counts from before its first byte leaves: nobody can honestly acknowledge more than this.
    """

    manifest: int = 0
    content: int = 0
    bytes: int = 0
    all: bool = False


def _nothing(*_: object) -> None:
    """Nobody listens."""


class Outgoing:
    """One source as one sealed file, record by record, wherever the next one goes."""

    def __init__(
        self,
        file: SealedFile,
        source: Source,
        writer: ManifestWriter,
        head: bytes,
        total: int | None,
        *,
        on_sent: Callable[[int, str], None] = _nothing,
        on_begin: Callable[[Begun], None] = _nothing,
        marks: Marks | None = None,
        journal: Journal | None = None,
        parked: ParkedMarks | None = None,
    ) -> None:
        """`head`: the manifest's head part by `writer`; `total` in bytes, None if only the source knows when it ends.

        `on_begin` hears before each record leaves; `on_sent` after each content record: its bytes, the file at hand.
        `marks`: of what a former process sealed and gave away, `parked`: and what it sealed for a park. `journal`: where
        those of each record go.
        """
        self.file: Final = file
        self.total: Final = total
        self.marks: Final = marks or Marks()
        #: The next record of each stream.
        self.manifest, self.content = self.marks.count("manifest"), self.marks.count("content")
        self.parked = parked
        if parked is not None:
            self.manifest = max(self.manifest, parked.count("manifest"))
            self.content = max(self.content, parked.count("content"))
        #: What is sealed now is for the park.
        self._parks = False
        self.on_sent = on_sent
        self.on_begin = on_begin
        self._source = source
        self._writer = writer
        self._head: Final = head
        self._tail: bytes | None = None if total is None else b""
        self._journal = journal
        self._piece: Final = stream_record_size("manifest", file.record_size)
        self._head_records: Final = max(1, -(-len(head) // self._piece))
        #: How many content records there are, once that is known.
        self._content_records = None if total is None else max(1, -(-total // file.record_size))
        self._content_bytes = total
        self._sealers: dict[Stream, RecordSealer] = {}
        full = max(file.record_size, self._piece)
        self._frame = memoryview(bytearray(FRAME_HEADER_BYTES + full + RECORD_OVERHEAD + SPARE_BYTES))
        self._plain = memoryview(bytearray(file.record_size))
        self._window = max(1, WINDOW_BYTES // file.record_size)
        self._go_to(self.manifest, self.content)

    @property
    def everything(self) -> bool:
        """Whether the final records of both streams have left."""
        return (
            self.content == self._content_records
            and self._tail is not None
            and self.manifest == self._head_records + bool(self._tail)
        )

    @property
    def begun(self) -> Begun:
        """What has left so far."""
        return Begun(self.manifest, self.content, self.bytes_of(self.content), self.everything)

    def bytes_of(self, content: int) -> int:
        """Content bytes of the first `content` records."""
        if self._content_bytes is not None and content == self._content_records:
            return self._content_bytes
        return content * self.file.record_size

    def run(
        self, end: SendEnd, wait_for_ack: Callable[[int], None], leave: Callable[[], bool] = lambda: False
    ) -> None:
        """Send on this path until everything has left or, before a record, `leave` says so.

        Raises LocalFileFailed (`source_changed`) if the source holds other than `total` bytes.
        """
        while not self.everything and not leave():
            if self.manifest < self._head_records:
                self._send_manifest(end, self._head, self.manifest * self._piece, final=self._tail == b"")
            elif self.content != self._content_records:
                if self.content > self._window:
                    wait_for_ack(self.content - self._window)
                self._send_content(end)
            else:
                self._send_sizes(end)

    def go_back(self, manifest: int, content: int) -> None:
        """After a break: the receiver holds so many records of each stream, at most those that have left."""
        self._source.seek(self.bytes_of(content))
        self._parks = False
        self._go_to(manifest, content)

    def park_from(self, manifest: int, content: int, parked: ParkedMarks) -> None:
        """From here on it is sealed for a park, whose marks are kept apart: the receiver may still hold what was sent."""
        self.go_back(manifest, content)
        self.parked, self._parks = parked, True

    def agrees(self, manifest: int, content: int, marks: bytes) -> bool:
        """Whether `marks` are those of so many records: of what was sent, or sent and then parked. They count from now on."""
        own = self.marks
        known = manifest <= own.count("manifest") and content <= own.count("content")
        if known and own.hash(manifest, content) == marks:
            return True
        settled = None if self.parked is None else self.parked.settle(own, manifest, content, marks)
        if settled is None:
            return False
        counts: dict[Stream, int] = {"manifest": manifest, "content": content}
        for stream, count in counts.items():
            for index in range(count):
                mark = settled.get(stream, index)
                own.put(stream, index, mark)
                if self._journal is not None:
                    self._journal.mark(stream, index, mark)
        return True

    def _go_to(self, manifest: int, content: int) -> None:
        self.manifest, self.content = manifest, content
        file = self.file
        firsts: dict[Stream, int] = {"manifest": manifest, "content": content}
        for stream, first in firsts.items():
            self._sealers[stream] = RecordSealer(
                file.key, stream, file.id, file.version, file.record_size, first=first
            )

    def _send_manifest(self, end: SendEnd, plaintext: bytes, start: int, *, final: bool) -> None:
        piece = memoryview(plaintext)[start : start + self._piece]
        last = start + len(piece) == len(plaintext)
        index, self.manifest = self.manifest, self.manifest + 1
        self._send(end, "manifest", index, piece, final=final and last)

    def _send_sizes(self, end: SendEnd) -> None:
        """The rest of an open manifest: the size that is known only now. It fits into one record."""
        if self._tail is None:
            self._tail = self._writer.size(0, self._content_bytes or 0)
        self._send_manifest(end, self._tail, 0, final=True)

    def _send_content(self, end: SendEnd) -> None:
        index, start = self.content, self.bytes_of(self.content)
        left = None if self.total is None else self.total - start
        view = self._plain if left is None or left >= len(self._plain) else self._plain[:left]
        filled = self._source.fill(view)
        if left is None:
            final = filled < len(view)
        elif filled != len(view):
            raise _changed()
        else:
            final = left == filled
        if final:
            self._content_records, self._content_bytes = index + 1, start + filled
        self.content += 1
        self._send(end, "content", index, self._plain[:filled], final=final)
        entries = self._source.entries
        self.on_sent(filled, entries[self._source.current].path if entries else "")

    def _send(self, end: SendEnd, stream: Stream, index: int, plaintext: memoryview, *, final: bool) -> None:
        frame = self._frame
        self.on_begin(self.begun)
        write_frame_header(FrameHeader(len(plaintext) + RECORD_OVERHEAD, stream, final, index), frame)
        length = self._sealers[stream].seal_into(index, final, plaintext, frame[FRAME_HEADER_BYTES:])
        if self._parks and self.parked is not None:
            self.parked.put(stream, index, frame[_MARK])
            end.send(frame[: FRAME_HEADER_BYTES + length])
            return
        self.marks.put(stream, index, frame[_MARK])
        if self._journal is not None:
            self._journal.mark(stream, index, frame[_MARK])
        end.send(frame[: FRAME_HEADER_BYTES + length])


def _changed() -> LocalFileFailed:
    return LocalFileFailed(
        "A file changed while it was being sent.",
        code="source_changed",
        hint="Send it again once nothing writes to it.",
        retryable=True,
    )


def changed_since() -> LocalFileFailed:
    """What a former process began to send is not what is there now."""
    return LocalFileFailed(
        "What was being sent has changed since.",
        code="source_changed",
        hint="Send it again, from the start.",
    )
