"""The control channel (protocol.md §5.2): control messages sealed under one key for each direction, in order."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from peerseal.crypto_engine import PseudoRandomKey, Secret, aes_256_gcm, expand, lp, open_message, u64
from peerseal.errors import IntegrityFailed, PeersealError
from peerseal.protocol.control import ControlMessage, decode, encode

Role: TypeAlias = Literal["initiator", "responder"]
Purpose: TypeAlias = Literal["resume", "direct", "relay", "park"]

CONTROL_TYPE: Final = 16
_HEADER_BYTES: Final = 10
_SEALED_MIN_BYTES: Final = _HEADER_BYTES + 16
_MESSAGES_MAX: Final = 2**32
_KEYS: Final = ((b"\x01", "key-initiator"), (b"\x02", "key-responder"))


class Channel:
    """One end of an established session. Any failure to open ends it: it opens nothing more."""

    def __init__(self, secret: PseudoRandomKey, role: Role) -> None:
        ways = [_Direction(direction, expand(secret, label, b"", 32)) for direction, label in _KEYS]
        self._secret: Final = secret
        self._sealing, self._opening = ways if role == "initiator" else reversed(ways)
        self._ended = False

    def seal(self, message: ControlMessage) -> bytes:
        """The sealed message; `limit` after 2³², `malformed` for one the other side would refuse."""
        number, plaintext = encode(message)
        way = self._sealing
        sequence = way.next()
        ciphertext = way.aead.encrypt(way.nonce(sequence), plaintext, way.bound(sequence, number))
        return bytes([CONTROL_TYPE, number]) + u64(sequence) + ciphertext

    def open(self, body: bytes) -> ControlMessage:
        """The message in `body`. Raises `malformed`, `out_of_order`, `not_authentic` or `limit`."""
        if self._ended:
            raise IntegrityFailed("the channel has ended", code="out_of_order")
        try:
            return self._open(body)
        except PeersealError:
            self._ended = True
            raise

    def export(self, purpose: Purpose) -> Secret:
        """32 bytes both ends share and nobody else knows, bound to this session and purpose."""
        return Secret(expand(self._secret, f"export-{purpose}", b"", 32))

    def _open(self, body: bytes) -> ControlMessage:
        if len(body) < _SEALED_MIN_BYTES or body[0] != CONTROL_TYPE:
            raise IntegrityFailed("not a sealed control message", code="malformed")
        number, sequence = body[1], int.from_bytes(body[2:_HEADER_BYTES], "big")
        way = self._opening
        if sequence != way.next():
            raise IntegrityFailed("a control message out of order", code="out_of_order")
        bound = way.bound(sequence, number)
        return decode(number, open_message(way.aead, way.nonce(sequence), body[_HEADER_BYTES:], bound))


class _Direction:
    """Key and sequence number of one direction."""

    def __init__(self, direction: bytes, key: bytes) -> None:
        self.aead: Final = aes_256_gcm(key)
        self._direction: Final = direction
        self._next = 0

    def next(self) -> int:
        if self._next >= _MESSAGES_MAX:
            raise IntegrityFailed("too many control messages", code="limit")
        self._next += 1
        return self._next - 1

    def bound(self, sequence: int, number: int) -> bytes:
        return lp(self._direction, u64(sequence), bytes([number]))

    def nonce(self, sequence: int) -> bytes:
        return bytes(4) + u64(sequence)
