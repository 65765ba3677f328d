"""What a lobby of 1,000 costs the server: processor seconds for a thousand plain WebSocket joins, and memory.

Run: `python -m bench.lobby [peers]`.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path

from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from support.live_server import LiveServer

JOIN = {"type": "join", "ref": 1, "role": "receiver", "room": None, "listed": True}


async def visit(url: str, peers: int) -> None:
    sockets: list[ClientConnection] = []
    seen: dict[int, set[str]] = {}
    listeners = []

    async def listen(number: int, socket: ClientConnection) -> None:
        async for text in socket:
            message = json.loads(text)
            for peer in message.get("peers", []) + message.get("joined", []):
                seen[number].add(peer["id"])

    for number in range(peers):
        socket = await connect(
            url,
            subprotocols=[Subprotocol("peerseal.meet.1")],
            compression=None,
            ping_interval=None,
            proxy=None,
        )
        sockets.append(socket)
        seen[number] = set()
        listeners.append(asyncio.ensure_future(listen(number, socket)))
        await socket.send(json.dumps({**JOIN, "name": f"Peer {number}"}))
    async with asyncio.timeout(60):
        while min(map(len, seen.values())) < peers - 1:  # noqa: ASYNC110 - a bench may poll
            await asyncio.sleep(0.1)
    for listener in listeners:
        listener.cancel()
    for socket in sockets:
        socket.transport.abort()


def main() -> None:
    peers = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    with LiveServer({"sockets_per_address": "100000"}) as server:
        memory, cpu, start = server.resident_kib(), server.cpu_seconds(), time.monotonic()
        asyncio.run(visit(f"ws://127.0.0.1:{server.port}/api/v1/meet", peers))
        print(
            f"{peers} joins: {server.cpu_seconds() - cpu:.2f} CPU s in {time.monotonic() - start:.1f} s,",
            end=" ",
        )
        print(f"{(server.resident_kib() - memory) / peers:.0f} KiB a peer")
        before = server.cpu_seconds()
        time.sleep(1)
        print(f"all gone at once: {server.cpu_seconds() - before:.2f} CPU s")


if __name__ == "__main__":
    main()
