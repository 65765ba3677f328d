"""Parking (protocol.md §17): what one channel's two ends know of a park, and nobody else."""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

from peerseal.crypto.file_key import file_context
from peerseal.crypto.kdf import Secret, derive, lp, u64
from peerseal.crypto.sealed import seal, unseal
from peerseal.errors import IntegrityFailed
from peerseal.wire.limits import RECORD_OVERHEAD, RECORDS_MAX

PARK_SECRET_BYTES: Final = 32
PARK_READER_BYTES: Final = 16
PARK_TOKEN_BYTES: Final = 32
#: LP(manifest hash(32), root(32), u64 manifest records, u64 content records)
_CLOSING: Final = struct.Struct(">I32sI32sIQIQ")
PARK_CLOSING_BYTES: Final = _CLOSING.size + RECORD_OVERHEAD


class ParkClosing(NamedTuple):
    """What a park with several receivers must hold in the end: hashes of §13.1 and records of each stream."""

    manifest_hash: bytes
    root: bytes
    manifest_records: int
    content_records: int


class ParkSecret:
    """P of one transfer and receiver: both ends make it of their channel, a journal keeps `secret`."""

    __slots__ = ("_bound", "_closing_key", "reader", "secret", "token")

    def __init__(self, secret: bytes, file_id: bytes, version: int) -> None:
        """`malformed` for a secret or id of the wrong length, or a version out of range."""
        if len(secret) != PARK_SECRET_BYTES:
            raise IntegrityFailed("a park secret of the wrong length", code="malformed")
        file_context(file_id, version)
        self.secret: Final = Secret(secret)
        #: Reader id (public to the server) and reader token (shown to it by the receiver alone).
        self.reader: Final = derive(secret, b"", "park-reader", b"", PARK_READER_BYTES)
        self.token: Final = Secret(derive(secret, b"", "park-token", b"", PARK_TOKEN_BYTES))
        self._closing_key: Final = Secret(derive(secret, b"", "park-closing", b"", 32))
        self._bound: Final = lp(b"peerseal/1 parked", file_id, u64(version), self.reader)

    def __repr__(self) -> str:
        return "ParkSecret(…)"

    def seal_closing(self, closing: ParkClosing) -> bytes:
        """The closing for this receiver: 124 bytes; `malformed` for what `open_closing` would refuse."""
        _check(closing)
        plaintext = _CLOSING.pack(
            *(32, closing.manifest_hash, 32, closing.root),
            *(8, closing.manifest_records, 8, closing.content_records),
        )
        return seal(self._closing_key, plaintext, self._bound)

    def open_closing(self, sealed: bytes) -> ParkClosing:
        """What the park must hold. Raises `malformed` for a wrong length or count, else `not_authentic`."""
        if len(sealed) != PARK_CLOSING_BYTES:
            raise IntegrityFailed("a closing of the wrong length", code="malformed")
        plaintext = unseal(self._closing_key, sealed, self._bound)
        a, manifest_hash, b, root, c, manifest_records, d, content_records = _CLOSING.unpack(plaintext)
        if (a, b, c, d) != (32, 32, 8, 8):
            raise IntegrityFailed("a closing of the wrong form", code="malformed")
        closing = ParkClosing(manifest_hash, root, manifest_records, content_records)
        _check(closing)
        return closing


def park_secret(exported: bytes, file_id: bytes, version: int) -> ParkSecret:
    """The park secret of one transfer, from exporter `park` of the channel that carried its file key."""
    derived = derive(exported, b"", "park", file_context(file_id, version), PARK_SECRET_BYTES)
    return ParkSecret(derived, file_id, version)


def _check(closing: ParkClosing) -> None:
    if len(closing.manifest_hash) != 32 or len(closing.root) != 32:
        raise IntegrityFailed("hashes of the wrong length", code="malformed")
    if not all(1 <= n <= RECORDS_MAX for n in (closing.manifest_records, closing.content_records)):
        raise IntegrityFailed("record counts out of range", code="malformed")
