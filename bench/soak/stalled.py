"""Receivers that stop reading: what the server holds for each stream, and whether the sender is only paused."""

from __future__ import annotations

import asyncio

from bench.soak.figures import Figure, at_most
from bench.soak.rooms import Room, room
from bench.soak.server import Server

PIECE = bytes(2**18)
MOST = 64 * 2**20


def run(*, small: bool) -> list[Figure]:
    streams, seconds = (8, 4) if small else (100, 20)
    with Server({"guard": "off", "discovery": "everyone"}) as server:
        before = server.resident_kib()
        taken, alive, after = asyncio.run(_stall(server, streams, seconds))
        return [
            Figure("streams whose receiver does not read", streams, ""),
            Figure("taken from each sender", taken / streams / 2**20, "MiB"),
            at_most("the server's growth for each stream", (after - before) / 1024 / streams, "MiB", 1),
            at_most("senders dropped rather than paused", streams - alive, "", 0),
        ]


async def _stall(server: Server, streams: int, seconds: float) -> tuple[int, int, int]:
    rooms = [await room(server.port, number) for number in range(streams)]
    sent = await asyncio.gather(*(_push(one, seconds) for one in rooms))
    after = server.resident_kib()
    alive = sum(not one.source[1].transport.is_closing() and not one.source[0].at_eof() for one in rooms)
    for one in rooms:
        one.close()
    return sum(sent), alive, after


async def _push(one: Room, seconds: float) -> int:
    """Send until nothing moves for a second, at most so long; how many bytes left this process."""
    writer = one.source[1]
    writer.transport.set_write_buffer_limits(high=0)
    sent = 0
    end = asyncio.get_running_loop().time() + seconds
    while sent < MOST and asyncio.get_running_loop().time() < end:
        writer.write(PIECE)
        try:
            await asyncio.wait_for(writer.drain(), 1)
        except TimeoutError:
            continue
        sent += len(PIECE)
    return sent
