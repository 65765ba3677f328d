"""The only module that touches the crypto library and the source of randomness.

Everything here is a standard primitive under its standard name; formats are built above. The library is
imported when first used: reading a file list or a code needs none of it.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from typing import TYPE_CHECKING, Final, TypeAlias

from peerseal.errors import IntegrityFailed, PeersealError, VerificationFailed

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

ReadableBuffer: TypeAlias = bytes | bytearray | memoryview

NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16
X25519_BYTES: Final = 32
ML_KEM_SEED_BYTES: Final = 64
ML_KEM_PUBLIC_BYTES: Final = 1184
ML_KEM_CIPHERTEXT_BYTES: Final = 1088
ED25519_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64
_FIELD_PRIME: Final = 2**255 - 19
#: The order of Ed25519's base point.
_ED25519_ORDER: Final = 2**252 + 27742317777372353535851937790883648493
_ORDER_8_Y: Final = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
#: y of the eight points of small order: two signs each, except for 1 and −1.
_SMALL_ORDER_Y: Final = frozenset((0, 1, _FIELD_PRIME - 1, _ORDER_8_Y, _FIELD_PRIME - _ORDER_8_Y))


def random_bytes(count: int) -> bytes:
    """`count` bytes from the operating system's generator."""
    return os.urandom(count)


def sha256(message: ReadableBuffer) -> bytes:
    """SHA-256, 32 bytes."""
    return hashlib.sha256(message).digest()


def hmac_sha256(key: bytes, message: ReadableBuffer) -> bytes:
    """HMAC-SHA256, 32 bytes; in one call of the library, which lets other threads run meanwhile."""
    return hmac.digest(key, message, "sha256")


def equal(one: bytes, other: bytes) -> bool:
    """Whether both are the same, in time that does not depend on where they differ."""
    return hmac.compare_digest(one, other)


def aes_256_gcm(key: bytes) -> AESGCM:
    """The AEAD of RFC 5116 for one 32-byte key."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    if len(key) != 32:
        raise ValueError("an AES-256 key has 32 bytes")
    return AESGCM(key)


def open_in_place(
    aead: AESGCM, nonce: ReadableBuffer, sealed: memoryview, associated_data: bytes, out: memoryview
) -> None:
    """Decrypts `sealed` (ciphertext ‖ tag) into `out`, which has exactly the ciphertext's length.

    Raises `IntegrityFailed` (`not_authentic`), and then `out` is all zero: the library decrypts before it
    has seen the tag, and nothing unauthenticated may be left lying about. A nonce has 12 bytes (`malformed`).
    """
    from cryptography.exceptions import InvalidTag

    _check_nonce(nonce)
    try:
        aead.decrypt_into(nonce, sealed, associated_data, out)
    except InvalidTag:
        out[:] = bytes(len(out))
        raise IntegrityFailed("a record does not authenticate", code="not_authentic") from None


def open_message(aead: AESGCM, nonce: bytes, sealed: bytes, associated_data: bytes) -> bytes:
    """Decrypts a short message (ciphertext ‖ tag); `not_authentic`, `malformed` without a tag or 12 bytes of nonce."""
    from cryptography.exceptions import InvalidTag

    _check_nonce(nonce)
    if len(sealed) < TAG_BYTES:
        raise IntegrityFailed("a message without a tag", code="malformed")
    try:
        return aead.decrypt(nonce, sealed, associated_data)
    except InvalidTag:
        raise IntegrityFailed("a message does not authenticate", code="not_authentic") from None


def x25519_public(private: bytes) -> bytes:
    """The public key of a 32-byte private key (RFC 7748)."""
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def x25519_shared(private: bytes, public: bytes) -> bytes:
    """The shared secret with a peer's public key.

    Raises `malformed` for a wrong length, `invalid_peer_key` for a value that is not canonical or leads to
    the all-zero secret (protocol.md §2.2).
    """
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

    if len(public) != X25519_BYTES:
        raise IntegrityFailed("an X25519 key of the wrong length", code="malformed")
    if int.from_bytes(public, "little") >= _FIELD_PRIME:
        raise VerificationFailed("an X25519 key that is not canonical", code="invalid_peer_key")
    peer = X25519PublicKey.from_public_bytes(public)
    try:
        return X25519PrivateKey.from_private_bytes(private).exchange(peer)
    except ValueError:
        raise VerificationFailed("an X25519 key of low order", code="invalid_peer_key") from None


def ml_kem_public(seed: bytes) -> bytes:
    """The ML-KEM-768 encapsulation key of a 64-byte seed d ‖ z (FIPS 203)."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey

    try:
        return MLKEM768PrivateKey.from_seed_bytes(seed).public_key().public_bytes_raw()
    except UnsupportedAlgorithm:
        raise _without_ml_kem() from None


def check_ml_kem_public(public: bytes) -> None:
    """Refuses what `ml_kem_encapsulate` would refuse, without encapsulating."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PublicKey

    if len(public) != ML_KEM_PUBLIC_BYTES:
        raise IntegrityFailed("an ML-KEM key of the wrong length", code="malformed")
    try:
        MLKEM768PublicKey.from_public_bytes(public)
    except UnsupportedAlgorithm:
        raise _without_ml_kem() from None
    except ValueError:
        raise VerificationFailed("an ML-KEM key out of range", code="invalid_peer_key") from None


def ml_kem_encapsulate(public: bytes) -> tuple[bytes, bytes]:
    """(ciphertext, secret) for a peer's encapsulation key.

    Raises `malformed` for a wrong length, `invalid_peer_key` if it fails the modulus check of FIPS 203 §7.2.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PublicKey

    if len(public) != ML_KEM_PUBLIC_BYTES:
        raise IntegrityFailed("an ML-KEM key of the wrong length", code="malformed")
    try:
        secret, ciphertext = MLKEM768PublicKey.from_public_bytes(public).encapsulate()
    except UnsupportedAlgorithm:
        raise _without_ml_kem() from None
    except ValueError:
        raise VerificationFailed("an ML-KEM key out of range", code="invalid_peer_key") from None
    return ciphertext, secret


def ml_kem_decapsulate(seed: bytes, ciphertext: bytes) -> bytes:
    """The secret in `ciphertext`; never fails for one of the right length (`malformed` otherwise)."""
    from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey

    if len(ciphertext) != ML_KEM_CIPHERTEXT_BYTES:
        raise IntegrityFailed("an ML-KEM ciphertext of the wrong length", code="malformed")
    return MLKEM768PrivateKey.from_seed_bytes(seed).decapsulate(ciphertext)


def ed25519_public(seed: bytes) -> bytes:
    """The public key of a 32-byte seed (RFC 8032)."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def ed25519_sign(seed: bytes, message: bytes) -> bytes:
    """The 64-byte signature R ‖ S of `message` (RFC 8032, pure)."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(seed).sign(message)


def check_ed25519_public(public: bytes) -> None:
    """Raises `malformed` for a wrong length, `invalid_peer_key` if not canonical or of small order (§9.1)."""
    if len(public) != ED25519_BYTES:
        raise IntegrityFailed("an Ed25519 key of the wrong length", code="malformed")
    if not _is_strict_point(public):
        raise VerificationFailed("an Ed25519 key that signs nothing", code="invalid_peer_key")


def ed25519_verify(public: bytes, message: bytes, signature: bytes) -> None:
    """Checks a signature by the strict rules of protocol.md §9.1: one message, one key, one signature.

    Raises what `check_ed25519_public` does, `malformed` for a wrong length, `signature_invalid`.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    check_ed25519_public(public)
    if len(signature) != SIGNATURE_BYTES:
        raise IntegrityFailed("a signature of the wrong length", code="malformed")
    point, scalar = signature[:ED25519_BYTES], int.from_bytes(signature[ED25519_BYTES:], "little")
    if not _is_strict_point(point) or scalar >= _ED25519_ORDER:
        raise _invalid_signature()
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        raise _invalid_signature() from None


def argon2id(password: bytes, salt: bytes, *, memory: int, passes: int, lanes: int) -> bytes:
    """Argon2id (RFC 9106, version 19), 32 bytes; `memory` in KiB."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    try:
        stretching = Argon2id(salt=salt, length=32, iterations=passes, lanes=lanes, memory_cost=memory)
    except UnsupportedAlgorithm:
        raise PeersealError(
            "this computer's cryptography library has no Argon2id",
            code="no_argon2",
            hint="Install Peerseal into a virtual environment; distributions may build the library without it.",
        ) from None
    return stretching.derive(password)


# GCM would take others, by another way to its first counter block that nothing here needs.
def _check_nonce(nonce: ReadableBuffer) -> None:
    if len(nonce) != NONCE_BYTES:
        raise IntegrityFailed("a nonce of the wrong length", code="malformed")


def _invalid_signature() -> IntegrityFailed:
    return IntegrityFailed("a signature does not hold", code="signature_invalid")


def _is_strict_point(encoded: bytes) -> bool:
    y = int.from_bytes(encoded, "little") & ~(1 << 255)
    return y < _FIELD_PRIME and y not in _SMALL_ORDER_Y


def _without_ml_kem() -> PeersealError:
    return PeersealError(
        "this computer's cryptography library has no ML-KEM",
        code="no_ml_kem",
        hint="Install Peerseal into a virtual environment; distributions may build the library without it.",
    )
