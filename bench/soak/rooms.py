"""Rooms of two and a relay stream in each, by bare sockets."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from bench.soak.raw import Pair, Socket

JOIN = {"room": None}


class Room(NamedTuple):
    """Its two members and both ends of its stream."""

    sockets: tuple[Socket, Socket]
    source: Pair
    sink: Pair

    def close(self) -> None:
        """Gone."""
        for socket in self.sockets:
            socket.close()
        self.source[1].transport.abort()
        self.sink[1].transport.abort()


async def room(port: int, number: int) -> Room:
    """Two who met by a code, the only one of that number, and one raw pipe from the first to the second."""
    one, other = [
        await Socket.open(
            port, "/api/v1/meet", f"127.{20 + side}.{number // 200}.{number % 200 + 1}", "peerseal.meet.1"
        )
        for side in range(2)
    ]
    for socket in (one, other):
        joined = await socket.call("join", role="sender", name=f"{number}", listed=False, **JOIN)
        assert joined["ok"], joined
    nameplate = await one.call("allocate", nameplate=None)
    assert nameplate["ok"], nameplate
    claimed = await other.call("claim", nameplate=nameplate["nameplate"])
    assert claimed["ok"], claimed
    where = (await other.hear("room"))["room"]
    await one.hear("room")
    await one.call("release")
    ends = []
    for socket, end in ((one, "send"), (other, "receive")):
        said = await socket.call("ticket", room=where, stream="AAAAAAAAAAA", end=end)
        assert said["ok"], said
        ends.append(await _pipe(port, said["ticket"]))
    return Room((one, other), *ends)


async def _pipe(port: int, ticket: str) -> Pair:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**20)
    writer.write(
        f"GET /api/v1/relay HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: Upgrade\r\n"
        f"Upgrade: peerseal-relay\r\nAuthorization: Ticket {ticket}\r\n\r\n".encode()
    )
    answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30)
    assert answer.startswith(b"HTTP/1.1 101 "), answer
    return reader, writer
