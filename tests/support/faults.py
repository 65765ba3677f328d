"""Real faults for a real server: small disks, failing system calls, and a person who notices every answer."""

from __future__ import annotations

import errno
import json
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple

from peerseal.wire import stored as wire
from peerseal.wire.api import ENDPOINTS
from support.stored_files import chunks_of, commit_of, new_file, new_version
from support.storing import Storer

MIB = 1024 * 1024
#: Preloaded, a program's system calls can be made to fail from outside (libfiu).
FIU = ("/usr/lib/fiu/fiu_run_preload.so", "/usr/lib/fiu/fiu_posix_preload.so")


class Reply(NamedTuple):
    """What a server said, the seconds it took with it."""

    status: int
    code: str
    retry: int | None
    seconds: float


def ask(
    port: int, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
) -> Reply:
    """One request on a connection of its own."""
    began = time.monotonic()
    link = HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        link.request(method, path, body, dict(headers or {}))
        answer = link.getresponse()
        said = answer.read()
        retry = answer.headers.get("Retry-After")
        problem = answer.headers.get("Content-Type", "").startswith("application/problem+json")
        code = str(json.loads(said)["code"]) if problem else ""
        return Reply(answer.status, code, None if retry is None else int(retry), time.monotonic() - began)
    finally:
        link.close()


def call(person: Storer, endpoint: str, body: object = None, /, **parts: str) -> Reply:
    """One call of the API, as `Storer.call`, with all that its answer says."""
    entry = ENDPOINTS[endpoint]
    headers = {"Authorization": f"Bearer {person.token}"}
    data = None
    if entry.takes is not None:
        headers["Content-Type"] = "application/json"
        data = json.dumps(entry.takes.write(body)).encode()
    return ask(person.port, entry.method, "/api/v1" + entry.path.format(**parts), data, headers)


def put(person: Storer, ticket: str, place: tuple[str, int], content: bytes) -> Reply:
    """A chunk up."""
    return ask(
        person.port,
        "PUT",
        f"/api/v1/chunks/{place[0]}/{place[1]}",
        content,
        {"Authorization": f"Ticket {ticket}"},
    )


class Kept(NamedTuple):
    """A file that was acknowledged, and the bytes it has."""

    id: str
    upload: str
    chunks: dict[tuple[str, int], bytes]


def store(person: Storer, content: int = 100_000, record_size: int = 4096) -> Kept:
    """Store a file; only returned once it is acknowledged."""
    wanted = new_file(version=new_version(content=content, record_size=record_size))
    chunks = {(stream, n): sealed for stream, n, sealed in chunks_of(wanted.version)}
    with closing(person.again()) as fresh:  # the server may have closed one that rested
        ticket = fresh.expect("new_file", wanted)["ticket"]
        for place, sealed in chunks.items():
            assert fresh.put(ticket, *place, sealed) == 201
        fresh.expect("commit", commit_of(wanted.version), upload=wanted.version.upload)
    return Kept(wanted.id, wanted.version.upload, chunks)


def check(person: Storer, kept: Kept) -> None:
    """It is there, byte for byte."""
    with closing(person.again()) as fresh:
        current: Any = fresh.expect("file", file=kept.id)["current"]
        assert current["upload"] == kept.upload
        ticket = fresh.expect("store_ticket", wire.AskStoreTicket("download"), upload=kept.upload)["ticket"]
        for place, content in kept.chunks.items():
            assert fresh.get(ticket, *place) == (200, content)


@contextmanager
def small_disk(at: Path, size: int) -> Iterator[Path]:
    """A disk of so many bytes (tmpfs), mounted at a new folder. Needs root."""
    at.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=0700", "tmpfs", at], check=True)
    try:
        yield at
    finally:
        subprocess.run(["umount", "-l", at], check=True)


def remount(at: Path, how: str) -> None:
    """`ro` or `rw`."""
    subprocess.run(["mount", "-o", f"remount,{how}", at], check=True)


def fill(folder: Path) -> Path:
    """Take all room that is left."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for piece in (64 * 1024, 4096, 1):
            try:
                while True:
                    file.write(bytes(piece))
            except OSError:
                continue
    return ballast


class Faulty:
    """System calls of a process to be made to fail from outside while it runs, by libfiu's names for them."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self._pipes = str(folder / "fiu")

    @property
    def environment(self) -> dict[str, str]:
        """Variables to start the process with."""
        return {"LD_PRELOAD": ":".join(FIU), "FIU_CTRL_FIFO": self._pipes}

    @contextmanager
    def failing(self, pid: int, *points: str, number: int = errno.EIO) -> Iterator[None]:
        """These calls fail with this errno, until the end."""
        for point in points:
            self._tell(pid, f"enable name={point},failinfo={number}")
        try:
            yield
        finally:
            for point in points:
                self._tell(pid, f"disable name={point}")

    def _tell(self, pid: int, command: str) -> None:
        subprocess.run(["fiu-ctrl", "-f", self._pipes, "-c", command, str(pid)], check=True, timeout=20)


def wait_until(holds: Callable[[], bool], seconds: float = 20) -> None:
    """Until it is so; a test that waits in vain fails."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)
