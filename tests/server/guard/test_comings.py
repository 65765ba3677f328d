"""Floods of connections and joinings at a real server: what a stranger makes too many of costs a challenge."""

import contextlib
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from peerseal.server.guard.comings import opens_connection
from support.live_server import LiveServer
from support.meeting_peer import MeetingPeer
from support.strangers import Stranger

#: Enough, also for a machine that takes half a minute for them.
MANY = 160


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LiveServer]:
    with LiveServer({"guard": "enforce", "data": str(tmp_path / "data")}) as running:
        yield running


def http_session(server: LiveServer, address: str) -> int:
    stranger = Stranger(server.port, address)
    said = stranger.ask("POST", "/api/v1/meet", {})
    if said.status == 201:
        stranger.ask("DELETE", "/api/v1/meet", headers={"Authorization": f"Meet {said.json['session']}"})
    return said.status


def polling_session(server: LiveServer, address: str) -> int:
    return Stranger(server.port, address).ask("GET", "/socket.io/?EIO=4&transport=polling").status


def websocket(server: LiveServer, address: str) -> int:
    with contextlib.closing(socket.create_connection(("127.0.0.1", server.port), 10, (address, 0))) as sock:
        sock.sendall(
            f"GET /api/v1/meet HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nConnection: Upgrade\r\n"
            "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            "Sec-WebSocket-Protocol: peerseal.meet.1\r\n\r\n".encode()
        )
        return int(sock.makefile("rb").readline().split()[1])


@pytest.mark.parametrize(
    ("open_one", "good"), [(http_session, 201), (polling_session, 200), (websocket, 101)]
)
def test_a_flood_of_connections_of_one_address_has_to_pay_and_nobody_elsewhere(
    server: LiveServer, open_one: Callable[[LiveServer, str], int], good: int
) -> None:
    statuses = [open_one(server, "127.0.41.1") for _ in range(MANY)]
    assert set(statuses[:40]) == {good}
    assert statuses[-1] in (403, 429)
    assert open_one(server, "127.0.41.2") == good


def test_joining_again_and_again_on_one_connection_has_to_be_paid_for(server: LiveServer) -> None:
    with MeetingPeer(server.port, "eve") as eve:
        for _ in range(MANY):
            assert eve.ask("leave")["ok"]
            assert eve.ask("join", **eve.join)["ok"]
        assert Stranger(server.port).ask("POST", "/api/v1/meet", {}).status == 429


@pytest.mark.parametrize(
    ("kind", "method", "path", "query", "opens"),
    [
        ("websocket", "GET", "/api/v1/meet", b"", True),
        ("http", "POST", "/api/v1/meet", b"", True),
        ("http", "DELETE", "/api/v1/meet", b"", False),
        ("http", "POST", "/api/v1/meet/exchange", b"", False),
        ("http", "GET", "/socket.io/", b"EIO=4&transport=polling", True),
        ("websocket", "GET", "/socket.io/", b"EIO=4&transport=websocket&sid=a", False),
        ("http", "POST", "/socket.io/", b"EIO=4&sid=a", False),
        ("http", "GET", "/socket.io/", b"&".join([b"a=1"] * 40), True),
        ("websocket", "GET", "/api/v1/relay", b"", False),
    ],
)
def test_only_what_begins_a_connection_of_the_meeting_is_counted(
    kind: str, method: str, path: str, query: bytes, opens: bool
) -> None:
    scope = {"type": kind, "method": method, "path": path, "query_string": query}
    assert opens_connection(scope) == opens
