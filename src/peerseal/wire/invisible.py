"""Code points no font shows: refused in account names (docs/protocol.md §10), written out wherever text is shown."""

from __future__ import annotations

from typing import Final

_RANGES: Final = (
    *((0x00AD, 0x00AD), (0x034F, 0x034F), (0x061C, 0x061C), (0x115F, 0x1160), (0x17B4, 0x17B5)),
    *((0x180B, 0x180F), (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164)),
    *((0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3)),
    *((0x1D173, 0x1D17A), (0xE0000, 0xE0FFF)),
)


def is_invisible(character: str) -> bool:
    """Whether this one character is of the fixed list of §10, whatever Unicode version this Python knows."""
    point = ord(character)
    return any(first <= point <= last for first, last in _RANGES)
