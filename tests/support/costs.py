"""What stored files cost their owners, added up the long way from the server's rows (docs/api.md §4)."""

import sqlite3
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

BLOCK, ROW, CLOSING = 4096, 256, 512


class Cost(NamedTuple):
    """Of one account: what it counts for, and sealed bytes of what is kept or reserved."""

    counted: int
    sealed: int


def costs(database: Path) -> dict[str, Cost]:
    """By account."""
    rows = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        return _costs(rows)
    finally:
        rows.close()


def _costs(rows: sqlite3.Connection) -> dict[str, Cost]:
    counted: dict[int, int] = defaultdict(int)
    sealed: dict[int, int] = defaultdict(int)
    owners = dict[int, int]()
    for number, owner, access in rows.execute("SELECT number, owner_id, access FROM files"):
        owners[number] = owner
        counted[owner] += BLOCK + len(access)
    versions = dict[int, int]()
    asked = "number, file_number, opening, closing, card, kept, record_size, manifest_bytes, content_bytes"
    for row in rows.execute(f"SELECT {asked} FROM versions"):  # noqa: S608 - names of columns
        number, file, opening, closing, card, kept, record, manifest, content = row
        owner = versions[number] = owners[file]
        counted[owner] += BLOCK + len(opening) + len(card) + (CLOSING if closing is None else len(closing))
        if kept:
            counted[owner] += chunks(manifest, min(record, 65_536)) + chunks(content, record)
            sealed[owner] += manifest + content
    for table in ("version_wraps", "link_wraps"):
        for number, wrap in rows.execute(f"SELECT version_number, wrap FROM {table}"):  # noqa: S608 - a table
            counted[versions[number]] += ROW + len(wrap)
    for table in ("file_readers", "links"):
        for (file,) in rows.execute(f"SELECT file_number FROM {table}"):  # noqa: S608 - a table
            counted[owners[file]] += ROW
    return {
        name: Cost(counted[number], sealed[number])
        for number, name in rows.execute("SELECT id, user FROM users")
    }


def chunks(size: int, record_size: int) -> int:
    """The chunks of a stream, each at least a block."""
    chunk = 16 * (record_size + 28)
    return sum(max(BLOCK, min(chunk, size - at)) for at in range(0, size, chunk))
