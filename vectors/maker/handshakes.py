"""The live handshake played from given private values (docs/protocol.md §5, §6)."""

from __future__ import annotations

from dataclasses import dataclass

from maker.agreement import (
    dh_public,
    dh_secret,
    kem_decapsulate,
    kem_encapsulate,
    kem_public,
    seeded_exponent,
    x_public,
    x_secret,
)
from maker.basics import Json, hash_of, kdf, lp, mac, seeded, u8
from maker.codes import generator


@dataclass(frozen=True)
class Initiator:
    """Private values of the side that begins."""

    dh14: bytes
    x25519: bytes
    kem_seed: bytes
    nonce: bytes


@dataclass(frozen=True)
class Responder:
    """Private values of the other side."""

    dh14: bytes
    x25519: bytes
    kem_message: bytes
    nonce: bytes


@dataclass(frozen=True)
class Session:
    """Two sides in a room, as they would be if both took `code` or `resume` (both None in words mode)."""

    room: bytes
    code: tuple[str, str] | None
    initiator: Initiator
    responder: Responder
    resume: bytes | None = None

    @property
    def mode(self) -> int:
        if self.resume is not None:
            return 3
        return 1 if self.code is None else 2

    @property
    def known(self) -> tuple[bytes, ...]:
        """What the secrets of the handshake are joined with."""
        return () if self.resume is None else (self.resume,)

    @property
    def g(self) -> int:
        return 2 if self.code is None else generator(*self.code, self.room)

    @property
    def dh_a(self) -> bytes:
        return dh_public(self.initiator.dh14, self.g)

    @property
    def dh_b(self) -> bytes:
        return dh_public(self.responder.dh14, self.g)

    @property
    def x_a(self) -> bytes:
        return x_public(self.initiator.x25519)

    @property
    def x_b(self) -> bytes:
        return x_public(self.responder.x25519)

    @property
    def ek(self) -> bytes:
        return kem_public(self.initiator.kem_seed)

    @property
    def encapsulated(self) -> tuple[bytes, bytes]:
        return kem_encapsulate(self.ek, self.responder.kem_message)

    def m1(self) -> bytes:
        return first(self.room, self.mode, self.dh_a, self.x_a, self.ek, nonce=self.initiator.nonce)

    def m2(self) -> bytes:
        return second(self.dh_b, self.x_b, self.encapsulated[0], self.responder.nonce)

    def m3(self) -> bytes:
        return third(self.initiator.nonce)

    def as_json(self) -> dict[str, Json]:
        ciphertext, secret = self.encapsulated
        return {
            "mode": self.mode,
            "room": self.room.hex(),
            "code": None if self.code is None else "-".join(self.code),
            "resume": None if self.resume is None else self.resume.hex(),
            "initiator": {
                "dh14": self.initiator.dh14.hex(),
                "x25519": self.initiator.x25519.hex(),
                "kem_seed": self.initiator.kem_seed.hex(),
                "nonce": self.initiator.nonce.hex(),
            },
            "responder": {
                "dh14": self.responder.dh14.hex(),
                "x25519": self.responder.x25519.hex(),
                "nonce": self.responder.nonce.hex(),
                "kem_message": self.responder.kem_message.hex(),
                "kem_ciphertext": ciphertext.hex(),
                "kem_secret": secret.hex(),
            },
        }


@dataclass(frozen=True)
class Keys:
    """What one side derives from its secrets and the three messages it saw."""

    ikm: bytes
    transcript: bytes

    def derive(self, label: str, length: int = 32) -> bytes:
        return kdf(self.ikm, self.transcript, label, b"", length)

    def m4(self) -> bytes:
        return u8(4) + self.confirmation("confirm-initiator")

    def m5(self) -> bytes:
        return u8(5) + self.confirmation("confirm-responder")

    def confirmation(self, label: str) -> bytes:
        return mac(self.derive(label), lp(b"peerseal/1 confirm", self.transcript))


def seeded_session(name: str, code: tuple[str, str] | None) -> Session:
    return Session(
        room=seeded(f"{name} room", 16),
        code=code,
        initiator=Initiator(
            seeded_exponent(f"{name} dh a"),
            seeded(f"{name} x a", 32),
            seeded(f"{name} kem a", 64),
            seeded(f"{name} nonce a", 32),
        ),
        responder=Responder(
            seeded_exponent(f"{name} dh b"),
            seeded(f"{name} x b", 32),
            seeded(f"{name} kem b", 32),
            seeded(f"{name} nonce b", 32),
        ),
    )


def first(
    room: bytes, mode: int, dh: bytes, x: bytes, ek: bytes, *, nonce: bytes = b"", committed: bytes = b""
) -> bytes:
    """M1, with the commitment that belongs to `nonce` or the one given."""
    commitment = committed or hash_of(lp(b"peerseal/1 hello", room, u8(mode), dh, x, ek, nonce))
    return u8(1) + lp(room, u8(mode), dh, x, ek, commitment)


def second(dh: bytes, x: bytes, ciphertext: bytes, nonce: bytes) -> bytes:
    return u8(2) + lp(dh, x, ciphertext, nonce)


def third(nonce: bytes) -> bytes:
    return u8(3) + lp(nonce)


def keys_of_initiator(session: Session, m2: bytes, dh: bytes, x: bytes, ciphertext: bytes) -> Keys:
    """What the initiator derives after an M2 that carried these three values."""
    own = session.initiator
    secrets = dh_secret(own.dh14, dh), x_secret(own.x25519, x), kem_decapsulate(own.kem_seed, ciphertext)
    ikm = lp(*secrets, *session.known)
    return Keys(ikm, hash_of(lp(b"peerseal/1 transcript", session.m1(), m2, session.m3())))


def keys_of_responder(session: Session) -> Keys:
    """What the responder derives when all three messages came through."""
    own = session.responder
    secrets = dh_secret(own.dh14, session.dh_a), x_secret(own.x25519, session.x_a), session.encapsulated[1]
    ikm = lp(*secrets, *session.known)
    return Keys(ikm, hash_of(lp(b"peerseal/1 transcript", session.m1(), session.m2(), session.m3())))


def keys_of_both(session: Session) -> Keys:
    both = keys_of_initiator(session, session.m2(), session.dh_b, session.x_b, session.encapsulated[0])
    if both != keys_of_responder(session):
        raise AssertionError("the two sides disagree")
    return both
