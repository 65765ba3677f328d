"""The sender's bulk loop: fill, seal, send, with three buffers that are made once.

Blocking sends are the back-pressure; besides, at most 32 MiB are under way beyond the receiver's last ack
(docs/protocol.md §5.2).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from peerseal.crypto_engine import RECORD_OVERHEAD, SPARE_BYTES, FileKey, RecordSealer
from peerseal.errors import LocalFileFailed
from peerseal.files.source import Source, StreamSource
from peerseal.protocol.manifest import ManifestWriter
from peerseal.transport.transport import SendEnd
from peerseal.wire.frames import FrameHeader, write_frame_header
from peerseal.wire.limits import FRAME_HEADER_BYTES, MIB

WINDOW_BYTES: Final = 32 * MIB
_STREAMS: Final = 2


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


class Outgoing:
    """Sends one source as one sealed file over one path."""

    def __init__(
        self,
        end: SendEnd,
        file: SealedFile,
        source: Source,
        on_sent: Callable[[int, str], None],
        on_begin: Callable[[Begun], None],
    ) -> None:
        """`on_begin` hears before each record leaves; `on_sent` after each content record: its bytes, the file at hand."""
        self._end = end
        self._source = source
        self._on_sent = on_sent
        self._on_begin = on_begin
        self._begun = Begun()
        self._finals = 0
        self._record_size = file.record_size
        self._manifest = RecordSealer(file.key, "manifest", file.id, file.version, file.record_size)
        self._content = RecordSealer(file.key, "content", file.id, file.version, file.record_size)
        self._manifest_index = 0
        full = max(file.record_size, self._manifest.record_size)
        self._frame = memoryview(bytearray(FRAME_HEADER_BYTES + full + RECORD_OVERHEAD + SPARE_BYTES))

    def send_head(self, writer: ManifestWriter, head: bytes) -> None:
        """The manifest's head; all of the manifest unless it is open."""
        pieces = list(writer.cut(head))
        is_open = any(entry.size is None for entry in self._source.entries)
        for number, piece in enumerate(pieces):
            self._send_manifest(piece, final=not is_open and number == len(pieces) - 1)

    def send_content(self, total: int | None, wait_for_ack: Callable[[int], None]) -> None:
        """All content records. `total` in bytes, None if only the source knows when it ends.

        Raises LocalFileFailed (`source_changed`) if the source holds other than `total` bytes.
        """
        plain = memoryview(bytearray(self._record_size))
        window = max(1, WINDOW_BYTES // self._record_size)
        index, left, final = 0, total, False
        while not final:
            if index > window:
                wait_for_ack(index - window)
            view = plain if left is None or left >= len(plain) else plain[:left]
            filled = self._source.fill(view)
            if left is None:
                final = filled < len(plain)
            else:
                if filled != len(view):
                    raise _changed()
                left -= filled
                final = left == 0
            self._send(
                self._content, FrameHeader(filled + RECORD_OVERHEAD, "content", final, index), plain[:filled]
            )
            self._on_sent(filled, self._source.entries[self._source.current].path)
            index += 1

    def send_sizes(self, writer: ManifestWriter) -> None:
        """The rest of an open manifest: the size that is known only now."""
        if isinstance(self._source, StreamSource):
            pieces = list(writer.cut(writer.size(0, self._source.taken)))
            for number, piece in enumerate(pieces):
                self._send_manifest(piece, final=number == len(pieces) - 1)

    def _send_manifest(self, piece: bytes, *, final: bool) -> None:
        header = FrameHeader(len(piece) + RECORD_OVERHEAD, "manifest", final, self._manifest_index)
        self._send(self._manifest, header, memoryview(piece))
        self._manifest_index += 1

    def _send(self, sealer: RecordSealer, header: FrameHeader, plaintext: memoryview) -> None:
        frame = self._frame
        self._count(header, len(plaintext))
        write_frame_header(header, frame)
        length = sealer.seal_into(header.index, header.final, plaintext, frame[FRAME_HEADER_BYTES:])
        self._end.send(frame[: FRAME_HEADER_BYTES + length])

    def _count(self, header: FrameHeader, size: int) -> None:
        begun = self._begun
        self._finals += header.final
        everything = self._finals == _STREAMS
        if header.stream == "content":
            self._begun = Begun(begun.manifest, begun.content + 1, begun.bytes + size, everything)
        else:
            self._begun = Begun(begun.manifest + 1, begun.content, begun.bytes, everything)
        self._on_begin(self._begun)


def _changed() -> LocalFileFailed:
    return LocalFileFailed(
        "A file changed while it was being sent.",
        code="source_changed",
        hint="Send it again once nothing writes to it.",
        retryable=True,
    )
