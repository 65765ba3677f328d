"""Who waits for chunks of a park costs the others nothing: only its own chunk wakes it, and only so many may wait."""

import asyncio
import os
from collections.abc import Callable

import pytest

from peerseal.server.accounts.asking import Guest
from peerseal.server.files import chunks
from peerseal.server.files.chunks import PER_TICKET
from support.parks import Plan
from support.stored_files import Answer, Desk

CHUNK = 16 * 92


def counted(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How often the database has been asked for a place."""
    asked: list[None] = []
    place = desk.chunks._rights.place

    def counting(*given: object) -> object:
        asked.append(None)
        return place(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(desk.chunks._rights, "place", counting)
    return lambda: len(asked)


def test_a_chunk_wakes_those_who_wait_for_it_and_nobody_else(
    desk: Desk, guest: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = Plan(content=16 * 64 * 40)
    up = desk.parking.senders.new_park(guest, plan.wanted).ticket
    down = desk.parking.readers.ticket(guest, plan.reading(), plan.reader).ticket
    places = counted(desk, monkeypatch)
    desk.chunks._wait = 30
    content = os.urandom(CHUNK)

    async def all_of_it() -> tuple[int, Answer]:
        waiting = [asyncio.ensure_future(desk.asking("GET", down, f"content/{n}")) for n in range(20, 28)]
        await asyncio.sleep(0.3)
        before = places()
        length = [(b"content-length", str(CHUNK).encode())]
        for n in range(10):
            put = await desk.asking("PUT", up, f"content/{n}", length, content)
            assert put.status == 201
        more = places() - before
        await desk.asking("PUT", up, "content/24", length, content)
        got = await asyncio.wait_for(waiting[4], 10)
        assert not any(one.done() for one in waiting if one is not waiting[4])
        await asyncio.to_thread(desk.parking.senders.end, guest, plan.proof, plan.id)
        assert {one.status for one in await asyncio.gather(*waiting)} <= {200, 401, 404}
        return more, got

    more, got = desk.run(all_of_it())
    assert (got.status, got.body) == (200, content)
    assert more == 10, "one look for each PUT, none for those who wait for other chunks"


def test_one_network_waits_for_so_many_chunks_by_whatever_tickets(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    most = PER_TICKET + 2
    monkeypatch.setattr(chunks, "WAITING_PER_SOURCE", most)
    desk.chunks._wait = 30
    one, other = desk.guest("192.0.2.1"), desk.guest("192.0.2.2")
    plan = Plan(content=16 * 64 * 40)
    up = desk.parking.senders.new_park(one, plan.wanted).ticket
    content = os.urandom(CHUNK)
    assert desk.put(up, "content", 39, content).status == 201

    def ticket(guest: Guest) -> str:
        return desk.parking.readers.ticket(guest, plan.reading(), plan.reader).ticket

    first, second, third = ticket(one), ticket(one), ticket(other)

    async def all_of_it() -> None:
        waiting = [
            asyncio.ensure_future(desk.asking("GET", first, f"content/{n}")) for n in range(PER_TICKET)
        ]
        waiting += [asyncio.ensure_future(desk.asking("GET", second, f"content/{n}")) for n in (0, 1)]
        await asyncio.sleep(0.3)
        assert (await desk.asking("GET", second, "content/2")).status == 429
        assert (await desk.asking("GET", second, "content/39")).body == content, "what is there is given"
        waiting.append(asyncio.ensure_future(desk.asking("GET", third, "content/2")))
        await asyncio.sleep(0.3)
        assert not any(one.done() for one in waiting)
        await asyncio.to_thread(desk.parking.senders.end, one, plan.proof, plan.id)
        await asyncio.gather(*waiting)

    desk.run(all_of_it())
