"""What a receiver's former process left on this disk, record by record as far as its marks prove it (protocol.md §15)."""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

from peerseal.crypto_engine import MARK_BYTES, Marks, Stream, mark_holds, stream_record_size
from peerseal.errors import LocalFileFailed
from peerseal.files.folder_sink import FolderSink
from peerseal.protocol.control import Offer, decode
from peerseal.protocol.manifest import ManifestReader
from peerseal.transfer.incoming import Incoming
from peerseal.transfer.journal import Journal
from peerseal.transfer.outgoing import SealedFile

_OFFER: Final = 1
_HEAD: Final = struct.Struct(">4sBQ")


class Restored(NamedTuple):
    """The transfer as it can go on: its sink stands right behind the last record that holds."""

    file: SealedFile
    offer: Offer
    sink: FolderSink
    manifest: list[tuple[bytes, bool]]
    content: int
    size: int
    ended: bool
    marks: Marks

    @classmethod
    def of(cls, journal: Journal) -> Restored:
        """Check everything that is there; the journal forgets what does not hold.

        Raises LocalFileFailed (`part_gone`, `journal_damaged`).
        """
        about = journal.about
        if about.put is None:
            raise _damaged()
        offer = decode(_OFFER, about.put.offer)
        if not isinstance(offer, Offer):
            raise _damaged()
        file = SealedFile(about.id, about.version, about.record_size, about.key)
        manifest = _manifest(journal, file)
        reader = ManifestReader(file.record_size)
        for index, (piece, final) in enumerate(manifest):
            reader.feed(index, piece, final)
        marks = {stream: journal.joined(stream) for stream in _STREAMS}
        there = len(marks["content"]) // MARK_BYTES if reader.head_complete else 0
        size = there * file.record_size if offer.bytes is None else min(there * file.record_size, offer.bytes)
        put = about.put
        sink = FolderSink.resume(put.folder, put.part, reader.entries, size, unhide=put.unhide)
        try:
            content, size, ended = _content(file, offer.bytes, sink, marks["content"][: there * MARK_BYTES])
            sink.go_back(size)
        except BaseException:
            sink.kept()
            raise
        journal.cut("manifest", len(manifest))
        journal.manifest_cut(sum(len(piece) for piece, _ in manifest))
        journal.cut("content", content)
        kept = Marks(
            marks["manifest"][: len(manifest) * MARK_BYTES], marks["content"][: content * MARK_BYTES]
        )
        return cls(file, offer, sink, manifest, content, size, ended, kept)

    def into(self, incoming: Incoming) -> None:
        """Let `incoming` go on from here."""
        incoming.restore(self.manifest, self.content, self.size, ended=self.ended, marks=self.marks)


_STREAMS: Final[tuple[Stream, Stream]] = ("manifest", "content")


def _manifest(journal: Journal, file: SealedFile) -> list[tuple[bytes, bool]]:
    """The manifest's records that hold, and whether each is the final one."""
    plaintext, marks = journal.manifest(), journal.joined("manifest")
    full = stream_record_size("manifest", file.record_size)
    if len(plaintext) < _HEAD.size:
        return []
    _, flags, head_records = _HEAD.unpack_from(plaintext)
    found: list[tuple[bytes, bool]] = []
    for index in range(len(marks) // MARK_BYTES):
        piece = plaintext[index * full : (index + 1) * full]
        # An open manifest goes on behind its head: only the mark knows which record is the last.
        finals = (
            (True, False) if flags and index >= head_records else (not flags and index == head_records - 1,)
        )
        holds = [final for final in finals if _holds(file, "manifest", index, final, marks, piece)]
        if not holds:
            break
        found.append((piece, holds[0]))
    return found


def _content(file: SealedFile, total: int | None, sink: FolderSink, marks: bytes) -> tuple[int, int, bool]:
    """Content records that hold, their bytes, and whether the last is the final one."""
    view = memoryview(bytearray(file.record_size))
    size = 0
    for index in range(len(marks) // MARK_BYTES):
        want = file.record_size if total is None else min(file.record_size, total - size)
        filled = sink.read_back(size, view[:want])
        final = filled < file.record_size if total is None else size + filled == total
        if not _holds(file, "content", index, final, marks, view[:filled]):
            if total is not None or not _holds(file, "content", index, not final, marks, view[:filled]):
                return index, size, False
            final = not final
        size += filled
        if final:
            return index + 1, size, True
    return len(marks) // MARK_BYTES, size, False


def _holds(  # noqa: PLR0917 - what a mark binds
    file: SealedFile, stream: Stream, index: int, final: bool, marks: bytes, plaintext: bytes | memoryview
) -> bool:
    mark = marks[index * MARK_BYTES : (index + 1) * MARK_BYTES]
    return mark_holds(file.key, stream, file.id, file.version, index, final, mark, plaintext)


def _damaged() -> LocalFileFailed:
    return LocalFileFailed("The journal does not say how to go on.", code="journal_damaged")
