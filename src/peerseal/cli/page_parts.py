"""What an HTML document makes a browser load or run: the addresses in it, and scripts and styles written into it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import islice
from typing import Final

#: Whoever sends more wants to tire the reader; that the document differs is told anyway.
_MOST: Final = 64 * 1024
_PARTS: Final = 20
_ADDRESSES: Final = frozenset(
    ("src", "href", "xlink:href", "srcset", "action", "formaction", "data", "poster", "ping", "srcdoc")
)


def beyond(document: bytes, ours: bytes) -> Iterator[str]:
    """What `document` loads or runs that `ours` does not, as sentences."""
    yield from islice(Counter(_parts(document[:_MOST])) - Counter(_parts(ours)), _PARTS)


def _parts(document: bytes) -> list[str]:
    reader = _Reader()
    reader.feed(document.decode("utf-8", "replace"))
    reader.close()
    return reader.parts


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "script" and "src" not in given:
            self.parts.append("it has a script written into it")
        if tag == "style" or "style" in given:
            self.parts.append("it has a style written into it")
        if tag == "meta" and "http-equiv" in given:
            self.parts.append(f"its <meta> says {given['http-equiv']} {given.get('content', '')}")
        for name, value in given.items():
            if name in _ADDRESSES:
                self.parts.append(f"its <{tag}> refers to {value}")
            elif name.startswith("on"):
                self.parts.append(f"its <{tag}> runs a script ({name})")
