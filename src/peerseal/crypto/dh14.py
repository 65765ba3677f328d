"""Diffie-Hellman in group 14 (RFC 3526 §3), protocol.md §2.1: keys, the checks on a peer's value, the secret."""

from __future__ import annotations

from typing import Final

from peerseal.crypto.kdf import SharedSecret
from peerseal.crypto.primitives import random_bytes
from peerseal.errors import IntegrityFailed, VerificationFailed

DH_BYTES: Final = 256
EXPONENT_BYTES: Final = 32
BLINDING_BYTES: Final = 48
PRIME: Final = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD"
    "EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F"
    "83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B"
    "E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA0510"
    "15728E5A8AACAA68FFFFFFFFFFFFFFFF",
    16,
)
GENERATOR: Final = 2


def exponent_from(random: bytes) -> int:
    """The private exponent made of 32 random bytes: top bit set, lowest bit cleared.

    Even, so a peer's value outside the subgroup could not tell its parity; the top bit fixes the length.
    """
    if len(random) != EXPONENT_BYTES:
        raise ValueError("an exponent is made of 32 bytes")
    return (int.from_bytes(random, "big") | 1 << 255) & ~1


def new_exponent() -> int:
    """A fresh private exponent."""
    return exponent_from(random_bytes(EXPONENT_BYTES))


def public_value(exponent: int, generator: int = GENERATOR) -> bytes:
    """generator^exponent mod p, 256 bytes."""
    return pow(generator, exponent, PRIME).to_bytes(DH_BYTES, "big")


def shared_secret(exponent: int, public: bytes) -> SharedSecret:
    """The 256-byte secret with a peer's value.

    Raises `malformed` for a wrong length, `invalid_peer_key` for a value outside [2, p − 2], outside the
    subgroup of order (p − 1)/2, or a secret of 1.
    """
    return _secret(pow(check_public_value(public), exponent, PRIME))


def blinded_public_value(exponent: int) -> bytes:
    """2^exponent mod p for an exponent that is kept."""
    return _blinded_power(GENERATOR, exponent).to_bytes(DH_BYTES, "big")


def blinded_shared_secret(exponent: int, public: bytes) -> SharedSecret:
    """`shared_secret` for an exponent that is kept (protocol.md §9): every use takes other time."""
    return _secret(_blinded_power(check_public_value(public), exponent))


def check_public_value(public: bytes) -> int:
    """The number a peer's value stands for.

    Raises `malformed` for a wrong length, `invalid_peer_key` for a value outside [2, p − 2] or outside the
    subgroup of order (p − 1)/2.
    """
    if len(public) != DH_BYTES:
        raise IntegrityFailed("a group 14 value of the wrong length", code="malformed")
    value = int.from_bytes(public, "big")
    if not 2 <= value <= PRIME - 2 or jacobi(value, PRIME) != 1:
        raise VerificationFailed("a group 14 value outside the group", code="invalid_peer_key")
    return value


def _blinded_power(base: int, exponent: int) -> int:
    # Big-integer powers are not constant-time: base^(x + r) · (base^r)⁻¹ shows of x only what x + r shows.
    mask = int.from_bytes(random_bytes(BLINDING_BYTES), "big")
    return pow(base, exponent + mask, PRIME) * pow(pow(base, mask, PRIME), -1, PRIME) % PRIME


def _secret(secret: int) -> SharedSecret:
    if secret == 1:
        raise VerificationFailed("a group 14 value of low order", code="invalid_peer_key")
    return SharedSecret(secret.to_bytes(DH_BYTES, "big"))


def jacobi(value: int, modulus: int) -> int:
    """The Jacobi symbol (value/modulus) for an odd modulus: 1, −1, or 0 if they share a factor.

    Euclid with factors of two taken out: a tenth of the time of value^((p − 1)/2), on a public value.
    """
    a, n, symbol = value % modulus, modulus, 1
    while a:
        twos = (a & -a).bit_length() - 1
        a >>= twos
        if twos & 1 and n & 7 in (3, 5):
            symbol = -symbol
        if a & 3 == 3 and n & 3 == 3:
            symbol = -symbol
        a, n = n % a, a
    return symbol if n == 1 else 0
