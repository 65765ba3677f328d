"""The generator of code mode (docs/protocol.md §6)."""

from __future__ import annotations

from maker.agreement import P
from maker.basics import kdf


def generator(nameplate: str, secret: str, room: bytes) -> int:
    """G of code mode (§6)."""
    s = kdf(secret.encode("ascii"), nameplate.encode("ascii"), "code-generator", room, 272)
    return pow(int.from_bytes(s, "big") % P, 2, P)
