"""Checks the one signature the server needs: a recovery's (docs/protocol.md §9.1, §10.2).

A public key and a public statement; nothing here can sign, or read anything.
"""

from __future__ import annotations

import hashlib
import struct
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from peerseal.wire.accounts import NewPassword, Recover

_P: Final = 2**255 - 19
#: The y coordinates of the eight points of small order (RFC 7748 §5's curve, in Edwards form).
_SMALL_ORDER: Final = frozenset(
    {
        0,
        1,
        _P - 1,
        0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7,
        0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826,
    }
)


def recovery_holds(bundle: bytes, server: bytes, user: str, wanted: Recover) -> bool:
    """Whether the identity of `bundle` asks for exactly this new password at exactly this server."""
    body = _lp(server, user.encode(), wanted.challenge, _hash(_password(wanted.password)))
    return signature_holds(bundle, "recover", body, wanted.signature)


def signature_holds(bundle: bytes, kind: str, body: bytes, signature: bytes) -> bool:
    """Whether the identity of `bundle` signed `body` (§9.1)."""
    fingerprint = _hash(_lp(b"peerseal/1 bundle", bundle))
    return _verifies(bundle[4:36], signature, _lp(b"peerseal/1 sig-" + kind.encode(), fingerprint, body))


def _password(new: NewPassword) -> bytes:
    numbers = (struct.pack(">I", number) for number in (new.memory, new.passes, new.lanes))
    return _lp(new.auth, new.salt, *numbers, new.vault or b"")


def _verifies(key: bytes, signature: bytes, message: bytes) -> bool:
    if not _is_strict(key) or not _is_strict(signature[:32]):
        return False
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _is_strict(point: bytes) -> bool:
    y = int.from_bytes(point, "little") & (2**255 - 1)
    return y < _P and y not in _SMALL_ORDER


def _lp(*parts: bytes) -> bytes:
    return b"".join(struct.pack(">I", len(part)) + part for part in parts)


def _hash(octets: bytes) -> bytes:
    return hashlib.sha256(octets).digest()
