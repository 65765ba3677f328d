"""Ed25519 spelled out (RFC 8032 §5.1), so that signatures nobody honest makes can be made."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from maker.basics import seeded

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT_OF_MINUS_1 = pow(2, (P - 1) // 4, P)


class Point(NamedTuple):
    """A point of the curve in affine coordinates."""

    x: int
    y: int

    def __add__(self, other: tuple[int, ...]) -> Point:  # type: ignore[override]  # a point is no list
        x, y = other
        both = D * self.x * x * self.y * y
        return Point(
            (self.x * y + x * self.y) * pow(1 + both, -1, P) % P,
            (self.y * y + self.x * x) * pow(1 - both, -1, P) % P,
        )

    def times(self, n: int) -> Point:
        result, double = NEUTRAL, self
        while n:
            if n & 1:
                result += double
            double += double
            n >>= 1
        return result

    def encoded(self) -> bytes:
        return spelled(self.y, self.x & 1)


NEUTRAL = Point(0, 1)


def spelled(y: int, sign: int) -> bytes:
    """32 bytes that say this y and this sign of x, whether or not that is how RFC 8032 would write it."""
    return (y | sign << 255).to_bytes(32, "little")


def x_of(y: int) -> int | None:
    """The even x beside this y, None if there is no such point."""
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    for root in (x, x * ROOT_OF_MINUS_1 % P):
        if root * root % P == square:
            return root if root % 2 == 0 else P - root
    return None


BASE = Point(x_of(4 * pow(5, -1, P) % P) or 0, 4 * pow(5, -1, P) % P)


def order_8() -> Point:
    """A point of order 8."""
    for y in range(2, 100):
        x = x_of(y)
        if x is not None:
            torsion = Point(x, y).times(L)
            if torsion.times(4) != NEUTRAL:
                return torsion
    raise AssertionError("no such point")


def small_points() -> list[Point]:
    """All eight points of small order, sorted by their encoding."""
    one = order_8()
    return sorted((one.times(n) for n in range(8)), key=Point.encoded)


def scalar_of(seed: bytes) -> int:
    """The private scalar of RFC 8032 §5.1.5."""
    raw = int.from_bytes(hashlib.sha512(seed).digest()[:32], "little")
    return (raw & ((1 << 254) - 8)) | (1 << 254)


def public_of(seed: bytes) -> bytes:
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    assert public == BASE.times(scalar_of(seed)).encoded(), "two ways to a public key disagree"
    return public


def sign(seed: bytes, message: bytes) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(seed).sign(message)


def challenge(r: bytes, public: bytes, message: bytes) -> int:
    return int.from_bytes(hashlib.sha512(r + public + message).digest(), "little")


def forced(a: int, public: bytes, r: int, r_spelled: bytes, message: bytes) -> bytes:
    """R as spelled and the S that fits the scalars a and r, whatever `public` and `r_spelled` add to them."""
    s = (r + challenge(r_spelled, public, message) * a) % L
    return r_spelled + s.to_bytes(32, "little")


def nonces(name: str) -> Iterator[int]:
    """Scalars to sign with, the same every time."""
    for n in range(1000):
        yield int.from_bytes(seeded(f"{name} nonce {n}", 64), "little") % L
