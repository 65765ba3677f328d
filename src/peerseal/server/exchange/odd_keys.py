"""Public keys that are none: what no honest program makes (docs/protocol.md §2, §9).

Numbers only: the server computes nothing with them. It does not refuse what people gave it before; it takes note.
"""

from __future__ import annotations

from typing import Final

#: Where they stand in a bundle: LP(Ed25519, X25519, ML-KEM key, DH14).
_X25519: Final = slice(40, 72)
_DH14: Final = slice(1264, 1520)
_P: Final = 2**255 - 19
#: The values of small order (RFC 7748 §6.1 and what is the same modulo p).
_SMALL_ORDER: Final = frozenset(
    value
    for small in (
        0,
        1,
        _P - 1,
        325606250916557431795983626356110631294008115727848805560023387167927233504,
        39382357235489614581723060781553021112529911719440698176882885853963445705823,
    )
    for value in (small, small + _P)
    if value < 2**255
)
#: All of the modulus of group 14 (RFC 3526) but its middle: what is not below it begins with these bits.
_DH14_TOP: Final = bytes([0xFF]) * 8


def is_no_key(bundle: bytes) -> bool:
    """Whether a bundle of the right length has a value in it that is no public key."""
    x25519 = int.from_bytes(bundle[_X25519], "little") & (2**255 - 1)
    dh14 = bundle[_DH14]
    return x25519 in _SMALL_ORDER or int.from_bytes(dh14, "big") < 2 or dh14[:8] == _DH14_TOP
