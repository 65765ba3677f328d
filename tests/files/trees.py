"""Any tree of files and folders: as entries, as content, on the disk."""

from __future__ import annotations

import os
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from peerseal.protocol.entries import Entry

few = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

#: Paths in the order of a scan: some share folders, some are empty folders, and sizes include nothing.
trees = st.lists(
    st.one_of(st.integers(0, 40), st.none()), min_size=1, max_size=12
)  # a size, or None for an empty folder


def entries_of(sizes: list[int | None]) -> list[Entry]:
    entries: list[Entry] = []
    for number, size in enumerate(sizes):
        path = f"top/d{number // 3}/{number:02}"
        if size is None:
            entries.append(Entry("directory", path, 0, modified=1_000))
        else:
            entries.append(
                Entry("file", path, size, modified=1_600_000_000_000 + number, executable=number % 2 == 1)
            )
    return entries


def content_of(entries: list[Entry]) -> bytes:
    return os.urandom(sum(entry.size or 0 for entry in entries))


def on_disk(folder: Path, entries: list[Entry], content: bytes) -> None:
    start = 0
    for entry in entries:
        place = folder / entry.path
        if entry.kind == "directory":
            place.mkdir(parents=True)
        else:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content[start : start + (entry.size or 0)])
            start += entry.size or 0
