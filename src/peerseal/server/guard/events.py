"""The file of events: one JSON object a line, chained by hashes, written by a thread of its own (docs/guard.md §6).

A disk that is full, slow or gone costs events, never a request: what cannot be written is counted.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import queue
import secrets
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, TypeAlias

FILE_NAME: Final = "guard.ndjson"
EARLIER_NAME: Final = "guard.ndjson.1"
FILE_MAX_BYTES: Final = 16 * 2**20
_QUEUE_MAX: Final = 2000
_LATEST_MAX: Final = 2000
_TAIL_BYTES: Final = 2**20
#: What the first event of all follows.
FIRST: Final = "0" * 64

#: One event, as it stands in a line.
Line: TypeAlias = dict[str, Any]


class EventLog:
    """Appends events to `guard.ndjson` of a folder, and remembers the latest."""

    def __init__(self, folder: Path, most: int = FILE_MAX_BYTES) -> None:
        self._path = folder / FILE_NAME
        self._earlier = folder / EARLIER_NAME
        self._most = most
        self._queue: queue.Queue[Line | None] = queue.Queue(_QUEUE_MAX)
        self._head = (0, FIRST)
        self._begins: list[int | None] = [None, None]  # the first of either file: the earlier one, and this
        self._latest: deque[Line] = deque(maxlen=_LATEST_MAX)
        self._reading = threading.Lock()
        #: Events that could not be written.
        self.lost = 0
        with contextlib.suppress(OSError):
            self._take_up()
        self._thread = threading.Thread(target=self._run, name="guard events", daemon=True)
        self._thread.start()

    def add(self, event: Line) -> None:
        """Write it soon; returns at once. `event` has everything but `v`, `id`, `seq`, `prev`, `hash`."""
        try:
            self._queue.put_nowait(event)
        except queue.Full:
            self.lost += 1

    def latest(self, before: int | None, limit: int) -> list[Line]:
        """The latest with a number (`seq`) below `before`, newest first."""
        with self._reading:
            newest_first = reversed(tuple(self._latest))
        found = (line for line in newest_first if before is None or line["seq"] < before)
        return [line for line, _ in zip(found, range(limit), strict=False)]

    @property
    def head(self) -> tuple[int, str]:
        """The number of the last event written, and its hash."""
        return self._head

    @property
    def first(self) -> int | None:
        """The number of the first event that is still there, None if there is none."""
        return next((begin for begin in self._begins if begin is not None), None)

    def hashes(self) -> dict[int, str]:
        """Those of the latest events, by their numbers."""
        with self._reading:
            return {line["seq"]: line["hash"] for line in self._latest}

    def resume_after(self, seq: int, digest: str) -> None:
        """What is written next follows this one, which is gone: no number is given twice. Before anything is added."""
        self._head = (max(seq, self._head[0]), digest)

    def sync(self) -> None:
        """What was written so far is on the disk itself."""
        with contextlib.suppress(OSError):
            made = os.open(self._path, os.O_RDONLY)
            try:
                os.fsync(made)
            finally:
                os.close(made)

    def settle(self, seconds: float = 5.0) -> None:
        """Wait until everything added so far is written."""
        done = threading.Event()
        with contextlib.suppress(queue.Full):
            self._queue.put({"": done}, timeout=seconds)
            done.wait(seconds)

    def close(self) -> None:
        """Write what waits and stop."""
        with contextlib.suppress(queue.Full):
            self._queue.put(None, timeout=1)
        self._thread.join(5)

    def _run(self) -> None:
        while (event := self._queue.get()) is not None:
            if "" in event:
                event[""].set()
                continue
            line = self._sealed(event)
            try:
                self._append(written(line) + b"\n", line["seq"])
            except OSError:
                self.lost += 1
                continue
            self._head = (line["seq"], line["hash"])
            with self._reading:
                self._latest.append(line)

    def _sealed(self, event: Line) -> Line:
        head = {"v": 1, "ts": event["ts"], "id": secrets.token_hex(16)}
        seq, prev = self._head
        line = {**head, "seq": seq + 1, "prev": prev, **event}
        return {**line, "hash": line_hash(line)}

    def _append(self, octets: bytes, seq: int) -> None:
        with contextlib.suppress(FileNotFoundError):
            if self._path.stat().st_size + len(octets) > self._most:
                self._path.replace(self._earlier)
                self._begins = [self._begins[1], None]
        made = os.open(self._path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
        try:
            size = os.fstat(made).st_size
            written = 0
            try:
                while written < len(octets):
                    written += os.write(made, octets[written:])
            except OSError:
                os.ftruncate(made, size)  # half a line would break the chain for its readers
                raise
            if self._begins[1] is None:
                self._begins[1] = seq
        finally:
            os.close(made)

    def _take_up(self) -> None:
        """Go on where the server before this one stopped; half a line, if it was killed in one, is cut off."""
        self._begins = [_first_of(path) for path in (self._earlier, self._path)]
        for path in (self._earlier, self._path):
            for line in _tail(path):
                self._head = (line["seq"], line["hash"])
                self._latest.append(line)


def line_hash(line: Line) -> str:
    """SHA-256 of a line without its `hash`, in hexadecimal."""
    return hashlib.sha256(_text({k: v for k, v in line.items() if k != "hash"}).encode()).hexdigest()


def broken_at(lines: Iterable[str]) -> int | None:
    """The number (from 0) of the first line that does not continue the chain; None if it is whole."""
    prev: str | None = None
    for number, text in enumerate(lines):
        try:
            line = json.loads(text)
            good = line["hash"] == line_hash(line) and prev in (None, line["prev"])
            prev = line["hash"]
        except (ValueError, TypeError, KeyError):
            return number
        if not good:
            return number
    return None


def written(line: Line) -> bytes:
    """A line as it is written, without its end."""
    return _text(line).encode()


def _first_of(path: Path) -> int | None:
    """The number of the first event of a file."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError), path.open("rb") as file:
        seq = json.loads(file.readline(_TAIL_BYTES))["seq"]
        return seq if isinstance(seq, int) else None
    return None


def _text(line: Line) -> str:
    return json.dumps(line, ensure_ascii=False, separators=(",", ":"))


def _tail(path: Path) -> Iterator[Line]:
    if not path.exists():
        return
    with path.open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        start = max(0, size - _TAIL_BYTES)
        file.seek(start)
        octets = file.read()
        whole, _, half = octets.rpartition(b"\n")
        if half:
            file.truncate(size - len(half))
    for text in whole.split(b"\n")[int(start > 0) :]:
        with contextlib.suppress(ValueError, KeyError, TypeError):
            line = json.loads(text)
            if line["hash"] == line_hash(line) and isinstance(line["seq"], int):
                yield line
