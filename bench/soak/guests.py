"""300 guests of one address, none with an account: all come back at once when their line or the server was down."""

from __future__ import annotations

import asyncio
import os
import signal
import tempfile
from collections import Counter
from pathlib import Path
from typing import Final

from bench.soak.figures import Figure, at_least, at_most
from bench.soak.idle import answer, page
from bench.soak.raw import Socket
from bench.soak.server import Server

HALL: Final = "127.30.1.1"
#: After the last of them came, before their line breaks.
SOME_TIME: Final = 90.0
#: How far apart pages come back that lost their line at the same moment.
BACK_SECONDS: Final = 3.0


def run(*, small: bool) -> list[Figure]:
    """They come in five minutes (small: a few, much faster than people)."""
    count, apart = (80, 0.2) if small else (300, 1.0)
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="peerseal-guests-") as folder:
        home = Path(folder)
        with Server({"discovery": "link"}, home=home) as server:
            said = asyncio.run(_come_and_lose_the_line(server.port, count, apart))
            for what, told in zip(("came one by one", "back after their line broke"), said, strict=True):
                figures += _figures(what, told, count)
        with Server({"discovery": "link"}, home=home) as server:
            figures += _figures("back after a restart", asyncio.run(_back(server.port, count)), count)
            os.kill(server.pid, signal.SIGKILL)
        with Server({"discovery": "link"}, home=home) as server:
            figures += _figures("back after kill −9", asyncio.run(_back(server.port, count)), count)
    return figures


def _figures(what: str, told: Counter[str], count: int) -> list[Figure]:
    return [
        at_least(f"{what}: in at once", told["in"], "", 0.9 * count),
        Figure(f"{what}: challenged", told["429"], ""),
        at_most(f"{what}: blocked", told["403"], "", 0),
        at_most(f"{what}: else", told.total() - told["in"] - told["429"] - told["403"], "", 0),
    ]


async def _come_and_lose_the_line(port: int, count: int, apart: float) -> list[Counter[str]]:
    told: Counter[str] = Counter()
    pages: list[Socket] = []
    idle: list[asyncio.Future[None]] = []
    for _ in range(count):
        one = await _open(port, told)
        if one is not None:
            pages.append(one)
            idle.append(asyncio.ensure_future(_wait(one)))
        await asyncio.sleep(apart)
    await asyncio.sleep(SOME_TIME * apart)
    for task in idle:
        task.cancel()
    for one in pages:
        one.close()
    return [told, await _back(port, count)]


async def _back(port: int, count: int) -> Counter[str]:
    told: Counter[str] = Counter()

    async def one(number: int) -> Socket | None:
        await asyncio.sleep(BACK_SECONDS * number / count)
        return await _open(port, told)

    for page_ in await asyncio.gather(*(one(number) for number in range(count))):
        if page_ is not None:
            page_.close()
    await asyncio.sleep(5)  # the server keeps what it knows every two seconds
    return told


async def _open(port: int, told: Counter[str]) -> Socket | None:
    try:
        opened = await page(port, HALL)
    except OSError as refused:
        status = str(refused).partition("HTTP/1.1 ")[2][:3]
        told[status or str(refused)] += 1
        return None
    told["in"] += 1
    return opened


async def _wait(socket: Socket) -> None:
    try:
        while True:
            answer(socket, await socket.receive())
    except OSError:
        return
