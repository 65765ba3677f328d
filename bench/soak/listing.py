"""Lists of 100,000 files: pages of 200 from the first to the last, and arguments that make no sense."""

from __future__ import annotations

import sqlite3
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.soak.figures import Figure, at_most, percentile
from bench.soak.server import Server
from support.stored_files import commit_of, new_file, new_version  # found by bench.soak.server
from support.storing import Storer


def run(*, small: bool) -> list[Figure]:
    count = 2000 if small else 100_000
    with tempfile.TemporaryDirectory(prefix="peerseal-listing-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        with Server(home=home) as server:
            person = Storer.sign_up(server.port)
            wanted = new_file(version=new_version(content=1))
            person.fill(person.expect("new_file", wanted)["ticket"], wanted.version)
            person.expect("commit", commit_of(wanted.version), upload=wanted.version.upload)
            person.close()
        _multiply(home / "data" / "peerseal.db", count - 1)
        with Server(home=home) as server:
            person = person.again(server.port)
            seen, taken, largest = _pages(person)
            refused = [
                person.raw(
                    "GET", f"/api/v1/files?{query}", None, {"Authorization": f"Bearer {person.token}"}
                )[0]
                for query in (
                    "limit=201",
                    "limit=-1",
                    "limit=1e9",
                    "cursor=x",
                    "sort=name",
                    "offset=99999",
                    "cursor=",
                )
            ]
            person.close()
    return [
        Figure("files", count, ""),
        at_most("missing or twice in the pages", abs(count - seen), "", 0),
        at_most("largest page", largest, "files", 200),
        at_most("a page, p99", 1000 * percentile(taken, 0.99), "ms", 200),
        Figure("the last ten pages, median", 1000 * percentile(taken[-10:], 0.5), "ms"),
        at_most("odd arguments that were not refused", sum(status != 400 for status in refused), "", 0),
    ]


def _pages(person: Storer) -> tuple[int, list[float], int]:
    ids: set[str] = set()
    taken: list[float] = []
    largest = total = 0
    cursor: str | None = ""
    while cursor is not None and len(taken) < 10_000:
        query = "limit=200" + (f"&cursor={cursor}" if cursor else "")
        begun = time.perf_counter()
        status, body = person.raw(
            "GET", f"/api/v1/files?{query}", None, {"Authorization": f"Bearer {person.token}"}
        )
        taken.append(time.perf_counter() - begun)
        import json

        said: Any = json.loads(body)
        assert status == 200, said
        ids |= {one["id"] for one in said["files"]}
        total += len(said["files"])
        largest = max(largest, len(said["files"]))
        cursor = said["next"]
    return (len(ids) if len(ids) == total else -1), taken, largest


def _multiply(path: Path, times: int) -> None:
    """So many copies of the one file there is, with ids of their own; they have no chunks, which no list looks at."""
    database = sqlite3.connect(path)
    database.execute(
        "CREATE TEMP TABLE n AS WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c "
        "WHERE i < ?) SELECT i FROM c",
        (times,),
    )
    unique = {"id", "upload", "blobs"}
    for table, moved in (
        ("files", "number"),
        ("versions", "number"),
        ("file_readers", ""),
        ("version_wraps", ""),
    ):
        columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
        made = []
        for column in columns:
            if column == moved or column in ("file_number", "version_number"):
                made.append(f"t.{column} + n.i")
            elif column in unique:
                made.append("lower(hex(randomblob(16)))")
            elif column == "changed":
                made.append("t.changed - n.i")
            else:
                made.append(f"t.{column}")
        database.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(made)} FROM {table} t, n "  # noqa: S608 - own names
            f"WHERE t.rowid = (SELECT min(rowid) FROM {table})"
        )
    database.commit()
    database.close()
