"""The sums of a folder's blobs: one short line for each in `.sums` beside them, appended when the blob is there.

A line is `name crc32` and a check of its own, so that half a line, or one that rotted, is no line. It is not forced
to the disk: a power cut may take it, and the next scrub notes the sum it finds.
"""

from __future__ import annotations

import contextlib
import os
import zlib
from pathlib import Path
from typing import Final

SUMS: Final = ".sums"


def note(root: Path, name: str, value: int) -> None:
    """Append the CRC-32 of the blob `group/rest` below `root`. Never fails: a sum is a help, not a promise."""
    group, _, rest = name.partition("/")
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
    with contextlib.suppress(OSError):
        file = os.open(root / group / SUMS, flags, 0o600)
        try:
            # One write: lines of several writers do not mix.
            os.write(file, _line(rest, value))
        finally:
            os.close(file)


def read(folder: Path) -> dict[str, int]:
    """Name → CRC-32 of what is noted in a group's folder; the latest line of a name counts."""
    found: dict[str, int] = {}
    try:
        text = (folder / SUMS).read_bytes()
    except FileNotFoundError:
        return found
    for line in text.split(b"\n"):
        parts = line.split(b" ")
        if len(parts) != 3:
            continue
        with contextlib.suppress(ValueError):  # not what `note` wrote
            name, value = parts[0].decode("ascii"), int(parts[1], 16)
            if line + b"\n" == _line(name, value):
                found[name] = value
    return found


def _line(name: str, value: int) -> bytes:
    said = f"{name} {value:08x}".encode("ascii")
    return b"%b %08x\n" % (said, zlib.crc32(said))
