"""200 transfers of 64 MiB through the relay at once: nothing corrupt, nobody left behind, memory bounded."""

from __future__ import annotations

import asyncio
import os
import time

from bench.soak.figures import Figure, at_most
from bench.soak.rooms import Room, room
from bench.soak.server import Server

MIB = 2**20
BLOCK = os.urandom(MIB - 16)


def run(*, small: bool) -> list[Figure]:
    count, size = (10, 8) if small else (200, 64)
    with Server({"guard": "off"}) as server:
        before = server.resident_kib()
        ends, corrupt, peak, seconds = asyncio.run(_carry(server, count, size))
        return [
            Figure("transfers at once", count, ""),
            Figure("each", size, "MiB"),
            Figure("all of it", count * size / seconds, "MiB/s"),
            at_most("corrupt or cut", corrupt, "", 0),
            at_most("the slowest took so many times the fastest's time", max(ends) / min(ends), "×", 2),
            at_most("the server's growth", (peak - before) / 1024, "MiB", 128 + count),
        ]


async def _carry(server: Server, count: int, size: int) -> tuple[list[float], int, int, float]:
    rooms = [await room(server.port, number) for number in range(count)]
    begun = time.monotonic()
    peak = [server.resident_kib()]

    async def watch() -> None:
        while True:
            peak.append(server.resident_kib())
            await asyncio.sleep(0.2)

    watcher = asyncio.ensure_future(watch())
    done = await asyncio.gather(*(_one(one, number, size, begun) for number, one in enumerate(rooms)))
    watcher.cancel()
    for one in rooms:
        one.close()
    whole = [seconds for seconds, good in done if good]
    return whole or [1.0, float("inf")], count - len(whole), max(peak), time.monotonic() - begun


async def _one(one: Room, number: int, size: int, begun: float) -> tuple[float, bool]:
    async def send() -> None:
        writer = one.source[1]
        for index in range(size):
            writer.write(number.to_bytes(8, "big") + index.to_bytes(8, "big"))
            writer.write(BLOCK)
            await writer.drain()
        writer.write_eof()

    sending = asyncio.ensure_future(send())
    reader, good = one.sink[0], True
    try:
        async with asyncio.timeout(1800):
            for index in range(size):
                piece = await reader.readexactly(MIB)
                good &= (
                    piece[:16] == number.to_bytes(8, "big") + index.to_bytes(8, "big") and piece[16:] == BLOCK
                )
            good &= await reader.read(1) == b""
            await sending
    except (OSError, TimeoutError, asyncio.IncompleteReadError):
        good = False
    finally:
        sending.cancel()
    return time.monotonic() - begun, good
