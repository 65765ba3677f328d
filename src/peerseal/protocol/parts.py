"""Reading LP(x₁ … xₙ) of signed statements: as many parts as there must be, and nothing behind them."""

from __future__ import annotations

from peerseal.wire.limits import INTEGER_MAX
from peerseal.wire.strict_json import malformed


def split(body: bytes, count: int) -> list[bytes]:
    """The `count` parts of `body`; `malformed` if there are more, fewer or left-over bytes."""
    parts, position = [], 0
    for _ in range(count):
        start = position + 4
        end = start + int.from_bytes(body[position:start], "big")
        if end > len(body) or start > len(body):
            raise malformed("a statement cut short")
        parts.append(body[start:end])
        position = end
    if position != len(body):
        raise malformed("a statement with left-over bytes")
    return parts


def read_number(part: bytes, length: int) -> int:
    """A big-endian number of `length` bytes, at most 2⁵³ − 1."""
    number = int.from_bytes(part, "big")
    if len(part) != length or number > INTEGER_MAX:
        raise malformed("a number of the wrong length or size")
    return number
