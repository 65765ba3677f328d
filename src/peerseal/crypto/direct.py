"""Who is at the other end of a TCP connection (protocol.md §16.1): codes under a key only the channel's two ends have."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from peerseal.crypto.file_key import FILE_ID_BYTES
from peerseal.crypto.kdf import Secret, derive, lp
from peerseal.crypto.primitives import hmac_sha256
from peerseal.errors import IntegrityFailed
from peerseal.wire.limits import HERE_BYTES, STREAM_ID_BYTES

DIRECT_NONCE_BYTES: Final = 16
DIRECT_PROOF_BYTES: Final = 32
#: What a connector says first, before its nonce.
DIRECT_GREETING: Final = b"peerseal direct\n"
ChannelRole: TypeAlias = Literal["initiator", "responder"]
_ROLE_BYTE: Final[dict[ChannelRole, bytes]] = {"initiator": b"\x01", "responder": b"\x02"}


class DirectKey(Secret):
    """The key of the direct paths of one transfer."""

    __slots__ = ()


def direct_key(exported: bytes, file_id: bytes) -> DirectKey:
    """K, from the channel's exporter `direct`; `malformed` unless the id has 16 bytes."""
    if len(file_id) != FILE_ID_BYTES:
        raise IntegrityFailed("a file id has 16 bytes", code="malformed")
    return DirectKey(derive(exported, b"", "direct", file_id, 32))


def direct_here(key: DirectKey, role: ChannelRole, machine: bytes) -> bytes:
    """The 16 bytes of `here` that the side with this role says on `machine`.

    Compare the peer's with what its role says on one's own machine: an echo of one's own is another value.
    """
    return hmac_sha256(key, lp(b"peerseal/1 here", _ROLE_BYTE[role], machine))[:HERE_BYTES]


def direct_proof(key: DirectKey, role: ChannelRole, nonce_c: bytes, nonce_l: bytes) -> bytes:
    """What the side with this role in the channel says for connector's and listener's nonce: 32 bytes.

    Compare the other's with `equal`.
    """
    return hmac_sha256(key, lp(b"peerseal/1 direct", _ROLE_BYTE[role], nonce_c, nonce_l))


def direct_stream(key: DirectKey, nonce_c: bytes, nonce_l: bytes) -> bytes:
    """The 8 bytes by which `path` names this connection."""
    return hmac_sha256(key, lp(b"peerseal/1 direct-stream", nonce_c, nonce_l))[:STREAM_ID_BYTES]
