"""Key, id and commitment of a sealed file (protocol.md §4), and the record keys that follow from them."""

from __future__ import annotations

from typing import Final, Literal, Self, TypeAlias

from peerseal.crypto.kdf import Secret, derive, lp, u64
from peerseal.crypto.primitives import equal, random_bytes
from peerseal.errors import IntegrityFailed, VerificationFailed

Stream: TypeAlias = Literal["content", "manifest"]

FILE_KEY_BYTES: Final = 32
FILE_ID_BYTES: Final = 16
COMMITMENT_BYTES: Final = 32
_VERSION_MAX: Final = 2**64 - 1


class FileKey(Secret):
    """32 random bytes that open one version of one sealed file. Never shown by `repr`."""

    __slots__ = ()

    def __new__(cls, key: bytes) -> Self:
        """Raises `malformed` unless there are 32 bytes."""
        if len(key) != FILE_KEY_BYTES:
            raise IntegrityFailed("a file key of the wrong length", code="malformed")
        return super().__new__(cls, key)


class RecordKey(Secret):
    """The AES-256 key of one record stream."""

    __slots__ = ()


def new_file_key() -> FileKey:
    """A fresh key: one for every version and every attempt."""
    return FileKey(random_bytes(FILE_KEY_BYTES))


def new_file_id() -> bytes:
    """A fresh 16-byte file id."""
    return random_bytes(FILE_ID_BYTES)


def commitment(key: FileKey, file_id: bytes, version: int) -> bytes:
    """What an offer says about the key before it is given: 32 bytes that fit no other key."""
    return derive(key, b"", "commit", file_context(file_id, version), COMMITMENT_BYTES)


def check_commitment(key: FileKey, file_id: bytes, version: int, offered: bytes) -> None:
    """Raises `commitment_mismatch` unless `key` is the one the offer spoke of."""
    if not equal(commitment(key, file_id, version), offered):
        raise VerificationFailed("the file key is not the one that was offered", code="commitment_mismatch")


def record_key(key: FileKey, stream: Stream, file_id: bytes, version: int) -> RecordKey:
    """The key of the content or the manifest stream."""
    return RecordKey(derive(key, b"", stream, file_context(file_id, version), 32))


def file_context(file_id: bytes, version: int) -> bytes:
    """LP(id, u64 version), what keys of one version are bound to; `malformed` out of range."""
    if len(file_id) != FILE_ID_BYTES or not 1 <= version <= _VERSION_MAX:
        raise IntegrityFailed("a file id has 16 bytes, a version is a u64 from 1", code="malformed")
    return lp(file_id, u64(version))
