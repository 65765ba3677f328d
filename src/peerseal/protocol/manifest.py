"""The manifest (protocol.md §4.2): what a sealed file holds, written by its sender and read without trust.

```
manifest = "PSM1" ‖ u8 flags ‖ u64 head records ‖ entry*        entry = u32 n ‖ u8 kind ‖ …
```
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import Final

from peerseal.crypto_engine import lp, stream_record_size
from peerseal.errors import IntegrityFailed
from peerseal.protocol.control import Kind, Offer
from peerseal.protocol.entries import Entry, Rules, invalid
from peerseal.protocol.paths import decode_path
from peerseal.wire.limits import ENTRY_BODY_MAX_BYTES, MANIFEST_MAX_BYTES

_MAGIC: Final = b"PSM1"
_HEAD: Final = struct.Struct(">4sBQ")
_FIXED: Final = struct.Struct(">BQQB")  # kind, size, modified, mode
_SIZE: Final = struct.Struct(">BQQ")  # kind, entry number, size
_LENGTH: Final = struct.Struct(">I")
_LENGTH_BYTES: Final = 4
#: n, then the body up to the path: kind, size, modified, mode, length of the path.
_ENTRY: Final = struct.Struct(">IBQQBI")
_BEFORE_PATH: Final = struct.Struct(">BQQBI")
_LATER: Final = 2**64 - 1
BLOCK_BYTES: Final = 4096
"""What a disk takes at least for a file or folder, usually."""
_PADDING, _FILE, _DIRECTORY, _TEXT, _GIVEN_SIZE = range(5)
_KIND: Final[dict[int, Kind]] = {_FILE: "file", _DIRECTORY: "directory", _TEXT: "text"}
_NUMBER: Final = {kind: number for number, kind in _KIND.items()}


class ManifestWriter:
    """Writes the plaintext of a manifest; `cut` makes the pieces to seal as records.

    `record_size` is the offer's. A manifest that is not `open` is complete after `entries`. The head part of an open
    one takes a multiple of `head_unit` records: what is stored in chunks can then be read before the end is written.
    """

    def __init__(self, open: bool, record_size: int, head_unit: int = 1) -> None:  # noqa: A002 - the format's word
        self.record_size: Final = stream_record_size("manifest", record_size)
        self._head_unit: Final = head_unit
        self._open: Final = open
        self._rules: Final = Rules(open)

    def entries(self, entries: Iterable[Entry]) -> bytes:
        """The head part with these entries; if open, padded to whole records.

        Raises `manifest_invalid` or `unsafe_name` for what a reader would refuse.
        """
        body = bytearray(_HEAD.size)
        for entry in entries:
            self._rules.add(entry)
            body += _write_entry(entry)
        if self._open:
            self._pad(body)
        records = max(1, -(-len(body) // self.record_size))
        _HEAD.pack_into(body, 0, _MAGIC, self._open, records)
        return bytes(body)

    def size(self, number: int, size: int) -> bytes:
        """What an open manifest says after its head once the size of entry `number` is known."""
        self._rules.give_size(number, size)
        return lp(_SIZE.pack(_GIVEN_SIZE, number, size))

    def cut(self, plaintext: bytes) -> Iterator[bytes]:
        """`plaintext` in record-sized pieces, at least one; the last may be shorter."""
        for start in range(0, max(len(plaintext), 1), self.record_size):
            yield plaintext[start : start + self.record_size]

    def _pad(self, body: bytearray) -> None:
        unit = self.record_size * self._head_unit
        while gap := -len(body) % unit:
            if gap <= _LENGTH_BYTES:  # too small for an entry: run on to the next boundary
                gap += unit
            body += lp(bytes(min(gap - _LENGTH_BYTES, ENTRY_BODY_MAX_BYTES)))


class ManifestReader:
    """Reads a manifest record by record, each already authenticated. `record_size` is the offer's.

    Given the offer, files beyond the count it names are refused as they come, not at the end of the head part.
    """

    def __init__(self, record_size: int, offer: Offer | None = None) -> None:
        self._most_files: Final = None if offer is None or offer.open else offer.files
        self.record_size: Final = stream_record_size("manifest", record_size)
        self._next = 0
        self._pending = bytearray()
        self._rules: Rules | None = None
        self._head_records = self._taken = 0
        self.closed = False

    @property
    def open(self) -> bool:
        """Whether sizes or entries may follow the head."""
        return self._rules is not None and self._rules.open

    @property
    def head_records(self) -> int:
        """Records of the head part; 0 before the first was read."""
        return self._head_records

    @property
    def head_complete(self) -> bool:
        """Whether the head part was read: content may come now."""
        return 0 < self._head_records <= self._next

    @property
    def disk_bytes(self) -> int:
        """What the entries so far take on a disk, about: their known sizes and a block for each file and folder."""
        rules = self._rules
        return rules.sum + BLOCK_BYTES * (rules.files + rules.folders) if rules else 0

    @property
    def entries(self) -> list[Entry]:
        """Every entry so far, with sizes as known by now."""
        return self._rules.entries if self._rules else []

    def feed(self, index: int, plaintext: bytes | bytearray | memoryview, final: bool) -> list[Entry]:
        """Takes record `index` and gives the entries that are complete with it.

        Raises `out_of_order`, `manifest_invalid`, `unsafe_name` or `limit`; then it takes nothing more.
        """
        if self.closed or index != self._next:
            self._next = -1
            raise IntegrityFailed("a manifest record out of order", code="out_of_order")
        self._next = -1
        self._taken += len(plaintext)
        if self._taken > MANIFEST_MAX_BYTES:
            raise IntegrityFailed("a manifest too long to hold", code="limit")
        self._pending += plaintext
        if self._rules is None:
            self._rules = self._read_head()
        known = len(self._rules.entries)
        self._read_entries(self._rules)
        self._check_end(self._rules, index + 1, final)
        self._next, self.closed = index + 1, final
        return self._rules.entries[known:]

    def place(self, count: int) -> None:
        """Says that `count` more content bytes came; `manifest_invalid` if they belong to no entry."""
        if not self.head_complete or self._rules is None:
            raise IntegrityFailed("content before the manifest's head", code="out_of_order")
        self._rules.place(count)

    def check(self, content_length: int) -> None:
        """Raises `manifest_invalid` unless the sizes add up to the content that came."""
        if not self.closed or self._rules is None or self._rules.sum != content_length:
            raise invalid("the sizes are not those of the content")

    def check_offer(self, offer: Offer) -> None:
        """Raises `manifest_invalid` unless the head (or, if open, what is known) is what was offered."""
        counted = [entry for entry in self.entries if entry.kind != "directory"]
        if self.open is not offer.open or any(e.kind == "text" for e in counted) is not offer.text:
            raise invalid("open or text where the offer says otherwise")
        if not offer.open and (len(counted), sum(e.size or 0 for e in counted)) != (offer.files, offer.bytes):
            raise invalid("not the count or sum that was offered")
        if self._rules is None or self._rules.preview(len(offer.preview)) != offer.preview:
            raise invalid("not what the offer showed")

    def _read_head(self) -> Rules:
        if len(self._pending) < _HEAD.size:
            raise invalid("no head")
        magic, flags, self._head_records = _HEAD.unpack_from(self._pending)
        if magic != _MAGIC or flags > 1 or self._head_records < 1:
            raise invalid("not a manifest head")
        del self._pending[: _HEAD.size]
        return Rules(flags == 1, self._most_files)

    def _read_entries(self, rules: Rules) -> None:
        position, pending = 0, bytes(self._pending)
        end = len(pending)
        while end - position >= _LENGTH_BYTES:
            start = position + _LENGTH_BYTES
            (length,) = _LENGTH.unpack_from(pending, position)
            if not 1 <= length <= ENTRY_BODY_MAX_BYTES:
                raise invalid("an entry of a wrong length")
            if end < start + length:
                break
            _read_entry(pending[start : start + length], rules)
            position = start + length
        del self._pending[:position]

    def _check_end(self, rules: Rules, records: int, final: bool) -> None:
        if self._pending and (final or records == self._head_records):
            raise invalid("an entry that is cut off")
        if final and records < self._head_records:
            raise invalid("fewer records than the head says")
        if not rules.open and final is not (records == self._head_records):
            raise invalid("other records than the head says")
        if final and rules.later is not None:
            raise invalid("a size that was never given")


def _write_entry(entry: Entry) -> bytes:
    size = _LATER if entry.size is None else entry.size
    path, media = entry.path.encode(), entry.media_type.encode("ascii")
    length = _FIXED.size + 2 * _LENGTH_BYTES + len(path) + len(media)
    fixed = _ENTRY.pack(length, _NUMBER[entry.kind], size, entry.modified, entry.executable, len(path))
    return b"".join((fixed, path, _LENGTH.pack(len(media)), media))


def _read_entry(body: bytes, rules: Rules) -> None:
    kind = body[0]
    if kind in (_PADDING, _GIVEN_SIZE) and not rules.open:
        raise invalid("padding or a later size in a manifest that is not open")
    if kind == _GIVEN_SIZE:
        if len(body) != _SIZE.size:
            raise invalid("a size entry of a wrong length")
        rules.give_size(*_SIZE.unpack(body)[1:])
    elif kind != _PADDING:
        rules.add(_parse_entry(body))


def _parse_entry(body: bytes) -> Entry:
    if body[0] not in _KIND or len(body) < _BEFORE_PATH.size:
        raise invalid("an entry of an unknown kind or cut off")
    kind, size, modified, mode, length = _BEFORE_PATH.unpack_from(body)
    position = _BEFORE_PATH.size + length
    path = body[_BEFORE_PATH.size : position]
    media_type, end = _take(body, position)
    if end != len(body) or mode > 1:
        raise invalid("an entry with left-over bytes or unknown bits")
    if kind == _TEXT and path:
        raise invalid("a text has no path")
    try:
        media = media_type.decode("ascii") if media_type else ""
    except UnicodeDecodeError:
        raise invalid("a media type that is none") from None
    return Entry(
        _KIND[kind],
        decode_path(path) if kind != _TEXT else "",
        None if size == _LATER else size,
        modified,
        mode == 1,
        media,
    )


def _take(body: bytes, position: int) -> tuple[bytes, int]:
    start = position + _LENGTH_BYTES
    if start > len(body):  # also if the path before it was cut off
        raise invalid("an entry that is cut off")
    end = start + int(_LENGTH.unpack_from(body, position)[0])
    if end > len(body):
        raise invalid("an entry that is cut off")
    return body[start:end], end
