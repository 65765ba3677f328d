"""Coming back and asking for ICE servers over WebSocket, Socket.IO and HTTP, against a real server."""

import base64
import contextlib
import hashlib
import hmac
import itertools
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, Protocol

import pytest

from peerseal.wire.encoding import base64url_encode
from support.carriers import Fetcher, page
from support.live_server import LiveServer
from support.meeting_peer import MeetingPeer, meet, open_pipe

CARRIERS = ("websocket", "socketio", "http")
LISTED = {"role": "receiver", "room": None, "listed": True}


class Client(Protocol):
    def ask(self, kind: str, **fields: Any) -> dict[str, Any]: ...

    def wait(self, kind: str) -> Any: ...


@pytest.fixture(scope="module")
def server() -> Iterator[LiveServer]:
    settings = {
        "stun": "stun:stun.example.org",
        "turn": "turn:turn.example.org:3478,turn:turn.example.org:3478?transport=tcp",
        "turn_secret": "north-of-here-9f2c7b41d6",
    }
    with LiveServer(settings) as running:
        yield running


@contextlib.contextmanager
def client(server: LiveServer, carrier: str, name: str) -> Iterator[Client]:
    """Somebody who joined over this carrier."""
    with ExitStack() as stack:
        one: Client
        if carrier == "websocket":
            one = stack.enter_context(MeetingPeer(server.port))
        elif carrier == "socketio":
            one = stack.enter_context(page(server, ["websocket"]))
        else:
            one = Fetcher(server.port)
        assert one.ask("join", name=name, **LISTED)["ok"]
        yield one


def somewhere() -> str:
    return base64url_encode(os.urandom(16))


def back(one: Client, at: str, side: str, room: str | None = None) -> dict[str, Any]:
    return one.ask("rejoin", rendezvous=at, side=side, room=room)


@pytest.mark.parametrize(("first", "second"), list(itertools.combinations_with_replacement(CARRIERS, 2)))
def test_two_meet_again_over_any_carriers(server: LiveServer, first: str, second: str) -> None:
    at = somewhere()
    with client(server, first, "Alice") as alice, client(server, second, "Bob") as bob:
        assert back(alice, at, "initiator")["ok"]
        assert back(bob, at, "responder")["ok"]
        room = alice.wait("room")
        assert (room["mode"], room["request"], room["peer"]["name"]) == ("resume", None, "Bob")
        assert bob.wait("room")["room"] == room["room"]
        assert alice.ask("signal", room=room["room"], body="aGk")["ok"]
        assert bob.wait("signal")["body"] == "aGk"


@pytest.mark.parametrize("carrier", CARRIERS)
def test_who_comes_back_is_not_held_up_by_its_half_dead_connection(server: LiveServer, carrier: str) -> None:
    at = somewhere()
    with MeetingPeer(server.port, "Alice") as alice, client(server, carrier, "Bob") as bob:
        assert back(alice, at, "initiator")["ok"]
        assert back(bob, at, "responder")["ok"]
        room = alice.wait("room")["room"]
        assert bob.wait("room")["room"] == room
        sending = open_pipe(server.port, alice.ticket(room, "send"))
        began = time.monotonic()
        with client(server, carrier, "Bob") as again, sending:
            assert back(again, at, "responder")["ok"]
            assert alice.wait("room_closed")["code"] == "taken_over"
            assert back(alice, at, "initiator")["ok"]
            assert alice.wait("room")["room"] == again.wait("room")["room"] != room
            assert time.monotonic() - began < 10  # not the 25 s after which silence ends a connection
            with pytest.raises(ConnectionResetError):
                sending.recv(1)


@pytest.mark.parametrize("carrier", CARRIERS)
def test_refusals_of_coming_back(server: LiveServer, carrier: str) -> None:
    with (
        MeetingPeer(server.port, "Alice") as alice,
        MeetingPeer(server.port, "Bob") as bob,
        client(server, carrier, "Mallory") as mallory,
    ):
        room = meet(alice, bob)
        assert back(mallory, somewhere(), "initiator", room)["code"] == "not_connected"
        assert alice.wait("notice")["code"] == "third_party"
        assert back(alice, somewhere(), "initiator")["code"] == "busy"
        assert mallory.ask("rejoin", rendezvous="AAAA", side="initiator", room=None)["code"] == "malformed"
        assert mallory.ask("ice", room=room)["code"] == "not_connected"


@pytest.mark.parametrize("carrier", CARRIERS)
def test_members_are_told_of_ice_servers_with_credentials_of_their_own(
    server: LiveServer, carrier: str
) -> None:
    at = somewhere()
    with MeetingPeer(server.port, "Alice") as alice, client(server, carrier, "Bob") as bob:
        back(alice, at, "initiator")
        back(bob, at, "responder")
        room = alice.wait("room")["room"]
        stun, turn = bob.ask("ice", room=room)["servers"]
        assert stun == {"urls": ["stun:stun.example.org"], "username": None, "credential": None}
        assert len(turn["urls"]) == 2
        expires = int(turn["username"].partition(":")[0])
        assert 3590 < expires - time.time() <= 3600
        code = hmac.new(b"north-of-here-9f2c7b41d6", turn["username"].encode(), hashlib.sha1).digest()
        assert turn["credential"] == base64.b64encode(code).decode()
        assert alice.ask("ice", room=room)["servers"][1]["username"] != turn["username"]
