"""Bytes held in memory as something to send: a text, or a short standard input."""

from __future__ import annotations

from typing import Final

from peerseal.errors import UsageError
from peerseal.files.source import NO_STAMP
from peerseal.protocol.entries import Entry
from peerseal.wire.limits import MIB

TEXT_MAX_BYTES: Final = MIB
"""The longest text that is sent as one, and shown instead of saved."""


class BytesSource:
    """Bytes under one entry."""

    def __init__(self, content: bytes, entry: Entry) -> None:
        self.entries = [entry]
        self.notices: list[str] = []
        self.current = 0
        self._content = content
        self._left = memoryview(content)

    @property
    def text(self) -> str:
        """All of it as text; what is no UTF-8 shows as such."""
        return self._content.decode(errors="replace")

    def fill(self, view: memoryview) -> int:
        """See `Source.fill`."""
        n = min(len(view), len(self._left))
        view[:n] = self._left[:n]
        self._left = self._left[n:]
        return n

    def seek(self, content_offset: int) -> None:
        """See `Source.seek`."""
        self._left = memoryview(self._content)[content_offset:]

    def stamp(self) -> bytes:
        """See `Source.stamp`."""
        return NO_STAMP

    def close(self) -> None:
        """Nothing is open."""


def from_text(text: str, limit: int) -> BytesSource:
    """A text of at most `limit` bytes of UTF-8."""
    try:
        content = text.encode()
    except UnicodeEncodeError:
        raise UsageError("The text is not valid UTF-8.", code="text_encoding") from None
    if len(content) > limit:
        raise UsageError(f"The text is longer than {limit} bytes. Send it as a file.", code="text_too_long")
    entry = Entry(path="", kind="text", size=len(content), media_type="text/plain")
    return BytesSource(content, entry)
