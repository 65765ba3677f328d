"""How a manifest stands in manifest.json, before and after it was read."""

from __future__ import annotations

from collections.abc import Mapping

from maker.basics import Json
from maker.sealed import (
    cut,
)

LARGEST = 2**53 - 1
MODIFIED = 1_790_000_000_123


def given(plaintext: bytes, content: int | None, size: int = 256) -> dict[str, Json]:
    records = cut(plaintext, min(size, 65536))
    return {"record_size": size, "records": [piece.hex() for piece in records], "content_length": content}


def out_shown(open_: bool, head_records: int, *entries: Mapping[str, Json]) -> dict[str, Json]:
    return {"open": open_, "head_records": head_records, "entries": list(entries)}


def entry_shown(
    kind: str, path: str, size: int, modified: int = 0, executable: bool = False, media: str = ""
) -> dict[str, Json]:
    return {
        "kind": kind,
        "path": path,
        "size": size,
        "modified": modified,
        "executable": executable,
        "media_type": media,
    }
