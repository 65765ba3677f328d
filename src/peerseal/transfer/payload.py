"""What an upload holds, before any key: its manifest's head, its card, its sizes."""

from __future__ import annotations

from typing import Final

from peerseal.crypto_engine import sha256, stream_record_size
from peerseal.files.bytes_source import BytesSource
from peerseal.files.source import Source
from peerseal.protocol.card import TITLE_MAX_CHARACTERS, Card
from peerseal.protocol.entries import Entry
from peerseal.protocol.manifest import ManifestWriter
from peerseal.wire.chunks import StreamLayout, layout_of
from peerseal.wire.limits import RECORD_OVERHEAD, RECORDS_PER_CHUNK
from peerseal.wire.value import Value

_SIZE_ENTRY_BYTES: Final = 4 + 17
_TEXT_TITLE_CHARACTERS: Final = 60


class Payload(Value):
    """`head` is the plaintext of the manifest's head part; `size` is None while only the source knows it.

    `stamp`: see `Source.stamp`.

    `manifest_bytes`: sealed bytes of the whole manifest. `content`: its layout; if `open`, of what is reserved first.
    """

    writer: ManifestWriter
    head: bytes
    card: Card
    size: int | None
    open: bool
    manifest_bytes: int
    content: StreamLayout
    stamp: bytes

    @property
    def digest(self) -> bytes:
        """SHA-256 of the head: by it a later run knows the same files again."""
        return sha256(self.head)


def payload_of(source: Source, record_size: int, title: str | None = None) -> Payload:
    """What `source` holds, in records of `record_size`. `title`: how lists show it, None: by its names."""
    is_open = any(entry.size is None for entry in source.entries)
    total = None if is_open else sum(entry.size or 0 for entry in source.entries)
    # The head of an open manifest fills whole chunks, so that readers have it while the rest still comes.
    writer = ManifestWriter(is_open, record_size, RECORDS_PER_CHUNK if is_open else 1)
    head = writer.entries(source.entries)
    manifest = layout_of(writer.record_size, len(head)).sealed
    if is_open:
        manifest += RECORD_OVERHEAD + _SIZE_ENTRY_BYTES
        content = StreamLayout(record_size, (record_size + RECORD_OVERHEAD) * RECORDS_PER_CHUNK)
    else:
        content = layout_of(stream_record_size("content", record_size), total or 0)
    return Payload(
        writer, head, _card(source, total, title), total, is_open, manifest, content, source.stamp()
    )


def _card(source: Source, total: int | None, title: str | None) -> Card:
    files = [entry for entry in source.entries if entry.kind != "directory"]
    text = any(entry.kind == "text" for entry in files)
    if title is None:
        title = _text_title(source) if text else _title(source.entries)
    return Card(title[:TITLE_MAX_CHARACTERS], len(files), total, text)


def _title(entries: list[Entry]) -> str:
    """The one name, or the first and how many more there are at the top."""
    tops = list(dict.fromkeys(entry.path.partition("/")[0] for entry in entries))
    if not tops:
        return ""
    name = tops[0] + ("/" if entries[0].path != tops[0] or entries[0].kind == "directory" else "")
    more = f" and {len(tops) - 1} more" if len(tops) > 1 else ""
    return name[: TITLE_MAX_CHARACTERS - len(more)] + more


def _text_title(source: Source) -> str:
    if not isinstance(source, BytesSource):
        return ""
    lines = source.text.strip().splitlines()
    return lines[0][:_TEXT_TITLE_CHARACTERS] if lines else ""
