"""Key derivation of protocol.md §1: one HKDF-Extract, many Expands (RFC 5869), and types that keep secrets quiet."""

from __future__ import annotations

from typing import Final

from peerseal.crypto.primitives import hmac_sha256

_HASH_BYTES: Final = 32
_PREFIX: Final = b"peerseal/1 "


class Secret(bytes):
    """Bytes that do not show themselves: `repr`, `str` and formatting print only the type."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(repr(self), spec)


class SharedSecret(Secret):
    """What an agreement (DH, X25519, ML-KEM or all three) gave both sides: input to `extract` only."""

    __slots__ = ()


class PseudoRandomKey(Secret):
    """The 32 bytes HKDF-Extract leaves; every key of a session is expanded from it."""

    __slots__ = ()


def lp(*parts: bytes) -> bytes:
    """LP(x₁ … xₙ): every part behind its u32 length."""
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def u64(value: int) -> bytes:
    """A big-endian u64."""
    return value.to_bytes(8, "big")


def extract(ikm: bytes, salt: bytes) -> PseudoRandomKey:
    """HKDF-Extract. An empty salt is 32 zero bytes, as RFC 5869 has it."""
    return PseudoRandomKey(hmac_sha256(salt or bytes(_HASH_BYTES), ikm))


def expand(key: PseudoRandomKey, label: str, context: bytes, length: int) -> bytes:
    """HKDF-Expand with info = LP("peerseal/1 " ‖ label, context); at most 8160 bytes."""
    return hkdf_expand(key, lp(_PREFIX + label.encode("ascii"), context), length)


def hkdf_expand(key: bytes, info: bytes, length: int) -> bytes:
    """HKDF-Expand as RFC 5869 §2.3 has it; protocols use `expand`, which keeps labels apart. At most 8160 bytes."""
    if not 0 < length <= 255 * _HASH_BYTES:
        raise ValueError("HKDF gives 1 to 8160 bytes")
    output, block = b"", b""
    for counter in range(1, -(-length // _HASH_BYTES) + 1):
        block = hmac_sha256(key, block + info + bytes([counter]))
        output += block
    return output[:length]


def derive(ikm: bytes, salt: bytes, label: str, context: bytes, length: int) -> bytes:
    """KDF(ikm, salt, label, context, L) of protocol.md §1."""
    return expand(extract(ikm, salt), label, context, length)
