"""Rooms of two and a relay stream in each, by bare sockets."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import NamedTuple

from bench.soak.raw import Pair, Socket

JOIN = {"room": None}
#: What the system keeps for one end, in bytes.
BUFFER = 2**18


class Room(NamedTuple):
    """Its two members and both ends of its stream."""

    sockets: tuple[Socket, Socket]
    staying: tuple[asyncio.Task[None], ...]
    source: Pair
    sink: Pair

    def close(self) -> None:
        """Gone."""
        for stays in self.staying:
            stays.cancel()
        for member in self.sockets:
            member.close()
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
    for member in (one, other):
        joined = await member.call("join", role="sender", name=f"{number}", listed=False, **JOIN)
        assert joined["ok"], joined
    nameplate = await one.call("allocate", nameplate=None)
    assert nameplate["ok"], nameplate
    claimed = await other.call("claim", nameplate=nameplate["nameplate"])
    assert claimed["ok"], claimed
    where = (await other.hear("room"))["room"]
    await one.hear("room")
    await one.call("release")
    ends = []
    for member, end in ((one, "send"), (other, "receive")):
        said = await member.call("ticket", room=where, stream="AAAAAAAAAAA", end=end)
        assert said["ok"], said
        ends.append(await _pipe(port, said["ticket"]))
    # Who does not answer pings is gone after a while, and the room with them.
    staying = tuple(asyncio.create_task(_stay(member)) for member in (one, other))
    return Room((one, other), staying, *ends)


async def _stay(member: Socket) -> None:
    with contextlib.suppress(OSError):
        await member.hear("nothing")


async def _pipe(port: int, ticket: str) -> Pair:
    line = socket.socket()
    # On a machine of its own an end would not share the system's memory for TCP with the server's side.
    for buffer in (socket.SO_RCVBUF, socket.SO_SNDBUF):
        line.setsockopt(socket.SOL_SOCKET, buffer, BUFFER)
    line.setblocking(False)
    await asyncio.get_running_loop().sock_connect(line, ("127.0.0.1", port))
    reader, writer = await asyncio.open_connection(sock=line, limit=2**20)
    writer.write(
        f"GET /api/v1/relay HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: Upgrade\r\n"
        f"Upgrade: peerseal-relay\r\nAuthorization: Ticket {ticket}\r\n\r\n".encode()
    )
    answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30)
    assert answer.startswith(b"HTTP/1.1 101 "), answer
    return reader, writer
