"""Short things sealed whole, IV ‖ Tag ‖ Ciphertext: cards (§13.2), contact books (§11), link secrets (§14).

What is JSON comes and goes as bytes, padded here: its meaning belongs to `protocol`.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from peerseal.crypto.file_key import FileKey, file_context
from peerseal.crypto.identity import Identity
from peerseal.crypto.kdf import Secret, derive, lp, u64
from peerseal.crypto.primitives import NONCE_BYTES, TAG_BYTES, aes_256_gcm, open_message, random_bytes, sha256
from peerseal.errors import IntegrityFailed
from peerseal.wire.limits import (
    BOOK_PLAINTEXT_MAX_BYTES,
    CARD_MAX_BYTES,
    INTEGER_MAX,
    LINK_SECRET_BYTES,
    RECORD_OVERHEAD,
)

CARD_STEP_BYTES: Final = 256
BOOK_STEP_BYTES: Final = 1024
HASH_BYTES: Final = 32
NO_BOOK: Final = bytes(HASH_BYTES)
"""The `previous` of a first book."""
_BOOK_VERSION: Final = b"\x01"
_BOOK_HEAD_BYTES: Final = 1 + 8 + HASH_BYTES


class SealedBook(NamedTuple):
    """What a book says in the open (once it opened, truly), its hash, and what was in it."""

    counter: int
    previous: bytes
    hash: bytes
    plaintext: bytes


def seal(key: bytes, plaintext: bytes, associated_data: bytes) -> bytes:
    """IV ‖ Tag ‖ Ciphertext under a fresh random IV."""
    nonce = random_bytes(NONCE_BYTES)
    sealed = aes_256_gcm(key).encrypt(nonce, plaintext, associated_data)
    return nonce + sealed[-TAG_BYTES:] + sealed[:-TAG_BYTES]


def unseal(key: bytes, sealed: bytes, associated_data: bytes) -> bytes:
    """The plaintext of `seal`; `not_authentic`, or `malformed` if there is less than IV and tag."""
    if len(sealed) < RECORD_OVERHEAD:
        raise IntegrityFailed("shorter than its overhead", code="malformed")
    nonce, tag, ciphertext = (
        sealed[:NONCE_BYTES],
        sealed[NONCE_BYTES:RECORD_OVERHEAD],
        sealed[RECORD_OVERHEAD:],
    )
    return open_message(aes_256_gcm(key), nonce, ciphertext + tag, associated_data)


def seal_card(file_key: FileKey, file_id: bytes, version: int, plaintext: bytes) -> bytes:
    """The card of one version; `limit` if it would be over 4 KiB."""
    context = file_context(file_id, version)
    card = seal(derive(file_key, b"", "card", context, 32), _padded(plaintext, CARD_STEP_BYTES), context)
    if len(card) > CARD_MAX_BYTES:
        raise IntegrityFailed("the card is too long", code="limit")
    return card


def open_card(file_key: FileKey, file_id: bytes, version: int, card: bytes) -> bytes:
    """The padded JSON of a card. Raises `malformed` or `not_authentic`."""
    context = file_context(file_id, version)
    _check_padded(len(card) - RECORD_OVERHEAD, CARD_STEP_BYTES, CARD_MAX_BYTES - RECORD_OVERHEAD)
    return unseal(derive(file_key, b"", "card", context, 32), card, context)


def seal_book(identity: Identity, counter: int, previous: bytes, plaintext: bytes) -> bytes:
    """The contact book number `counter` (from 1), after the book whose hash is `previous`; `limit` over 4 MiB."""
    head = _BOOK_VERSION + u64(counter) + previous
    _check_book_head(counter, previous)
    padded = _padded(plaintext, BOOK_STEP_BYTES)
    if len(padded) > BOOK_PLAINTEXT_MAX_BYTES:
        raise IntegrityFailed("the contact book is full", code="limit")
    return head + seal(_book_key(identity), padded, _book_context(identity, counter, previous))


def open_book(identity: Identity, book: bytes) -> SealedBook:
    """Opens one's own contact book. Raises `malformed` or `not_authentic`."""
    if len(book) < _BOOK_HEAD_BYTES + RECORD_OVERHEAD or book[:1] != _BOOK_VERSION:
        raise IntegrityFailed("not a contact book", code="malformed")
    counter, previous = int.from_bytes(book[1:9], "big"), book[9:_BOOK_HEAD_BYTES]
    _check_book_head(counter, previous)
    body = book[_BOOK_HEAD_BYTES:]
    _check_padded(len(body) - RECORD_OVERHEAD, BOOK_STEP_BYTES, BOOK_PLAINTEXT_MAX_BYTES)
    plaintext = unseal(_book_key(identity), body, _book_context(identity, counter, previous))
    return SealedBook(counter, previous, sha256(book), plaintext)


def seal_link_secret(identity: Identity, secret: bytes, m: bytes, link: bytes, file_id: bytes) -> bytes:
    """A link's secret and m, 32 bytes each, kept for its owner: 92 bytes."""
    if len(secret) != 32 or len(m) != 32:
        raise IntegrityFailed("a link secret of the wrong length", code="malformed")
    return seal(_link_secret_key(identity, link), secret + m, lp(link, file_id))


def open_link_secret(identity: Identity, sealed: bytes, link: bytes, file_id: bytes) -> tuple[Secret, Secret]:
    """(secret, m) of `seal_link_secret`. Raises `malformed` or `not_authentic`."""
    if len(sealed) != LINK_SECRET_BYTES:
        raise IntegrityFailed("a sealed link secret of the wrong length", code="malformed")
    opened = unseal(_link_secret_key(identity, link), sealed, lp(link, file_id))
    return Secret(opened[:32]), Secret(opened[32:])


def _link_secret_key(identity: Identity, link: bytes) -> bytes:
    return derive(identity.root, b"", "link-secret", link, 32)


def _book_key(identity: Identity) -> bytes:
    return derive(identity.root, b"", "book", b"", 32)


def _book_context(identity: Identity, counter: int, previous: bytes) -> bytes:
    return lp(b"peerseal/1 book", identity.fingerprint, u64(counter), previous)


def _check_book_head(counter: int, previous: bytes) -> None:
    if (
        len(previous) != HASH_BYTES
        or not 1 <= counter <= INTEGER_MAX
        or (counter == 1) is not (previous == NO_BOOK)
    ):
        raise IntegrityFailed("a contact book that follows no other and is not the first", code="malformed")


def _padded(plaintext: bytes, step: int) -> bytes:
    return plaintext + b" " * (-len(plaintext) % step)


def _check_padded(length: int, step: int, most: int) -> None:
    if not 0 < length <= most or length % step:
        raise IntegrityFailed("a sealed text of the wrong length", code="malformed")
