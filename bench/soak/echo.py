"""The process that measures in `idle`: one more page, which pings ten times a second."""

from __future__ import annotations

import asyncio
import json
import sys
import time

from bench.soak.idle import answer, page


async def main(port: int, seconds: float) -> list[float]:
    socket = await page(port, "127.200.2.1")
    taken: list[float] = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        begun = time.perf_counter()
        socket.send('421["ping",{}]')
        while not (said := await asyncio.wait_for(socket.receive(), 20)).startswith("431"):
            answer(socket, said)
        taken.append(time.perf_counter() - begun)
        await asyncio.sleep(0.1)
    socket.close()
    return taken


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(int(sys.argv[1]), float(sys.argv[2])))))
