"""Sealed records (protocol.md §4.1): IV ‖ Tag ‖ Ciphertext, in the caller's buffers, nothing allocated per record.

The library writes ciphertext ‖ tag and wants it back so; moving 16 bytes makes the layout free.
"""

from __future__ import annotations

import struct
from typing import Final

from peerseal.crypto.file_key import FileKey, Stream, record_key
from peerseal.crypto.kdf import lp, u64
from peerseal.crypto.primitives import (
    NONCE_BYTES,
    TAG_BYTES,
    ReadableBuffer,
    aes_256_gcm,
    equal,
    open_in_place,
    random_bytes,
)
from peerseal.errors import IntegrityFailed
from peerseal.wire.limits import (
    MANIFEST_RECORD_SIZE_MAX,
    RECORD_OVERHEAD,
    RECORD_SIZE_MAX,
    RECORD_SIZE_MIN,
    RECORDS_MAX,
)

#: Spare bytes a buffer needs behind a record, for the tag while the library works.
SPARE_BYTES: Final = TAG_BYTES
_BODY: Final = NONCE_BYTES + TAG_BYTES
#: LP(u64 index, u8 final) in one go.
_POSITION: Final = struct.Struct(">IQIB")


def stream_record_size(stream: Stream, record_size: int) -> int:
    """Full plaintext size of the stream's records for an offer's record size; `malformed` out of range."""
    if not RECORD_SIZE_MIN <= record_size <= RECORD_SIZE_MAX:
        raise IntegrityFailed("a record size out of range", code="malformed")
    return min(record_size, MANIFEST_RECORD_SIZE_MAX) if stream == "manifest" else record_size


class _RecordStream:
    """What both directions share: key, associated data, and where in the stream they are."""

    def __init__(
        self,
        key: FileKey,
        stream: Stream,
        file_id: bytes,
        version: int,
        record_size: int,
        *,
        first: int = 0,
    ) -> None:
        self.record_size: Final = stream_record_size(stream, record_size)
        self._aead: Final = aes_256_gcm(record_key(key, stream, file_id, version))
        self._bound: Final = lp(file_id, u64(version))
        self._next = first
        self._over = False

    def _associated_data(self, index: int, final: bool) -> bytes:
        return self._bound + _POSITION.pack(8, index, 1, final)

    def _check_length(self, length: int, final: bool) -> None:
        if length > self.record_size or (length < self.record_size and not final):
            raise IntegrityFailed("a record of the wrong length", code="malformed")


class RecordSealer(_RecordStream):
    """Seals one stream of one file. `record_size` is the offer's; a manifest's is cut to 65 536.

    Indices rise from `first`; the final record is the last. One object per stream and attempt, used by one thread:
    after a break, a new one seals again what was lost, under IVs of its own.
    """

    def seal_into(self, index: int, final: bool, plaintext: ReadableBuffer, out: memoryview) -> int:
        """Writes the record to the start of `out` and returns its length, `len(plaintext) + 28`.

        `out` needs 16 bytes more than that. Raises `malformed` for a length that is not full (or, if final,
        over full), `out_of_order` for an index that does not rise or follows the final one, `limit` at 2³².
        """
        length = len(plaintext)
        self._check_length(length, final)
        if self._over or index < self._next:
            raise IntegrityFailed("records are sealed in order, each once", code="out_of_order")
        if index >= RECORDS_MAX:
            raise IntegrityFailed("too many records under one key", code="limit")
        self._next, self._over = index + 1, final
        nonce = random_bytes(NONCE_BYTES)
        end = _BODY + length
        out[:NONCE_BYTES] = nonce
        self._aead.encrypt_into(
            nonce, plaintext, self._associated_data(index, final), out[_BODY : end + TAG_BYTES]
        )
        out[NONCE_BYTES:_BODY] = out[end : end + TAG_BYTES]
        return end

    def seal(self, index: int, final: bool, plaintext: ReadableBuffer) -> bytes:
        """The record as new bytes, for the few that are not in the hot path."""
        out = memoryview(bytearray(len(plaintext) + RECORD_OVERHEAD + SPARE_BYTES))
        return bytes(out[: self.seal_into(index, final, plaintext, out)])


class RecordOpener(_RecordStream):
    """Opens one stream of one file, in order. After one failure it opens nothing more.

    It begins at index `first`: a stream may be opened path by path, or chunk by chunk by openers of their own. That
    the whole stream is there, in order and to its final record, is then for whoever has all of it to see (a stored
    one by its leaves, protocol.md §13.1).
    """

    @property
    def finished(self) -> bool:
        """Whether the final record has been opened."""
        return self._over

    def open_into(self, index: int, final: bool, buffer: memoryview, length: int, out: memoryview) -> int:
        """Opens `buffer[:length]` to the start of `out` and returns the plaintext's length, `length − 28`.

        `buffer` is changed and needs 16 bytes behind the record. Raises `malformed` for a wrong length,
        `out_of_order` for any index but the next, `not_authentic`; `out` then holds nothing of the record.
        """
        size = length - RECORD_OVERHEAD
        if self._over or index != self._next:
            self._over_for_good()
            raise IntegrityFailed("a record out of order", code="out_of_order")
        self._next = -1  # until this record has opened, none comes next
        if size < 0:
            raise IntegrityFailed("a record shorter than its overhead", code="malformed")
        self._check_length(size, final)
        if index >= RECORDS_MAX:
            raise IntegrityFailed("too many records under one key", code="limit")
        buffer[length : length + TAG_BYTES] = buffer[NONCE_BYTES:_BODY]
        open_in_place(
            self._aead,
            buffer[:NONCE_BYTES],
            buffer[_BODY : length + TAG_BYTES],
            self._associated_data(index, final),
            out[:size],
        )
        self._next, self._over = index + 1, final
        return size

    def open(self, index: int, final: bool, record: ReadableBuffer) -> bytes:
        """The plaintext as new bytes, for the few that are not in the hot path."""
        buffer = memoryview(bytearray(len(record) + SPARE_BYTES))
        buffer[: len(record)] = record
        out = memoryview(bytearray(max(len(record) - RECORD_OVERHEAD, 0)))
        return bytes(out[: self.open_into(index, final, buffer, len(record), out)])

    def end(self) -> None:
        """Says the stream has ended; `truncated` unless the final record was opened."""
        if not self._over:
            raise IntegrityFailed("the stream ends before its final record", code="truncated")

    def _over_for_good(self) -> None:
        self._next = -1


def mark_holds(  # noqa: PLR0917 - which record, and what it should be
    key: FileKey,
    stream: Stream,
    file_id: bytes,
    version: int,
    index: int,
    final: bool,
    mark: bytes,
    plaintext: ReadableBuffer,
) -> bool:
    """Whether `mark` (IV ‖ Tag, 28 bytes, else `malformed`) is of a record of exactly this plaintext (§15).

    Seals it again with the mark's IV and keeps nothing of that but the comparison: an IV is never used twice for
    anything that leaves this function.
    """
    if len(mark) != RECORD_OVERHEAD:
        raise IntegrityFailed("a mark of the wrong length", code="malformed")
    aead = aes_256_gcm(record_key(key, stream, file_id, version))
    bound = lp(file_id, u64(version)) + _POSITION.pack(8, index, 1, final)
    sealed = aead.encrypt(mark[:NONCE_BYTES], plaintext, bound)
    return equal(sealed[-TAG_BYTES:], mark[NONCE_BYTES:])
