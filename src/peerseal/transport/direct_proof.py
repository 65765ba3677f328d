"""How the two ends of a direct connection prove to be the two ends of one channel (docs/protocol.md §16.1).

No I/O here: bytes in, bytes out. Nothing is read beyond the proof, so what follows it belongs to the path.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from peerseal.crypto_engine import equal, hmac_sha256, lp, random_bytes
from peerseal.errors import VerificationFailed

Role: TypeAlias = Literal["initiator", "responder"]

HERE_BYTES: Final = 16
_HELLO: Final = b"peerseal direct\n"
_NONCE_BYTES: Final = 16
_CODE_BYTES: Final = 32
_STREAM_BYTES: Final = 8
_NUMBER: Final[dict[Role, int]] = {"initiator": 1, "responder": 2}
_OTHER: Final[dict[Role, Role]] = {"initiator": "responder", "responder": "initiator"}


def here(key: bytes, role: Role, machine: bytes) -> bytes:
    """What `role` says of the machine it runs on (16 B)."""
    return hmac_sha256(key, lp(b"peerseal/1 here", bytes([_NUMBER[role]]), machine))[:HERE_BYTES]


def here_of_peer(key: bytes, own: Role, machine: bytes) -> bytes:
    """What the peer of `own` would say if it ran on this machine."""
    return here(key, _OTHER[own], machine)


class Proof:
    """One side's part on one connection. `stream` names the path once `proved`."""

    def __init__(self, key: bytes, role: Role, *, connects: bool) -> None:
        """`role`: this side's in the channel. `connects`: it opened the connection."""
        self._key = key
        self._role: Final[Role] = role
        self._connects = connects
        self._nonce = random_bytes(_NONCE_BYTES)
        self._other = b""
        self._received = b""
        self.proved = False

    def __repr__(self) -> str:
        return "Proof(…)"

    @property
    def wants(self) -> int:
        """How many bytes must come before anything can be judged; 0 once proved. Read no more than these."""
        if self.proved:
            return 0
        if self._connects:
            whole = _NONCE_BYTES + _CODE_BYTES
        else:
            whole = _CODE_BYTES if self._other else len(_HELLO) + _NONCE_BYTES
        return whole - len(self._received)

    @property
    def stream(self) -> bytes:
        """The 8 bytes by which the channel names this connection."""
        nonces = self._nonces()
        return hmac_sha256(self._key, lp(b"peerseal/1 direct-stream", *nonces))[:_STREAM_BYTES]

    def start(self) -> bytes:
        """What this side says unasked."""
        return _HELLO + self._nonce if self._connects else b""

    def receive(self, content: bytes) -> bytes:
        """Take what came, at most `wants` bytes; returns what to say. Raises VerificationFailed: close without a word."""
        self._received += content
        if (
            not self._connects
            and not self._other
            and not self._received.startswith(_HELLO[: len(self._received)])
        ):
            raise _not_the_peer()
        if self.wants:
            return b""
        received, self._received = self._received, b""
        if self._connects:
            self._other = received[:_NONCE_BYTES]
            self._check(received[_NONCE_BYTES:])
            return self._code(self._role)
        if not self._other:
            self._other = received[len(_HELLO) :]
            return self._nonce + self._code(self._role)
        self._check(received)
        return b""

    def _check(self, code: bytes) -> None:
        """The other side's role is not one's own: a code that comes back proves nothing."""
        if not equal(code, self._code(_OTHER[self._role])):
            raise _not_the_peer()
        self.proved = True

    def _code(self, role: Role) -> bytes:
        return hmac_sha256(self._key, lp(b"peerseal/1 direct", bytes([_NUMBER[role]]), *self._nonces()))

    def _nonces(self) -> tuple[bytes, bytes]:
        return (self._nonce, self._other) if self._connects else (self._other, self._nonce)


def _not_the_peer() -> VerificationFailed:
    return VerificationFailed(
        "Whoever is at the other end of this connection is not the peer.", code="not_the_peer"
    )
