"""A sealed file as bytes: record keys, records, frames and the manifest (docs/protocol.md §4, §8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from maker.basics import kdf, lp, seeded, u8, u16, u32, u64

Stream = Literal["manifest", "content"]
LATER = 2**64 - 1


@dataclass(frozen=True)
class SealedFile:
    """Key and name of one sealed file; makes its records and frames."""

    name: str
    version: int = 1
    record_size: int = 64

    @property
    def key(self) -> bytes:
        return seeded(f"{self.name} file key", 32)

    @property
    def id(self) -> bytes:
        return seeded(f"{self.name} file id", 16)

    @property
    def context(self) -> bytes:
        return lp(self.id, u64(self.version))

    @property
    def commitment(self) -> bytes:
        return kdf(self.key, b"", "commit", self.context, 32)

    def record_key(self, stream: Stream) -> bytes:
        return kdf(self.key, b"", stream, self.context, 32)

    def record(self, stream: Stream, index: int, final: bool, plaintext: bytes) -> bytes:
        """IV ‖ tag ‖ ciphertext, with an IV that is another for every input."""
        iv = seeded(f"{self.name} {self.version} {stream} {index} {final} {plaintext.hex()} iv", 12)
        aad = lp(self.id, u64(self.version), u64(index), u8(final))
        sealed = AESGCM(self.record_key(stream)).encrypt(iv, plaintext, aad)
        return iv + sealed[-16:] + sealed[:-16]

    def records(self, stream: Stream, plaintext: bytes) -> list[bytes]:
        pieces = cut(plaintext, self.record_size)
        return [self.record(stream, n, n == len(pieces) - 1, piece) for n, piece in enumerate(pieces)]

    def frames(self, stream: Stream, plaintext: bytes) -> list[bytes]:
        records = self.records(stream, plaintext)
        return [frame(stream, n, n == len(records) - 1, record) for n, record in enumerate(records)]


def cut(plaintext: bytes, size: int) -> list[bytes]:
    """Full records and a last one that may be shorter; an empty text is one empty record."""
    return [plaintext[at : at + size] for at in range(0, len(plaintext), size)] or [b""]


def header(stream: int, index: int, final: int, length: int, spare: int = 0) -> bytes:
    return u32(length) + u8(stream) + u8(final) + u16(spare) + u64(index)


def frame(stream: Stream, index: int, final: bool, record: bytes) -> bytes:
    return header(1 if stream == "manifest" else 2, index, int(final), len(record)) + record


def head(records: int, flags: int = 0, magic: bytes = b"PSM1") -> bytes:
    return magic + u8(flags) + u64(records)


def entry(body: bytes) -> bytes:
    return u32(len(body)) + body


def fields(kind: int, size: int, path: bytes, media: bytes = b"", modified: int = 0, mode: int = 0) -> bytes:
    """Body of an entry of kind 1, 2 or 3."""
    return u8(kind) + u64(size) + u64(modified) + u8(mode) + lp(path, media)


def file(path: str | bytes, size: int, media: bytes = b"", modified: int = 0, mode: int = 0) -> bytes:
    raw = path.encode("utf-8") if isinstance(path, str) else path
    return entry(fields(1, size, raw, media, modified, mode))


def directory(path: str, modified: int = 0) -> bytes:
    return entry(fields(2, 0, path.encode("utf-8"), b"", modified))


def text(size: int, media: bytes = b"text/plain") -> bytes:
    return entry(fields(3, size, b"", media))


def size_of(number: int, size: int) -> bytes:
    return entry(u8(4) + u64(number) + u64(size))


def padding(length: int) -> bytes:
    """An entry of kind 0 that takes `length` bytes in all."""
    return entry(bytes(length - 4))


def closed(entries: Sequence[bytes], record_size: int) -> bytes:
    """A manifest without the open flag: its head is all of it."""
    body = b"".join(entries)
    return head(len(cut(head(0) + body, min(record_size, 65536)))) + body


def opened(entries: Sequence[bytes], later: Sequence[bytes], record_size: int) -> bytes:
    """An open manifest: the head part is filled to a record boundary, the rest follows."""
    size = min(record_size, 65536)
    body = b"".join(entries)
    used = len(head(0)) + len(body)
    gap = -used % size
    if later and gap:
        gap += size if gap < 5 else 0
        body += padding(gap)
        used += gap
    return head(-(-used // size), 1) + body + b"".join(later)
