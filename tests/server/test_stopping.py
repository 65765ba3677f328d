"""A server that is told to stop tells its clients at once, whatever their carrier, so that they come back to the next one."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable

import pytest
from websockets.exceptions import ConnectionClosed

from support.carriers import Fetcher, page
from support.live_server import LiveServer
from support.meeting_peer import MeetingPeer

JOIN = {"role": "receiver", "name": "Bob", "room": None, "listed": True}


def end_of_websocket(server: LiveServer) -> Callable[[], object]:
    peer = MeetingPeer(server.port, "Alice").__enter__()

    def wait() -> None:
        with pytest.raises(ConnectionClosed) as closed:
            peer.heard(10)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1012  # "service restart" in the registry of RFC 6455

    return wait


def end_of_page(server: LiveServer, transport: str) -> Callable[[], object]:
    stack = contextlib.ExitStack()
    one = stack.enter_context(page(server, [transport]))
    assert one.ask("join", **JOIN)["ok"]

    def wait() -> None:
        with stack:
            end = time.monotonic() + 10
            while not any(kind == "disconnect" for kind, _ in one.events):
                assert time.monotonic() < end, one.events
                time.sleep(0.01)
            reason = next(reason for kind, reason in one.events if kind == "disconnect")
            assert transport == "websocket" or reason == "server disconnect", reason  # not a dropped request

    return wait


def end_of_http(server: LiveServer) -> Callable[[], object]:
    fetcher = Fetcher(server.port)
    assert fetcher.ask("join", **JOIN)["ok"]
    answered: list[float] = []

    def waiting() -> None:
        fetcher.exchange([], wait=20)  # fails if it is dropped without an answer
        answered.append(time.monotonic())

    thread = threading.Thread(target=waiting)
    thread.start()
    time.sleep(0.2)

    def wait() -> None:
        thread.join(10)
        assert answered != []

    return wait


CARRIERS: dict[str, Callable[[LiveServer], Callable[[], object]]] = {
    "websocket": end_of_websocket,
    "socketio": lambda server: end_of_page(server, "websocket"),
    "polling": lambda server: end_of_page(server, "polling"),
    "http": end_of_http,
}


@pytest.mark.parametrize("carrier", CARRIERS)
def test_clients_learn_of_the_stop_at_once_and_the_server_ends(carrier: str) -> None:
    with LiveServer() as server:
        wait = CARRIERS[carrier](server)
        server.signal_stop()
        wait()
        assert server.ended() == 0
