"""2,000 connections that never finish their head, at 1,024 descriptors; then slow bodies and slow readers."""

from __future__ import annotations

import asyncio

from bench.soak.figures import Figure, at_most, percentile
from bench.soak.raw import Pair, closed_after, head
from bench.soak.server import Control, Server
from support.stored_files import commit_of, new_file, new_version  # found by bench.soak.server
from support.storing import Storer

PATIENCE = 60


def run(*, small: bool) -> list[Figure]:
    count = 200 if small else 2000
    figures: list[Figure] = []
    with Server({"guard": "enforce"}, nofile=256 if small else 1024) as server:
        ticket = _big_chunk(server.port)
        for what, one in (("heads", _slow_head), ("bodies", _slow_body), ("readers", _slow_reader)):
            with Control(server.port) as control:
                ends = asyncio.run(_many(server.port, count, one, ticket))
            cut = [seconds for seconds in ends if seconds is not None and seconds >= 0]
            figures += [
                Figure(f"slow {what}", count, "connections"),
                Figure("… that got in", sum(seconds is None or seconds >= 0 for seconds in ends), ""),
                at_most(f"slow {what}: never cut", sum(seconds is None for seconds in ends), "", 0),
                at_most(
                    f"slow {what}: cut after, p99", percentile(cut, 0.99), "s", {"heads": 15}.get(what, 45)
                ),
                at_most(
                    f"slow {what}: somebody signed in, p99",
                    1000 * percentile(control.seconds, 0.99),
                    "ms",
                    250,
                ),
                at_most(f"slow {what}: not answered", control.failed, "", 0),
            ]
    return figures


def _big_chunk(port: int) -> str:
    """A download ticket of a chunk larger than any socket's buffers."""
    from peerseal.wire import stored as s

    person = Storer.sign_up(port)
    wanted = new_file(version=new_version(content=16 * 2**20 // 2, record_size=524_288))
    person.fill(person.expect("new_file", wanted)["ticket"], wanted.version)
    person.expect("commit", commit_of(wanted.version), upload=wanted.version.upload)
    asked = s.AskStoreTicket("download")
    ticket = person.expect("store_ticket", asked, upload=wanted.version.upload)["ticket"]
    person.close()
    return str(ticket)


async def _many(port: int, count: int, one, ticket: str) -> list[float | None]:  # type: ignore[no-untyped-def] # noqa: ANN001 - any of the three
    """How long each lived: None if it was never cut, −1 if it did not get in."""
    ends: list[float | None] = await asyncio.gather(*(one(port, number, ticket) for number in range(count)))
    return ends


async def _in(port: int, number: int) -> Pair | None:
    source = f"127.{100 + number % 50}.{number // 50 % 250}.1"
    try:
        async with asyncio.timeout(PATIENCE):
            return await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0))
    except (OSError, TimeoutError):
        return None


async def _slow_head(port: int, number: int, _: str) -> float | None:
    pair = await _in(port, number)
    if pair is None:
        return -1.0
    pair[1].write(b"GET / HTTP/1.1\r\nHost: local")
    return await _end(pair, b"h")


async def _slow_body(port: int, number: int, _: str) -> float | None:
    pair = await _in(port, number)
    if pair is None:
        return -1.0
    pair[1].write(head("POST", "/api/v1/login", port, {"Content-Length": "60000"}, b"{"))
    return await _end(pair, b" ")


async def _slow_reader(port: int, number: int, ticket: str) -> float | None:
    pair = await _in(port, number)
    if pair is None:
        return -1.0
    pair[1].write(head("GET", "/api/v1/chunks/content/0", port, {"Authorization": f"Ticket {ticket}"}, None))
    pair[0]._transport.pause_reading()  # type: ignore[attr-defined] # noqa: SLF001 - nothing else stops asyncio from reading
    begun = asyncio.get_running_loop().time()
    while asyncio.get_running_loop().time() - begun < PATIENCE:
        await asyncio.sleep(1)
        if pair[1].transport.is_closing():
            return asyncio.get_running_loop().time() - begun
    # It was written whole into the sockets' buffers, or is still waiting: read and see.
    pair[0]._transport.resume_reading()  # type: ignore[attr-defined] # noqa: SLF001
    got = 0
    try:
        async with asyncio.timeout(10):
            while piece := await pair[0].read(2**20):
                got += len(piece)
    except (OSError, TimeoutError):
        pass
    pair[1].transport.abort()
    return PATIENCE / 2 if got < 8 * 2**20 else None


async def _end(pair: Pair, drip: bytes) -> float | None:
    """A byte every 3 s until it is cut."""
    reader, writer = pair
    watched = asyncio.ensure_future(closed_after(reader, PATIENCE))
    try:
        while not watched.done():
            await asyncio.wait((watched,), timeout=3)
            if not watched.done():
                writer.write(drip)
        return watched.result()
    finally:
        writer.transport.abort()
