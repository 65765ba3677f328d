"""The meeting's thread notices a server that went silent, and one that only seems so."""

from __future__ import annotations

import threading
from typing import Literal

import pytest

from peerseal.client.meet import Meeting
from peerseal.errors import Interrupted, PeersealError
from peerseal.wire.limits import SILENCE_SECONDS
from peerseal.wire.messages import ServerMessage
from peerseal.wire.strict_json import JsonObject


class Server:
    """A carrier on a clock of its own: says a ping at each of these times, then nothing; ends after `lasting`."""

    def __init__(
        self, *pings: float, kind: Literal["websocket", "http"] = "websocket", lasting: float = 1000.0
    ) -> None:
        self.kind: Literal["websocket", "http"] = kind
        self.now = 0.0
        self.sent: list[JsonObject] = []
        self._pings = list(pings)
        self._lasting = lasting

    def clock(self) -> float:
        return self.now

    def send(self, message: JsonObject) -> None:
        self.sent.append(message)

    def receive(self, timeout: float) -> list[JsonObject]:
        if self.now > self._lasting:
            raise Interrupted("This is the end.", code="end_of_test")
        if self._pings and self._pings[0] <= self.now + timeout:
            self.now = max(self.now, self._pings.pop(0))
            return [{"type": "ping"}]
        self.now += max(timeout, 0.001)
        return []

    def goodbye(self) -> None:
        """Nothing to say."""

    def close(self) -> None:
        """Nothing to close."""


class Listening:
    def __init__(self) -> None:
        self.lost = threading.Event()
        self.error: PeersealError | None = None

    def on_message(self, message: ServerMessage) -> None:
        raise AssertionError(message)

    def on_tick(self) -> None:
        """Time is the server's."""

    def on_lost(self, error: PeersealError) -> None:
        self.error = error
        self.lost.set()


def how_it_ends(server: Server) -> tuple[str, float]:
    """The code of the loss and when it was."""
    listening = Listening()
    meeting = Meeting(server, listening, server.clock)
    assert listening.lost.wait(20)
    meeting.close()
    assert listening.error is not None
    return listening.error.code, server.now


def test_a_server_that_says_nothing_any_more_is_lost() -> None:
    code, at = how_it_ends(Server(10, 20, 30))
    assert code == "connection_lost"
    assert at == pytest.approx(30 + SILENCE_SECONDS, abs=2)


def test_a_server_that_pings_is_not_lost() -> None:
    assert how_it_ends(Server(*range(10, 300, 10), lasting=300))[0] == "end_of_test"


def test_an_answered_exchange_is_a_sign_of_life() -> None:
    assert how_it_ends(Server(kind="http", lasting=200))[0] == "end_of_test"


def test_a_machine_that_slept_reads_what_waits_before_it_concludes() -> None:
    server = Server(10, 3600, lasting=3610)
    sleep = server.receive

    def receive(timeout: float) -> list[JsonObject]:
        if 12 < server.now < 3600:
            server.now = 3601.0  # asleep; the ping of 3600 waits in the socket
            return []
        return sleep(timeout)

    server.receive = receive  # type: ignore[method-assign]
    assert how_it_ends(server)[0] == "end_of_test"
