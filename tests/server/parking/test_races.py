"""Many at once: the ledger is exact, one of each id wins, and nothing is left over. A kill at any instant keeps its word."""

import asyncio
import contextlib
import os
import random  # noqa: TID251 - repeatable, and no secret
import signal
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from pathlib import Path
from typing import TypeVar

import pytest

from peerseal.errors import PeersealError
from peerseal.server.files.sizes import BLOCK
from peerseal.server.guard.problems import HttpProblem
from support.live_server import LiveServer
from support.parks import Chunks, Plan, fetched
from support.stored_files import Desk
from support.storing import Storer

from .conftest import MINE

MANY = 100
T = TypeVar("T")


def at_once(count: int, act: Callable[[int], T]) -> list[T]:
    gate = threading.Barrier(count)

    def one(number: int) -> T:
        gate.wait(30)
        return act(number)

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(one, range(count)))


def outcome(act: Callable[[], object]) -> str:
    """What came of it, again while the server is busy."""
    for _ in range(50):
        try:
            act()
        except HttpProblem as refused:
            if refused.code != "busy":
                return refused.code
            time.sleep(0.05)
        except PeersealError as error:
            return error.code
        else:
            return ""
    return "busy"


def test_a_hundred_at_once_never_take_more_than_there_is(desk: Desk) -> None:
    plans = [Plan(content=1_000, record_size=65_536) for _ in range(MANY)]
    room = 2 * BLOCK
    guest = desk.guest()
    made = at_once(
        MANY, lambda number: outcome(lambda: desk.parking.senders.new_park(guest, plans[number].wanted))
    )
    assert Counter(made) == {"": MINE // room, "quota": MANY - MINE // room}
    won = next(number for number, said in enumerate(made) if not said)
    desk.parking.senders.end(guest, plans[won].proof, plans[won].id)
    again = Plan(content=1_000, record_size=65_536)
    assert outcome(lambda: desk.parking.senders.new_park(guest, again.wanted)) == ""


@pytest.mark.e2e
def test_a_hundred_clients_at_once_get_what_there_is_and_not_a_byte_more(tmp_path: Path) -> None:
    plans = [Plan(content=1_000 - 78 - 28, record_size=65_536) for _ in range(MANY)]
    settings = {"data": str(tmp_path / "data"), "park_total": str(4 * 21 * BLOCK)}
    with LiveServer(settings) as server:
        people = [Storer(server.port) for _ in plans]
        made = at_once(MANY, lambda number: asked(people[number], plans[number]))
        assert Counter(made) == {201: 10, 507: 90}
        with contextlib.closing(sqlite3.connect(tmp_path / "data/peerseal.db")) as database:
            assert database.execute("SELECT COUNT(*), SUM(room) FROM parks").fetchone() == (10, 20 * BLOCK)
        for person in people:
            person.close()


def asked(person: Storer, plan: Plan) -> int:
    """The status of a new park, asked for again while the server is busy."""
    for _ in range(50):
        status, _said = person.call("new_park", plan.wanted)
        if status != 503:
            return status
        time.sleep(0.1)
    return 503


def test_of_the_same_park_and_the_same_reader_there_is_one(desk: Desk) -> None:
    guest, plan = desk.guest(), Plan()
    made = at_once(12, lambda _: outcome(lambda: desk.parking.senders.new_park(guest, plan.wanted)))
    assert Counter(made) == {"": 1, "exists": 11}
    one = plan.one_more()
    added = at_once(12, lambda _: outcome(lambda: desk.parking.senders.add_reader(guest, one, plan.id)))
    assert Counter(added) == {"": 1, "exists": 11}


def test_whoever_is_done_last_ends_it_once(desk: Desk) -> None:
    guest, plan = desk.guest(), Plan(readers=12)
    up = desk.parking.senders.new_park(guest, plan.wanted).ticket
    for place, content in plan.chunks().items():
        assert desk.put(up, *place, content).status == 201
    names = list(plan.readers)

    def act(number: int) -> str:
        if number == 12:
            return outcome(lambda: desk.parking.senders.commit(guest, plan.sizes(), plan.id))
        reader = names[number]
        return outcome(lambda: desk.parking.readers.done(guest, plan.reading(reader), reader))

    assert Counter(at_once(13, act)) == {"": 13}
    assert outcome(lambda: desk.parking.senders.look(guest, plan.proof, plan.id)) == "not_found"
    desk.cleaned()
    assert desk.on_disk() == 0


def test_a_chunk_that_meets_the_end_of_its_park_leaves_nothing(desk: Desk) -> None:
    guest = desk.guest()
    for _ in range(10):
        plan = Plan()
        up, chunks = desk.parking.senders.new_park(guest, plan.wanted).ticket, plan.chunks()

        def act(number: int, plan: Plan = plan, up: str = up, chunks: Chunks = chunks) -> int:
            if number == 2:
                desk.parking.senders.end(guest, plan.proof, plan.id)
                return 204
            return desk.put(up, *list(chunks)[number], list(chunks.values())[number]).status

        assert set(at_once(3, act)) <= {201, 204, 401, 404}
    desk.cleaned()
    desk.files.sweep.run()
    assert desk.on_disk() == 0


class Worker:
    """Makes, fills, completes and ends parks until the server is gone; remembers what it was told."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self.complete: dict[str, tuple[Plan, Chunks]] = {}
        self.partly: dict[str, tuple[Plan, Chunks]] = {}
        self.ended: list[Plan] = []

    def work(self, person: Storer) -> None:
        with contextlib.suppress(OSError, HTTPException):
            while True:
                self._one(person)

    def _one(self, person: Storer) -> None:
        plan = Plan(content=self._random.randrange(4_000), first=(0, 0))
        up, chunks = person.expect("new_park", plan.wanted)["ticket"], plan.chunks()
        sent: Chunks = {}
        self.partly[plan.id] = plan, sent
        for place, content in chunks.items():
            assert person.put(up, *place, content) == 201
            sent[place] = content
        if self._random.random() < 0.3:
            self.partly.pop(plan.id)
            self.ended.append(plan)
            person.expect("end_park", plan.proof, park=plan.id)
            return
        person.expect("commit_park", plan.sizes(), park=plan.id)
        self.partly.pop(plan.id)
        self.complete[plan.id] = plan, chunks
        if len(self.complete) > 3:
            over, _ = self.complete.pop(next(iter(self.complete)))
            self.ended.append(over)
            person.expect("parked_done", over.reading(), reader=over.reader)

    def check(self, person: Storer) -> int:
        """Compare all with the server; how many complete ones were whole."""
        for plan, chunks in self.complete.values():
            assert person.expect("park", plan.proof, park=plan.id)["state"] == "complete"
            assert fetched(person, plan, chunks)
        for plan, sent in self.partly.values():
            status, _ = person.call("park", plan.proof, park=plan.id)
            if status == 200:
                assert fetched(person, plan, sent)
                person.expect("end_park", plan.proof, park=plan.id)
            else:
                assert not sent
        for plan in self.ended[:-1]:  # the last one's answer may be what was lost
            assert person.call("park", plan.proof, park=plan.id)[0] == 404
        for plan in self.ended[-1:]:
            person.call("end_park", plan.proof, park=plan.id)
        self.partly.clear()
        self.ended.clear()
        return len(self.complete)


def nothing_left_over(folder: Path) -> bool:
    """Whether storage holds nothing but what rows stand for."""
    with contextlib.closing(sqlite3.connect(folder / "peerseal.db")) as database:
        kept = {group for (group,) in database.execute("SELECT blobs FROM parks")}
    groups = {entry.name for entry in (folder / "blobs").iterdir()} - {".parts", ".server"}
    return groups <= kept and not list((folder / "blobs" / ".parts").iterdir())


@pytest.mark.e2e
def test_a_server_killed_at_any_instant_has_what_it_acknowledged(tmp_path: Path) -> None:
    folder, order, whole = tmp_path / "data", random.Random(11), 0
    workers = [Worker(seed) for seed in range(3)]
    for cycle in range(5):
        with LiveServer({"data": str(folder)}) as server:
            end = time.monotonic() + 5
            while not nothing_left_over(folder):
                assert time.monotonic() < end, "the sweep left something over"
                time.sleep(0.02)
            people = [Storer(server.port) for _ in workers]
            whole += sum(worker.check(person) for worker, person in zip(workers, people, strict=True))
            if cycle < 4:
                threads = [
                    threading.Thread(target=worker.work, args=(person,))
                    for worker, person in zip(workers, people, strict=True)
                ]
                for thread in threads:
                    thread.start()
                time.sleep(order.uniform(0.1, 0.6))
                os.kill(server.pid, signal.SIGKILL)
                for thread in threads:
                    thread.join(60)
            for person in people:
                person.close()
    assert whole > 0


def test_one_network_sends_so_many_chunks_at_once(tmp_path: Path) -> None:
    """However many parks it has: the threads that write are for all."""
    with Desk(tmp_path / "data", stall=2.0) as desk:
        guest = desk.guest()
        plans = [Plan() for _ in range(20)]
        ups = [desk.parking.senders.new_park(guest, plan.wanted).ticket for plan in plans]
        length = plans[0].wanted.content_bytes
        other = Plan()
        others = desk.parking.senders.new_park(desk.guest("198.51.100.9"), other.wanted).ticket

        async def all_at_once() -> list[int]:
            gate = asyncio.Event()
            head = [(b"content-length", str(length).encode())]

            async def slow() -> dict[str, object]:
                await gate.wait()
                return {"type": "http.request", "body": bytes(length), "more_body": False}

            asked = [
                asyncio.ensure_future(desk.asking("PUT", ticket, "content/0", head, receive=slow))
                for ticket in [*ups, others]
            ]
            await asyncio.sleep(0.3)
            gate.set()
            return [answer.status for answer in await asyncio.gather(*asked)]

        statuses = desk.run(all_at_once())
        assert Counter(statuses[:20]) == {201: 16, 429: 4}
        assert statuses[20] == 201
