"""File keys wrapped for people (protocol.md §12.2): for a recipient, and for oneself.

for a recipient   u8 1 ‖ E public(32) ‖ CT(1088) ‖ IV(12) ‖ Tag(16) ‖ Ciphertext(32), 1 181 bytes
for oneself       u8 2 ‖ IV(12) ‖ Tag(16) ‖ Ciphertext(32), 61 bytes
"""

from __future__ import annotations

from typing import Final

from peerseal.crypto.file_key import FileKey, file_context
from peerseal.crypto.identity import Bundle, Identity
from peerseal.crypto.kdf import SharedSecret, derive, lp
from peerseal.crypto.primitives import (
    ML_KEM_CIPHERTEXT_BYTES,
    X25519_BYTES,
    ml_kem_decapsulate,
    ml_kem_encapsulate,
    random_bytes,
    sha256,
    x25519_public,
    x25519_shared,
)
from peerseal.crypto.sealed import seal, unseal
from peerseal.errors import IntegrityFailed
from peerseal.wire.limits import OWN_WRAP_BYTES, WRAP_BYTES

_FOR_RECIPIENT: Final = b"\x01"
_FOR_ONESELF: Final = b"\x02"
_CIPHERTEXT_AT: Final = 1 + X25519_BYTES
_SEALED_AT: Final = _CIPHERTEXT_AT + ML_KEM_CIPHERTEXT_BYTES


def wrap(  # noqa: PLR0917 - what, from whom, to whom, for which version
    file_key: FileKey,
    identity: Identity,
    pairwise: SharedSecret,
    recipient: Bundle,
    file_id: bytes,
    version: int,
) -> bytes:
    """The file key for `recipient`, from `identity`; `pairwise` is `identity.pairwise(recipient)`."""
    ephemeral = random_bytes(X25519_BYTES)
    public = x25519_public(ephemeral)
    ciphertext, kem_secret = ml_kem_encapsulate(recipient.ml_kem)
    ikm = lp(pairwise, x25519_shared(ephemeral, recipient.x25519), kem_secret)
    salt = sha256(lp(identity.bundle.encoded, recipient.encoded, public, ciphertext))
    context = file_context(file_id, version)
    key = derive(ikm, salt, "wrap", context, 32)
    bound = context + lp(identity.fingerprint, recipient.fingerprint)
    return _FOR_RECIPIENT + public + ciphertext + seal(key, file_key, bound)


def unwrap(  # noqa: PLR0917 - as in wrap
    wrapped: bytes, identity: Identity, pairwise: SharedSecret, sender: Bundle, file_id: bytes, version: int
) -> FileKey:
    """The file key `sender` wrapped for `identity`; `pairwise` is `identity.pairwise(sender)`.

    Raises `malformed`, `invalid_peer_key` or `not_authentic`. The caller then checks the opening head's
    commitment (`check_commitment`).
    """
    if len(wrapped) != WRAP_BYTES or wrapped[:1] != _FOR_RECIPIENT:
        raise IntegrityFailed("not a wrapped key", code="malformed")
    public, ciphertext = wrapped[1:_CIPHERTEXT_AT], wrapped[_CIPHERTEXT_AT:_SEALED_AT]
    kem_secret = ml_kem_decapsulate(identity.ml_kem_seed, ciphertext)
    ikm = lp(pairwise, identity.x25519_shared(public), kem_secret)
    salt = sha256(lp(sender.encoded, identity.bundle.encoded, public, ciphertext))
    context = file_context(file_id, version)
    key = derive(ikm, salt, "wrap", context, 32)
    bound = context + lp(sender.fingerprint, identity.fingerprint)
    return FileKey(unseal(key, wrapped[_SEALED_AT:], bound))


def wrap_own(file_key: FileKey, identity: Identity, file_id: bytes, version: int) -> bytes:
    """The file key for oneself."""
    key, bound = _own(identity, file_id, version)
    return _FOR_ONESELF + seal(key, file_key, bound)


def unwrap_own(wrapped: bytes, identity: Identity, file_id: bytes, version: int) -> FileKey:
    """The file key one wrapped for oneself. Raises `malformed` or `not_authentic`."""
    if len(wrapped) != OWN_WRAP_BYTES or wrapped[:1] != _FOR_ONESELF:
        raise IntegrityFailed("not one's own wrapped key", code="malformed")
    key, bound = _own(identity, file_id, version)
    return FileKey(unseal(key, wrapped[1:], bound))


def _own(identity: Identity, file_id: bytes, version: int) -> tuple[bytes, bytes]:
    context = file_context(file_id, version)
    bound = context + lp(identity.fingerprint, identity.fingerprint)
    return derive(identity.root, b"", "own-wrap", context, 32), bound
