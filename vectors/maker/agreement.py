"""DH group 14, X25519 and ML-KEM-768 as docs/protocol.md §2 has them, from the private values to the secret."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from kyber_py.ml_kem import ML_KEM_768

from maker.basics import seeded

# RFC 3526 §3: 2^2048 - 2^1984 - 1 + 2^64 * (floor(2^1918 pi) + 124476)
P = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74"
    "020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F1437"
    "4FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF05"
    "98DA48361C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB"
    "9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B"
    "E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF695581718"
    "3995497CEA956AE515D2261898FA051015728E5A8AACAA68FFFFFFFFFFFFFFFF",
    16,
)
Q = (P - 1) // 2
X25519_P = 2**255 - 19


def exponent(random: bytes) -> bytes:
    return bytes([random[0] | 0x80]) + random[1:31] + bytes([random[31] & 0xFE])


def seeded_exponent(name: str) -> bytes:
    return exponent(seeded(name, 32))


def padded(y: int) -> bytes:
    return y.to_bytes(256, "big")


def dh_public(private: bytes, generator: int = 2) -> bytes:
    return padded(pow(generator, int.from_bytes(private, "big"), P))


def dh_secret(private: bytes, public: bytes) -> bytes:
    """y^x mod p of a value whose subgroup is checked the slow, certain way (not by Jacobi symbol)."""
    y = int.from_bytes(public, "big")
    if len(public) != 256 or not 2 <= y <= P - 2 or pow(y, Q, P) != 1:
        raise ValueError("not a public value")
    return padded(pow(y, int.from_bytes(private, "big"), P))


def x_public(private: bytes) -> bytes:
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def x_secret(private: bytes, public: bytes) -> bytes:
    if int.from_bytes(public, "little") >= X25519_P:
        raise ValueError("not canonical")
    return X25519PrivateKey.from_private_bytes(private).exchange(X25519PublicKey.from_public_bytes(public))


def kem_public(seed: bytes) -> bytes:
    public, _ = ML_KEM_768.key_derive(seed)
    return bytes(public)


def kem_encapsulate(public: bytes, message: bytes) -> tuple[bytes, bytes]:
    """(ciphertext, secret) of ML-KEM.Encaps_internal (FIPS 203 §6.2)."""
    secret, ciphertext = ML_KEM_768._encaps_internal(public, message)  # noqa: SLF001 - its only way to take m
    return bytes(ciphertext), bytes(secret)


def kem_decapsulate(seed: bytes, ciphertext: bytes) -> bytes:
    """The secret, which two libraries must agree on."""
    _, private = ML_KEM_768.key_derive(seed)
    secret = bytes(ML_KEM_768.decaps(private, ciphertext))
    if MLKEM768PrivateKey.from_seed_bytes(seed).decapsulate(ciphertext) != secret:
        raise AssertionError("two ML-KEM libraries disagree")
    return secret
