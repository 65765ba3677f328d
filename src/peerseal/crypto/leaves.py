"""Leaves of a stored file (protocol.md §13.1): one keyed hash for each record, and the root over all of them."""

from __future__ import annotations

from typing import Final

from peerseal.crypto.file_key import FileKey, Stream, file_context
from peerseal.crypto.kdf import Secret, derive
from peerseal.crypto.primitives import ReadableBuffer, hmac_sha256, sha256
from peerseal.errors import IntegrityFailed

LEAF_BYTES: Final = 32
_LABEL: Final[dict[Stream, str]] = {"content": "root", "manifest": "manifest-root"}


class Leaves:
    """Makes the leaves of one stream. Holds nothing but a key: any thread may call it, several at once."""

    def __init__(self, file_key: FileKey, stream: Stream, file_id: bytes, version: int) -> None:
        context = file_context(file_id, version)
        self._key: Final = Secret(derive(file_key, b"", _LABEL[stream], context, LEAF_BYTES))

    def leaf(self, plaintext: ReadableBuffer) -> bytes:
        """The leaf of one record's plaintext, read where it lies; other threads run meanwhile."""
        return hmac_sha256(self._key, plaintext)


def root_of_leaves(leaves: ReadableBuffer) -> bytes:
    """The root (or manifest hash, or head-part hash) over leaves back to back, 32 bytes each (`malformed`)."""
    if len(leaves) % LEAF_BYTES:
        raise IntegrityFailed("leaves of the wrong length", code="malformed")
    return sha256(leaves)
