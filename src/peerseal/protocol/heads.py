"""The signed heads of a stored version (protocol.md §13.3): one when its upload starts, one when it has ended."""

from __future__ import annotations

from typing import Final, Self

from peerseal.crypto_engine import COMMITMENT_BYTES, FILE_ID_BYTES, Bundle, Identity, equal, lp, sha256, u64
from peerseal.errors import IntegrityFailed, VerificationFailed
from peerseal.protocol.parts import read_number, split
from peerseal.wire.limits import FINGERPRINT_BYTES, INTEGER_MAX, RECORD_SIZE_MAX, RECORD_SIZE_MIN, RECORDS_MAX
from peerseal.wire.strict_json import malformed
from peerseal.wire.value import Value

HASH_BYTES: Final = 32


class OpeningHead(Value):
    """What a version is, said before its records come.

    `owner`: fingerprint; `previous`: closing hash of the version before, empty for version 1; `head_part`: hash
    over the leaves of the manifest's head part.
    """

    owner: bytes
    id: bytes
    version: int
    previous: bytes
    commitment: bytes
    record_size: int
    card: bytes
    head_part: bytes

    @property
    def body(self) -> bytes:
        """The bytes that are signed and hashed."""
        number, size = u64(self.version), self.record_size.to_bytes(4, "big")
        return lp(
            self.owner, self.id, number, self.previous, self.commitment, size, self.card, self.head_part
        )

    @property
    def hash(self) -> bytes:
        """What the closing head names it by."""
        return sha256(self.body)

    def sign(self, identity: Identity) -> bytes:
        """The signed head. Raises what `read_opening` would: `unknown_owner`, `malformed`."""
        _check_owner(self.owner, identity.fingerprint)
        self._check()
        return identity.signed("opening", self.body)

    def check_asked(self, file_id: bytes, version: int) -> None:
        """Raises `content_differs` unless this is the version that was asked for."""
        if self.id != file_id or self.version != version:
            raise _differs("the server gave another file or version than the one asked for")

    def check_card(self, card: bytes) -> None:
        """Raises `content_differs` unless this is the sealed card."""
        if not equal(sha256(card), self.card):
            raise _differs("the card is not the one its owner signed")

    def check_head_part(self, head_part: bytes) -> None:
        """Raises `content_differs` unless this is the hash over the leaves of the manifest's head part."""
        if not equal(head_part, self.head_part):
            raise _differs("the list of files is not the one its owner signed")

    def _check(self) -> Self:
        lengths = (
            *((self.owner, FINGERPRINT_BYTES), (self.id, FILE_ID_BYTES), (self.commitment, COMMITMENT_BYTES)),
            *((self.card, HASH_BYTES), (self.head_part, HASH_BYTES)),
            (self.previous, 0 if self.version == 1 else HASH_BYTES),
        )
        if any(len(part) != length for part, length in lengths):
            raise malformed("an opening head with a part of the wrong length")
        if not 1 <= self.version <= INTEGER_MAX:
            raise malformed("a version out of range")
        if not RECORD_SIZE_MIN <= self.record_size <= RECORD_SIZE_MAX:
            raise malformed("a record size out of range")
        return self


class ClosingHead(Value):
    """What a version turned out to be. `opening`: the opening head's hash; counts of records, both at least 1."""

    opening: bytes
    manifest_records: int
    content_records: int
    manifest_hash: bytes
    root: bytes

    @property
    def body(self) -> bytes:
        """The bytes that are signed and hashed."""
        counts = u64(self.manifest_records), u64(self.content_records)
        return lp(self.opening, *counts, self.manifest_hash, self.root)

    @property
    def hash(self) -> bytes:
        """What the next version's opening head, and the contact book, name it by."""
        return sha256(self.body)

    def sign(self, identity: Identity) -> bytes:
        """The signed head; `malformed` for what `read_closing` would refuse."""
        self._check()
        return identity.signed("closing", self.body)

    def check_opening(self, opening: OpeningHead) -> None:
        """Raises `content_differs` unless this is the end of that beginning."""
        if not equal(self.opening, opening.hash):
            raise _differs("the two heads of this version do not belong together")

    def check_content(
        self, manifest_records: int, content_records: int, manifest_hash: bytes, root: bytes
    ) -> None:
        """Raises `content_differs` unless exactly these records came: their counts and `root_of_leaves` of each."""
        counts = (manifest_records, content_records) == (self.manifest_records, self.content_records)
        if not (counts and equal(manifest_hash, self.manifest_hash) and equal(root, self.root)):
            raise _differs("what came is not what its owner signed")

    def _check(self) -> Self:
        if any(len(part) != HASH_BYTES for part in (self.opening, self.manifest_hash, self.root)):
            raise malformed("a closing head with a part of the wrong length")
        if not all(1 <= count <= RECORDS_MAX for count in (self.manifest_records, self.content_records)):
            raise malformed("a number of records out of range")
        return self


def read_opening(signed: bytes, owner: Bundle) -> OpeningHead:
    """The opening head in `signed`; `owner` is the pinned contact's bundle, or one's own.

    Raises `malformed`, `signature_invalid` or `unknown_owner`.
    """
    parts = split(owner.read_signed("opening", signed), 8)
    fingerprint, file_id, version, previous, commitment, size, card, head_part = parts
    head = OpeningHead(
        *(fingerprint, file_id, read_number(version, 8), previous),
        *(commitment, read_number(size, 4), card, head_part),
    )
    head._check()  # noqa: SLF001 - its own module
    _check_owner(head.owner, owner.fingerprint)
    return head


def read_closing(signed: bytes, owner: Bundle, opening: OpeningHead | None = None) -> ClosingHead:
    """The closing head in `signed`; the one that belongs to `opening`, if that is given.

    Raises `malformed`, `signature_invalid` or `content_differs`.
    """
    first, manifest, content, manifest_hash, root = split(owner.read_signed("closing", signed), 5)
    head = ClosingHead(first, read_number(manifest, 8), read_number(content, 8), manifest_hash, root)
    head._check()  # noqa: SLF001 - its own module
    if opening is not None:
        head.check_opening(opening)
    return head


def _check_owner(said: bytes, owner: bytes) -> None:
    if said != owner:
        raise VerificationFailed("this file is said to be somebody else's", code="unknown_owner")


def _differs(why: str) -> IntegrityFailed:
    return IntegrityFailed(
        why, code="content_differs", hint="Nothing of it was kept. Ask the sender to upload it again."
    )
