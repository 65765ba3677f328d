"""The sessions of handshake.json, and one side of one of them fed with messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from maker.agreement import dh_public, seeded_exponent, x_public
from maker.basics import seeded, u8, u64
from maker.handshakes import (
    Keys,
    Session,
    seeded_session,
)

WORDS = seeded_session("words", None)
CODE = seeded_session("code", ("7", "harbor-velvet"))
WRONG = replace(CODE, code=("7", "harbor-velour"))
RESUME = replace(seeded_session("resume", None), resume=seeded("resume secret", 32))
STRANGER = replace(RESUME, resume=seeded("another resume secret", 32))
OTHER_DH = dh_public(seeded_exponent("handshake other dh"))
OTHER_X = x_public(seeded("handshake other x", 32))
CONTROL = u8(16) + u8(8) + u64(0) + seeded("handshake control", 30)
ONE_X = (1).to_bytes(32, "little")


@dataclass(frozen=True)
class Run:
    """A session played to its end without fault."""

    session: Session
    keys: Keys

    @property
    def m1(self) -> bytes:
        return self.session.m1()

    @property
    def m2(self) -> bytes:
        return self.session.m2()

    @property
    def m3(self) -> bytes:
        return self.session.m3()

    @property
    def m4(self) -> bytes:
        return self.keys.m4()

    @property
    def m5(self) -> bytes:
        return self.keys.m5()


@dataclass(frozen=True)
class Play:
    """One side fed with messages: how the last one ends, and what this side sent by then."""

    id: str
    why: str
    receive: Sequence[bytes]
    sent: Sequence[bytes]
    expect: str = "ok"
    session: str = "words"
    established: bool = False
