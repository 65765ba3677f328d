"""How the two ends of a direct connection prove to be the two ends of one channel (docs/protocol.md §16.1).

No I/O here: bytes in, bytes out. Nothing is read beyond the proof, so what follows it belongs to the path.
"""

from __future__ import annotations

from typing import Final

from peerseal.crypto_engine import (
    DIRECT_GREETING,
    DIRECT_NONCE_BYTES,
    DIRECT_PROOF_BYTES,
    ChannelRole,
    DirectKey,
    direct_proof,
    direct_stream,
    equal,
    random_bytes,
)
from peerseal.errors import VerificationFailed

OTHER: Final[dict[ChannelRole, ChannelRole]] = {"initiator": "responder", "responder": "initiator"}


class Proof:
    """One side's part on one connection. `stream` names the path once `proved`."""

    def __init__(self, key: DirectKey, role: ChannelRole, *, connects: bool) -> None:
        """`role`: this side's in the channel. `connects`: it opened the connection."""
        self._key = key
        self._role: Final[ChannelRole] = role
        self._connects = connects
        self._nonce = random_bytes(DIRECT_NONCE_BYTES)
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
            whole = DIRECT_NONCE_BYTES + DIRECT_PROOF_BYTES
        else:
            whole = DIRECT_PROOF_BYTES if self._other else len(DIRECT_GREETING) + DIRECT_NONCE_BYTES
        return whole - len(self._received)

    @property
    def stream(self) -> bytes:
        """The 8 bytes by which the channel names this connection."""
        return direct_stream(self._key, *self._nonces())

    def start(self) -> bytes:
        """What this side says unasked."""
        return DIRECT_GREETING + self._nonce if self._connects else b""

    def receive(self, content: bytes) -> bytes:
        """Take what came, at most `wants` bytes; returns what to say. Raises VerificationFailed: close without a word."""
        self._received += content
        if (
            not self._connects
            and not self._other
            and not self._received.startswith(DIRECT_GREETING[: len(self._received)])
        ):
            raise _not_the_peer()
        if self.wants:
            return b""
        received, self._received = self._received, b""
        if self._connects:
            self._other = received[:DIRECT_NONCE_BYTES]
            self._check(received[DIRECT_NONCE_BYTES:])
            return self._code(self._role)
        if not self._other:
            self._other = received[len(DIRECT_GREETING) :]
            return self._nonce + self._code(self._role)
        self._check(received)
        return b""

    def _check(self, code: bytes) -> None:
        """The other side's role is not one's own: a code that comes back proves nothing."""
        if not equal(code, self._code(OTHER[self._role])):
            raise _not_the_peer()
        self.proved = True

    def _code(self, role: ChannelRole) -> bytes:
        return direct_proof(self._key, role, *self._nonces())

    def _nonces(self) -> tuple[bytes, bytes]:
        return (self._nonce, self._other) if self._connects else (self._other, self._nonce)


def _not_the_peer() -> VerificationFailed:
    return VerificationFailed(
        "Whoever is at the other end of this connection is not the peer.", code="not_the_peer"
    )
