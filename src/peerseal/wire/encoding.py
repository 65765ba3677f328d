"""Bytes as text: base64url without padding (RFC 4648 §5) and ids as lower-case hex, both read strictly."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final

from peerseal.errors import IntegrityFailed
from peerseal.wire.limits import ID_BYTES

_BASE64URL: Final = re.compile(r"[A-Za-z0-9_-]*", re.ASCII)
_ID: Final = re.compile(rf"[0-9a-f]{{{2 * ID_BYTES}}}", re.ASCII)


def base64url_encode(value: bytes | bytearray | memoryview) -> str:
    """Text of `value`, without padding."""
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode("ascii")


def base64url_decode(text: str, length: int | None = None) -> bytes:
    """Bytes of `text`, exactly `length` of them if given.

    Raises `IntegrityFailed` (`malformed`) on padding, white space, other characters, non-zero trailing bits
    or another length: every byte string has exactly one spelling.
    """
    if _BASE64URL.fullmatch(text) is None or len(text) % 4 == 1:
        raise IntegrityFailed("not base64url", code="malformed")
    try:
        value = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError) as wrong:
        raise IntegrityFailed("not base64url", code="malformed") from wrong
    if base64url_encode(value) != text:
        raise IntegrityFailed("base64url with left-over bits", code="malformed")
    if length is not None and len(value) != length:
        raise IntegrityFailed(f"{len(value)} bytes where {length} belong", code="malformed")
    return value


def is_id(text: str) -> bool:
    """Whether `text` has the form of a peer, room or request id: 32 lower-case hex digits."""
    return _ID.fullmatch(text) is not None
