"""Heads of the versions of one stored file of Ada's."""

from peerseal.crypto_engine import sha256
from peerseal.protocol.heads import ClosingHead, OpeningHead
from support.people_with_keys import person

ID = b"i" * 16
CARD = b"a sealed card"


def opening_of(version: int, previous: bytes = b"", owner: str = "ada") -> OpeningHead:
    fingerprint = person(owner).fingerprint
    return OpeningHead(fingerprint, ID, version, previous, b"c" * 32, 512, sha256(CARD), b"h" * 32)


def closing_of(opening: OpeningHead, root: bytes = b"r" * 32) -> ClosingHead:
    return ClosingHead(opening.hash, 1, 3, b"m" * 32, root)


def chain(count: int) -> list[tuple[OpeningHead, ClosingHead]]:
    """Both heads of versions 1 to `count`, each linked to the one before."""
    heads: list[tuple[OpeningHead, ClosingHead]] = []
    for version in range(1, count + 1):
        opening = opening_of(version, heads[-1][1].hash if heads else b"")
        heads.append((opening, closing_of(opening)))
    return heads
