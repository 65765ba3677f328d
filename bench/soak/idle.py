"""10,000 pages that only wait (Socket.IO): what each costs, whether any is dropped, how fast the server still answers."""

from __future__ import annotations

import asyncio
import json
import resource
import subprocess
import sys
import time

from bench.soak.figures import Figure, at_least, at_most, percentile
from bench.soak.raw import Socket
from bench.soak.server import Server

PATH = "/socket.io/?EIO=4&transport=websocket"


def run(*, small: bool, seconds: float | None = None) -> list[Figure]:
    pages, seconds = (300 if small else 10_000), seconds or (20 if small else 600)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with Server({"discovery": "link", "sockets_per_address": "20000"}) as server:
        before = server.resident_kib()
        return asyncio.run(_wait(server, pages, seconds, before))


async def _wait(server: Server, count: int, seconds: float, before: int) -> list[Figure]:
    begun = time.monotonic()
    gate = asyncio.Semaphore(64)
    pages = await asyncio.gather(*(_page(server.port, number, gate) for number in range(count)))
    opened = time.monotonic() - begun
    open_ = [one for one in pages if one is not None]
    dropped: list[int] = []
    kept = [asyncio.ensure_future(_keep(one, dropped)) for one in open_]
    await asyncio.sleep(2)
    after = server.resident_kib()
    command = [sys.executable, "-m", "bench.soak.echo", str(server.port), str(seconds)]
    echo = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
    said, _ = await echo.communicate()
    echoes = json.loads(said)
    for one in kept:
        one.cancel()
    for page in open_:
        page.close()
    return [
        at_least("pages", len(open_), "", count),
        Figure("opened", len(open_) / opened, "/s"),
        Figure("waited", seconds, "s"),
        at_most("each", (after - before) / max(1, len(open_)), "KiB", 45),
        at_most("dropped", len(dropped), "", 0),
        at_most("echo, p99", 1000 * percentile(echoes, 0.99), "ms", 15),
        Figure("echo, median", 1000 * percentile(echoes, 0.5), "ms"),
    ]


async def _page(port: int, number: int, gate: asyncio.Semaphore) -> Socket | None:
    async with gate:
        try:
            return await page(port, f"127.{30 + number % 8}.{number // 2000}.{number % 200 + 1}")
        except OSError:
            return None


async def page(port: int, source: str) -> Socket:
    """One that has joined and is seen by nobody."""
    socket = await Socket.open(port, PATH, source, origin=True)
    if not (await socket.receive()).startswith("0"):
        raise OSError("no Engine.IO")
    socket.send("40")
    if not (await socket.receive()).startswith("40"):
        raise OSError("no Socket.IO")
    fields = {"role": "receiver", "name": "idle", "room": None, "listed": False}
    socket.send(f"420{json.dumps(['join', fields])}")
    while not (said := await socket.receive()).startswith("430"):
        answer(socket, said)
    if not json.loads(said[3:])[0]["ok"]:
        raise OSError(said)
    return socket


def answer(socket: Socket, said: str) -> None:
    """The server's heartbeat wants an answer."""
    if said == "2":
        socket.send("3")


async def _keep(socket: Socket, dropped: list[int]) -> None:
    try:
        while True:
            answer(socket, await socket.receive())
    except OSError:
        dropped.append(1)
