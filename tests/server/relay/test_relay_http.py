"""HTTP sessions need no socket, so their number is bounded by room and by source."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from peerseal.server.asgi_types import Event
from peerseal.server.guard.problems import HttpProblem
from peerseal.server.live.discovery import Visitor
from peerseal.server.relay.relay_http import SESSIONS_PER_ROOM, SESSIONS_PER_SOURCE, HttpRelay
from peerseal.server.relay.switchboard import STREAMS_PER_ROOM, Switchboard
from peerseal.wire.messages import Lobby


class Desk:
    """A relay, and requests to it from any address."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.switchboard = Switchboard(lambda: self.now)
        self.relay = HttpRelay(self.switchboard, lambda: self.now)
        self.streams = 0

    def open(self, room: str, address: str = "192.0.2.7") -> int:
        """Open the send end of a new stream; the status."""
        self.streams += 1
        ticket = self.switchboard.issue(room, "alice", self.streams.to_bytes(8, "big"), "send")
        return self.ask("POST", f"Ticket {ticket}", address)

    def ask(self, method: str, authorization: str, address: str = "192.0.2.7") -> int:
        statuses: list[int] = []

        async def send(event: Event) -> None:
            statuses.append(event.get("status", 0))

        async def receive() -> Event:
            return {"type": "http.request", "body": b"", "more_body": False}

        scope = {"type": "http", "method": method, "headers": [(b"authorization", authorization.encode())]}
        try:
            answer = self.relay(Visitor(Lobby("none", None), address), scope, receive, send)
            # On a thread of its own: a browser's tests may leave a loop running on this one.
            with ThreadPoolExecutor(1) as thread:
                thread.submit(asyncio.run, answer).result()
        except HttpProblem as problem:
            return problem.status
        return statuses[0]


def test_a_room_opens_streams_without_end_and_keeps_the_last_four() -> None:
    desk = Desk()
    assert {desk.open("room") for _ in range(3 * SESSIONS_PER_ROOM)} == {201}
    assert len(desk.switchboard) == STREAMS_PER_ROOM
    assert len(desk.relay) == SESSIONS_PER_ROOM


def test_one_network_may_have_so_many_sessions_and_others_theirs() -> None:
    desk = Desk()
    statuses = [desk.open(f"room {n}", f"2001:db8:1:1::{n:x}") for n in range(SESSIONS_PER_SOURCE + 1)]
    assert statuses == [201] * SESSIONS_PER_SOURCE + [429]
    assert desk.open("another room", "2001:db8:1:2::1") == 201


def test_sessions_nobody_uses_and_tickets_that_open_nothing_count_no_more() -> None:
    desk = Desk()
    for number in range(SESSIONS_PER_SOURCE):
        desk.open(f"room {number}")
    desk.now += 31
    desk.relay.tick()
    assert len(desk.relay) == 0
    assert {desk.ask("POST", "Ticket wrong") for _ in range(SESSIONS_PER_SOURCE + 1)} == {401}
    assert desk.open("room") == 201
