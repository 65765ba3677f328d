"""Looking up who calls: off the loop, only when there is something to look up, and once more when it is done."""

from __future__ import annotations

import asyncio
import threading

import pytest

from peerseal.server.accounts.asking import Asking, Signed
from peerseal.server.guard.problems import HttpProblem
from peerseal.server.live.callers import Callers
from peerseal.server.live.discovery import Visitor
from peerseal.server.live.outgoing import Outgoing
from peerseal.server.live.service import Meeting
from peerseal.server.relay.switchboard import Switchboard
from peerseal.wire.messages import Lobby

BOB = Signed(1, "bob", "Bob", "s" * 32, "token", None, "127.0.0.1")
TOKEN = (b"authorization", b"Bearer abc")


class Wire:
    """Remembers how it was cut."""

    backlog = 0

    def __init__(self) -> None:
        self.ended: list[str] = []

    def deliver(self, message: Outgoing) -> None:
        """Nobody reads."""

    def cut(self, code: str) -> None:
        self.ended.append(code)


def asking(*headers: tuple[bytes, bytes]) -> Asking:
    return Asking("GET", headers, secure=False, source="127.0.0.1", live=True)


def knowing(*answers: Signed | None) -> tuple[Callers, list[str]]:
    """Callers whose sessions answer so, one after the other, and the threads they were asked on."""
    left, threads = list(answers), []

    def identify(_asking: Asking) -> Signed | None:
        threads.append(threading.current_thread().name)
        return left.pop(0)

    return Callers(identify), threads


@pytest.fixture
def meeting() -> Meeting:
    return Meeting(Switchboard(lambda: 0.0), lambda: 0.0, lambda action: action())


def test_the_database_is_never_asked_on_the_loop() -> None:
    callers, threads = knowing(BOB)
    assert asyncio.run(callers.of_program(asking(TOKEN))) == BOB
    assert threads != [threading.current_thread().name]
    assert len(threads) == 1


@pytest.mark.parametrize("header", [(b"cookie", b"peerseal_session=abc"), (b"authorization", b"Basic abc")])
def test_for_programs_only_a_bearer_token_is_looked_up(header: tuple[bytes, bytes]) -> None:
    callers, threads = knowing()
    assert asyncio.run(callers.of_program(asking(header))) is None
    assert threads == []


def test_a_page_without_a_cookie_is_not_looked_up() -> None:
    callers, threads = knowing()
    assert asyncio.run(callers.of_page(asking())) is None
    assert threads == []


def test_a_token_nobody_knows_is_refused() -> None:
    callers, _ = knowing(None)
    with pytest.raises(HttpProblem) as refused:
        asyncio.run(callers.of_program(asking(TOKEN)))
    assert (refused.value.status, refused.value.code) == (401, "not_signed_in")


@pytest.mark.parametrize(("answer", "ended"), [(None, ["session_ended"]), (BOB, [])])
def test_a_session_that_ended_while_the_connection_came_ends_it(
    meeting: Meeting, answer: Signed | None, ended: list[str]
) -> None:
    callers, _ = knowing(answer)
    wire = Wire()
    connection = meeting.arrive(wire, Visitor(Lobby("none", None), "127.0.0.1"), heartbeat=True, signed=BOB)
    asyncio.run(callers.look_again(meeting, connection, asking(TOKEN)))
    assert wire.ended == ended
    assert connection.gone is bool(ended)


def test_only_the_connections_of_the_session_end(meeting: Meeting) -> None:
    other = Signed(1, "bob", "Bob", "t" * 32, "token", None, "127.0.0.1")
    visitor = Visitor(Lobby("none", None), "127.0.0.1")
    wires = {who: Wire() for who in (BOB, other, None)}
    for who, wire in wires.items():
        meeting.arrive(wire, visitor, heartbeat=True, signed=who)
    meeting.end_session(BOB.session_id)
    meeting.end_session(BOB.session_id)
    assert {who: wire.ended for who, wire in wires.items()} == {BOB: ["session_ended"], other: [], None: []}
