"""The live handshake (protocol.md §5 and §6): five messages between two roles, then a confirmed channel.

No input, output or clock. Any failure ends it for good; the object answers nothing more.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal, NamedTuple, TypeAlias

from peerseal import crypto_engine as crypto
from peerseal.crypto_engine import Code, PseudoRandomKey, SharedSecret, lp
from peerseal.errors import IntegrityFailed, PeersealError, UsageError, VerificationFailed
from peerseal.protocol.channel import CONTROL_TYPE, Channel, Role

Mode: TypeAlias = Literal["words", "code", "resume"]
#: (ciphertext, secret) for an encapsulation key.
Encapsulate: TypeAlias = Callable[[bytes], tuple[bytes, bytes]]

ROOM_BYTES: Final = 16
_HASH_BYTES: Final = 32
_MODE_BYTE: Final[dict[Mode, bytes]] = {"words": b"\x01", "code": b"\x02", "resume": b"\x03"}
#: Lengths inside the LP of each message; its type is the position, from 1.
_LAYOUT: Final = {
    1: (
        ROOM_BYTES,
        1,
        crypto.DH_BYTES,
        crypto.X25519_BYTES,
        crypto.ML_KEM_PUBLIC_BYTES,
        _HASH_BYTES,
    ),
    2: (crypto.DH_BYTES, crypto.X25519_BYTES, crypto.ML_KEM_CIPHERTEXT_BYTES, _HASH_BYTES),
    3: (_HASH_BYTES,),
}
_CONFIRMATION_TYPES: Final = (4, 5)


class Ephemeral(NamedTuple):
    """The private values of one side of one handshake; fresh every time, given only by tests."""

    dh14: int
    x25519: bytes
    kem_seed: bytes
    nonce: bytes

    @classmethod
    def fresh(cls) -> Ephemeral:
        """New ones from the system's generator."""
        return cls(
            crypto.new_exponent(),
            crypto.random_bytes(crypto.X25519_BYTES),
            crypto.random_bytes(crypto.ML_KEM_SEED_BYTES),
            crypto.random_bytes(_HASH_BYTES),
        )

    def __repr__(self) -> str:
        return "Ephemeral(…)"


class Handshake:
    """One side of one handshake. Made by `initiator` or `responder`; feed it every message of the room."""

    def __init__(
        self,
        role: Role,
        room: bytes,
        mode: Mode,
        code: Code | None,
        *,
        resume: bytes | None,
        ephemeral: Ephemeral | None,
        encapsulate: Encapsulate,
    ) -> None:
        if len(room) != ROOM_BYTES or (code is not None) is not (mode == "code"):
            raise UsageError("a room id has 16 bytes, and a code belongs to code mode")
        if (resume is not None) is not (mode == "resume"):
            raise UsageError("a resume secret belongs to resume mode")
        if resume is not None and len(resume) != _HASH_BYTES:
            raise UsageError("a resume secret has 32 bytes")
        self.role: Final = role
        self.mode: Final = mode
        self._room: Final = room
        self._own: Final = ephemeral or Ephemeral.fresh()
        self._encapsulate: Final = encapsulate
        self._resume: Final = () if resume is None else (SharedSecret(resume),)
        generator = crypto.GENERATOR if code is None else crypto.code_generator(code, room)
        self._dh: Final = crypto.public_value(self._own.dh14, generator)
        self._x: Final = crypto.x25519_public(self._own.x25519)
        #: The type of message that must come next; 0 before `start` and after the end.
        self._awaits = 0 if role == "initiator" else 1
        self._started = role == "responder"
        self._transcript: list[bytes] = []
        self._transcript_hash = b""
        self._ikm = SharedSecret()
        self._secret = PseudoRandomKey()
        self._commitment = b""
        self._hello: tuple[bytes, bytes, bytes] = (b"", b"", b"")
        self._confirmations: dict[int, bytes] = {}
        self._channel: Channel | None = None
        #: M4 was sent and M5 did not verify (yet): in code mode, a guess is out. Stays so after a failure.
        self.awaiting_confirmation = False

    @classmethod
    def initiator(
        cls,
        room: bytes,
        mode: Mode,
        code: Code | None = None,
        *,
        resume: bytes | None = None,
        ephemeral: Ephemeral | None = None,
    ) -> Handshake:
        """The side that asked for the connection or showed the code; `start` gives its first message.

        `resume` is the secret of the first channel of the two, in resume mode (§15.2): the roles are that one's too.
        """
        kem = crypto.ml_kem_encapsulate
        return cls("initiator", room, mode, code, resume=resume, ephemeral=ephemeral, encapsulate=kem)

    @classmethod
    def responder(
        cls,
        room: bytes,
        mode: Mode,
        code: Code | None = None,
        *,
        resume: bytes | None = None,
        ephemeral: Ephemeral | None = None,
        encapsulate: Encapsulate = crypto.ml_kem_encapsulate,
    ) -> Handshake:
        """The side that accepted or typed the code; it waits. `resume` as for the initiator."""
        return cls("responder", room, mode, code, resume=resume, ephemeral=ephemeral, encapsulate=encapsulate)

    @property
    def established(self) -> bool:
        """Whether both confirmations verified, as far as this side can see."""
        return self._channel is not None

    @property
    def channel(self) -> Channel:
        """The control channel; only once established."""
        if self._channel is None:
            raise IntegrityFailed("there is no channel yet", code="out_of_order")
        return self._channel

    @property
    def transcript(self) -> bytes:
        """The 32 bytes that name this channel for both sides; only once established."""
        if self._channel is None:
            raise IntegrityFailed("there is no channel yet", code="out_of_order")
        return self._transcript_hash

    @property
    def words(self) -> tuple[str, ...]:
        """The four check words, once established in words mode; else none."""
        if not self.established or self.mode != "words":
            return ()
        return crypto.check_words(crypto.expand(self._secret, "words", b"", 8))

    def start(self) -> list[bytes]:
        """What this side says first: M1, or nothing."""
        if self._started:
            return []
        self._started = True
        kem = crypto.ml_kem_public(self._own.kem_seed)
        commitment = self._commitment_over(self._dh, self._x, kem, self._own.nonce)
        self._awaits = 2
        return [self._say(1, self._room, _MODE_BYTE[self.mode], self._dh, self._x, kem, commitment)]

    def receive(self, body: bytes) -> list[bytes]:
        """Takes one message of the peer's and gives the answers to it, in order.

        Raises `malformed`, `out_of_order`, `mode_mismatch`, `reflected`, `invalid_peer_key`,
        `commitment_mismatch` or `confirmation_failed`; then the handshake is over.
        """
        try:
            return self._take(body)
        except PeersealError:
            self._channel = None
            raise

    def _take(self, body: bytes) -> list[bytes]:
        awaited, self._awaits = self._awaits, 0
        kind = body[0] if body else 0
        if not awaited:
            raise IntegrityFailed("the handshake is over or has not begun", code="out_of_order")
        if kind not in _LAYOUT and kind not in _CONFIRMATION_TYPES and kind != CONTROL_TYPE:
            raise IntegrityFailed("not a handshake message", code="malformed")
        if kind != awaited:
            raise IntegrityFailed("a handshake message out of turn", code="out_of_order")
        if kind in _CONFIRMATION_TYPES:
            return self._on_confirmation(kind, body)
        parts = _split(body, _LAYOUT[kind])
        self._transcript.append(body)
        steps = {1: self._on_hello, 2: self._on_answer, 3: self._on_reveal}
        return steps[kind](*parts)

    def _on_hello(self, *parts: bytes) -> list[bytes]:
        room, mode, dh, x, kem, self._commitment = parts
        if room != self._room:
            raise IntegrityFailed("a handshake for another room", code="malformed")
        if mode != _MODE_BYTE[self.mode]:
            raise VerificationFailed("the other side meets in another way", code="mode_mismatch")
        dh_secret, x_secret = self._agree(dh, x)
        ciphertext, kem_secret = self._encapsulate(kem)
        self._ikm = SharedSecret(lp(dh_secret, x_secret, kem_secret, *self._resume))
        self._hello = (dh, x, kem)
        self._awaits = 3
        return [self._say(2, self._dh, self._x, ciphertext, self._own.nonce)]

    def _on_answer(self, *parts: bytes) -> list[bytes]:
        dh, x, ciphertext, nonce = parts
        if nonce == self._own.nonce:
            raise _reflected()
        dh_secret, x_secret = self._agree(dh, x)
        kem_secret = crypto.ml_kem_decapsulate(self._own.kem_seed, ciphertext)
        self._ikm = SharedSecret(lp(dh_secret, x_secret, kem_secret, *self._resume))
        reveal = self._say(3, self._own.nonce)
        self._derive()
        self._awaits = 5
        self.awaiting_confirmation = True
        return [reveal, bytes([4]) + self._confirmations[4]]

    def _on_reveal(self, *parts: bytes) -> list[bytes]:
        (nonce,) = parts
        if nonce == self._own.nonce:
            raise _reflected()
        if not crypto.equal(self._commitment_over(*self._hello, nonce), self._commitment):
            raise VerificationFailed("the other side is not what it said it was", code="commitment_mismatch")
        self._derive()
        self._awaits = 4
        return []

    def _on_confirmation(self, kind: int, body: bytes) -> list[bytes]:
        if len(body) != 1 + _HASH_BYTES:
            raise IntegrityFailed("a confirmation of the wrong length", code="malformed")
        if not crypto.equal(body[1:], self._confirmations[kind]):
            raise VerificationFailed("the two sides do not agree", code="confirmation_failed")
        self.awaiting_confirmation = False
        self._channel = Channel(self._secret, self.role)
        return [bytes([5]) + self._confirmations[5]] if kind == 4 else []

    def _agree(self, dh: bytes, x: bytes) -> tuple[bytes, bytes]:
        if dh == self._dh or x == self._x:
            raise _reflected()
        return crypto.shared_secret(self._own.dh14, dh), crypto.x25519_shared(self._own.x25519, x)

    def _derive(self) -> None:
        transcript = crypto.sha256(lp(b"peerseal/1 transcript", *self._transcript))
        self._transcript_hash = transcript
        self._secret = crypto.extract(self._ikm, transcript)
        self._ikm = SharedSecret()
        said = lp(b"peerseal/1 confirm", transcript)
        self._confirmations = {
            kind: crypto.hmac_sha256(crypto.expand(self._secret, f"confirm-{role}", b"", 32), said)
            for kind, role in ((4, "initiator"), (5, "responder"))
        }

    def _commitment_over(self, dh: bytes, x: bytes, kem: bytes, nonce: bytes) -> bytes:
        return crypto.sha256(lp(b"peerseal/1 hello", self._room, _MODE_BYTE[self.mode], dh, x, kem, nonce))

    def _say(self, kind: int, *parts: bytes) -> bytes:
        message = bytes([kind]) + lp(*parts)
        self._transcript.append(message)
        return message


def _split(body: bytes, lengths: tuple[int, ...]) -> list[bytes]:
    parts, position = [], 1
    for length in lengths:
        start = position + 4
        if body[position:start] != length.to_bytes(4, "big"):
            raise IntegrityFailed("a handshake message of the wrong form", code="malformed")
        position = start + length
        parts.append(body[start:position])
    if position != len(body):
        raise IntegrityFailed("a handshake message of the wrong length", code="malformed")
    return parts


def _reflected() -> VerificationFailed:
    return VerificationFailed("the other side sent this side's own values back", code="reflected")
