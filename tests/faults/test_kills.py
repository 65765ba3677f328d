"""A server killed at any instant: what it acknowledged is there whole, what it did not is wholly old or wholly new."""

import contextlib
import os
import random  # noqa: TID251 - repeatable, and no secret
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest

from peerseal.wire import stored as wire
from support.live_server import LiveServer
from support.stored_files import chunks_of, commit_of, new_file, new_version, next_version, share_of
from support.storing import Storer

pytestmark = pytest.mark.e2e

#: So many kills the same accounts bear.
WORK_CYCLES = 40

Chunks = dict[tuple[str, int], bytes]


class Known:
    """What one file's owner knows of it: what was acknowledged, and what may have happened besides."""

    def __init__(self, id_: str) -> None:
        self.id = id_
        self.acknowledged = 0
        self.contents: dict[str, Chunks] = {}
        self.stored: dict[str, Chunks] = {}
        self.deleting = self.deleted = False
        #: What the access list counts, and people it was acknowledged to be shared with.
        self.counter = 1
        self.shared: set[str] = set()


class Worker:
    """Uploads, updates and deletes until the server is gone; remembers what it was told."""

    def __init__(self, person: Storer, seed: int, friends: Sequence[Storer] = ()) -> None:
        self.person = person
        self.friends = friends
        self.acknowledged = 0
        self.files: list[Known] = []
        self._random = random.Random(seed)

    def work(self, person: Storer) -> None:
        with contextlib.suppress(OSError, HTTPException):
            while True:
                alive = [known for known in self.files if not known.deleting]
                act = self._random.choice(["new", "new", "update", "update", "share", "delete", "abandon"])
                if act == "new" or not alive:
                    self._upload(person, None)
                elif act == "update":
                    self._upload(person, self._random.choice(alive))
                elif act == "share":
                    self._share(person, self._random.choice(alive))
                elif act == "abandon":
                    self._abandon(person)
                else:
                    self._delete(person, self._random.choice(alive))

    def _upload(self, person: Storer, known: Known | None) -> None:
        if known is None or known.acknowledged == 0:
            wanted = new_file(version=new_version(content=self._random.randrange(4_000)))
            version = wanted.version
            known = Known(wanted.id)
            self.files.append(known)
            known.contents[version.upload] = {}
            ticket = person.expect("new_file", wanted)["ticket"]
        else:
            at = person.expect("file", file=known.id)["current"]["version"]
            update = next_version(known.id, at + 1, known.counter)
            version = update.version
            known.contents[version.upload] = {}
            ticket = person.expect("new_version", update, at, file=known.id)["ticket"]
        known.contents[version.upload] = {(stream, n): content for stream, n, content in chunks_of(version)}
        stored = known.stored[version.upload] = {}
        for place, content in known.contents[version.upload].items():
            assert person.put(ticket, *place, content) == 201
            stored[place] = content
        person.expect("commit", commit_of(version), upload=version.upload)
        del known.stored[version.upload]
        known.acknowledged = version.version
        self.acknowledged += 1

    def _share(self, person: Storer, known: Known) -> None:
        if not known.acknowledged or not self.friends:
            return
        friend = self._random.choice(self.friends).name
        upload = person.expect("file", file=known.id)["current"]["upload"]
        known.counter += 1
        person.expect("share", share_of(known.id, upload, known.counter), file=known.id, name=friend)
        known.shared.add(friend)
        self.acknowledged += 1

    def _delete(self, person: Storer, known: Known) -> None:
        known.deleting = True
        assert person.call("delete_file", file=known.id)[0] in (204, 404)
        known.deleted = True
        self.acknowledged += 1

    def _abandon(self, person: Storer) -> None:
        wanted = new_file()
        ticket = person.expect("new_file", wanted)["ticket"]
        person.put(ticket, "content", 0, os.urandom(wanted.version.content_bytes))
        person.expect("abandon", upload=wanted.version.upload)

    def check(self, person: Storer) -> int:
        """Compare all with the server; how many committed files were whole."""
        whole = 0
        for known in list(self.files):
            status, shown = person.call("file", file=known.id)
            if known.deleted:
                assert status == 404
            elif status == 404:
                assert known.deleting or known.acknowledged == 0
            else:
                whole += self._check_file(person, known, shown)
                for friend in self.friends:
                    if friend.name in known.shared:
                        assert friend.call("file", file=known.id)[0] == 200
                if known.deleting:
                    person.expect("delete_file", file=known.id)
        # What is under way is finished with; the rest is looked at again after the next kill.
        self.files = [known for known in self.files if known.acknowledged and not known.deleting][-8:]
        return whole

    @staticmethod
    def _check_file(person: Storer, known: Known, shown: Any) -> int:
        current = shown["current"]
        assert (current["version"] if current else 0) in (known.acknowledged, known.acknowledged + 1)
        for upload, stored in list(known.stored.items()):
            if current and current["upload"] == upload:
                continue  # its commit was kept, only the answer was lost
            status, ticket = person.call("store_ticket", wire.AskStoreTicket("upload"), upload=upload)
            if status == 200:
                for place, content in stored.items():
                    assert person.put(ticket["ticket"], *place, content) == 200
                person.expect("abandon", upload=upload)
        known.stored.clear()
        if not current:
            return 0
        known.acknowledged = current["version"]
        ticket = person.expect("store_ticket", wire.AskStoreTicket("download"), upload=current["upload"])[
            "ticket"
        ]
        for place, content in known.contents[current["upload"]].items():
            assert person.get(ticket, *place) == (200, content)
        return 1


def nothing_left_over(folder: Path) -> bool:
    """Whether storage holds nothing but what rows stand for, and the numbers kept are the sums."""
    database = sqlite3.connect(folder / "peerseal.db")
    try:
        kept = {group for (group,) in database.execute("SELECT blobs FROM versions WHERE kept")}
        cost = database.execute("SELECT COALESCE(SUM(bytes), 0) FROM files").fetchone()
        used = database.execute("SELECT COALESCE(SUM(used), 0) FROM users").fetchone()
    finally:
        database.close()
    groups = {entry.name for entry in (folder / "blobs").iterdir()} - {".parts", ".server"}
    return groups <= kept and cost == used and not list((folder / "blobs" / ".parts").iterdir())


def kill_again_and_again(folder: Path, cycles: int) -> tuple[int, int]:
    """Start, check, work, kill; how often a committed file was found whole, and how many changes were acknowledged."""
    order = random.Random(7)
    workers: list[Worker] = []
    retired: list[Worker] = []
    friend: Storer | None = None
    whole = 0
    for cycle in range(cycles + 1):
        with LiveServer({"data": str(folder)}) as server:
            if friend is None:
                friend = Storer.sign_up(server.port)
                workers = new_workers(server, cycle)
            swept(folder)
            with contextlib.ExitStack() as stack:
                reader = stack.enter_context(contextlib.closing(friend.again(server.port)))
                for worker in (*workers, *retired):
                    worker.friends = [reader]
                # Those before are looked at in the end: each look takes as long as they have files.
                for worker in (*workers, *(retired if cycle == cycles else ())):
                    with contextlib.closing(worker.person.again(server.port)) as person:
                        whole += worker.check(person)
                if cycle == cycles:
                    break
                if cycle and cycle % WORK_CYCLES == 0:
                    # Uploads a kill ended count as under way for a day, and an account may have so many and no more.
                    retired += workers
                    workers = new_workers(server, cycle)
                    for worker in workers:
                        worker.friends = [reader]
                people = [
                    stack.enter_context(contextlib.closing(worker.person.again(server.port)))
                    for worker in workers
                ]
                kill_at_work(server, workers, people, order.uniform(0.01, 1.0))
    for one in (*(worker.person for worker in (*workers, *retired)), friend):
        if one is not None:
            one.close()
    return whole, sum(worker.acknowledged for worker in (*workers, *retired))


def swept(folder: Path) -> None:
    """Wait until the server removed what the kill left over."""
    end = time.monotonic() + 5
    while not nothing_left_over(folder):
        assert time.monotonic() < end, "the sweep left something over"
        time.sleep(0.02)


def new_workers(server: LiveServer, seed: int) -> list[Worker]:
    """Three accounts, each of which works in its own way."""
    return [Worker(Storer.sign_up(server.port), seed + n) for n in range(3)]


def kill_at_work(
    server: LiveServer, workers: Sequence[Worker], people: Sequence[Storer], seconds: float
) -> None:
    """Let them work so long, then kill the server under them."""
    threads = [
        threading.Thread(target=worker.work, args=(person,))
        for worker, person in zip(workers, people, strict=True)
    ]
    for thread in threads:
        thread.start()
    time.sleep(seconds)
    os.kill(server.pid, signal.SIGKILL)
    for thread in threads:
        thread.join(60)


def test_a_few_kills(tmp_path: Path) -> None:
    whole, acknowledged = kill_again_and_again(tmp_path / "data", 5)
    assert whole > 0
    assert acknowledged > 0


@pytest.mark.slow
@pytest.mark.timeout(24 * 3600)
def test_many_kills(tmp_path: Path, tell: Callable[[str], None]) -> None:
    cycles = int(os.environ.get("KILLS", "300"))
    began = time.monotonic()
    whole, acknowledged = kill_again_and_again(tmp_path / "data", cycles)
    tell(f"{cycles} kills in {time.monotonic() - began:.0f} s: {acknowledged} changes acknowledged, 0 lost; ")
    tell(f"files found whole, byte for byte: {whole}")
    assert whole > cycles // 2
