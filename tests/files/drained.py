"""What a source gives, whole."""

from __future__ import annotations

from peerseal.files.source import Source


def drain(source: Source, step: int = 7) -> bytes:
    buffer, content = memoryview(bytearray(step)), b""
    while n := source.fill(buffer):
        content += bytes(buffer[:n])
    return content
