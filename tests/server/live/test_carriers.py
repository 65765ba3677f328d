"""The same meeting over WebSocket, Socket.IO and HTTP, against a real server."""

import contextlib
import http.client
import json
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
import socketio
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from peerseal.server.live.meet_http import SESSIONS_PER_SOURCE
from peerseal.server.live.meet_socketio import POLLING_PER_SOURCE
from support.carriers import Fetcher, Page, page
from support.live_server import LiveServer
from support.meeting_peer import MeetingPeer

JOIN = {"role": "receiver", "name": "Bob", "room": None, "listed": True}


def close_of(peer: MeetingPeer) -> tuple[int, str]:
    """Code and reason with which the server closes, after what it still says."""
    for _ in range(100):
        try:
            peer.socket.recv(timeout=5)
        except ConnectionClosed as closed:
            return (closed.rcvd.code, closed.rcvd.reason) if closed.rcvd is not None else (1006, "")
    raise AssertionError("the server goes on talking")


def talk(server: LiveServer, other: Page | Fetcher) -> None:
    """The whole story between a plain WebSocket and another carrier."""
    joined = other.ask("join", **JOIN)
    assert joined["ok"]
    with MeetingPeer(server.port, "Alice") as alice:
        assert joined["you"] in alice.joined["peers"]
        came = other.wait("presence")
        assert [peer["name"] for peer in came["joined"]] == ["Alice"]
        request = alice.ask("connect", to=joined["you"]["id"])
        asked = other.wait("request")
        assert asked["request"] == request["request"]
        assert asked["from"] == alice.joined["you"]
        accepted = other.ask("answer", request=asked["request"], accept=True)
        room = alice.wait("room")["room"]
        assert accepted["room"] == room == other.wait("room")["room"]
        alice.ask("signal", room=room, body="aGk")
        assert other.wait("signal")["body"] == "aGk"
        assert other.ask("signal", room=room, body="A" * 50_000)["ok"]
        assert alice.wait("signal")["body"] == "A" * 50_000
        assert not other.ask("signal", room=room, body="A" * 53_336)["ok"]
        assert other.ask("ticket", room=room, stream="AAAAAAAAAAA", end="send")["expires"] == 60
    assert other.wait("room_closed")["code"] in {"left", "vanished"}


@pytest.mark.parametrize("transports", [["websocket"], ["polling"], ["polling", "websocket"]])
def test_a_page_and_a_command_line_meet(server: LiveServer, transports: list[str]) -> None:
    with page(server, transports) as bob:
        talk(server, bob)


def test_http_and_a_command_line_meet(server: LiveServer) -> None:
    bob = Fetcher(server.port)
    talk(server, bob)
    assert bob.request("DELETE", "/api/v1/meet")[0] == 204
    assert bob.request("DELETE", "/api/v1/meet")[0] == 404


def test_an_exchange_waits_and_returns_what_was_not_forgotten(server: LiveServer) -> None:
    bob = Fetcher(server.port)
    bob.ask("join", **JOIN)
    before = bob.after
    start = time.monotonic()
    bob.exchange([], wait=1)
    assert 0.9 < time.monotonic() - start < 3
    bob.ask("ping")
    after, bob.after = bob.after, before
    bob.exchange([])
    assert [m["type"] for m in bob.inbox][-2:] == ["reply", "reply"]  # the second time the same one
    assert bob.after == after


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"messages": [], "after": 0}, 400),
        ({"messages": {}, "after": 0, "wait": 0}, 400),
        ({"messages": [1], "after": 0, "wait": 0}, 400),
        ({"messages": [], "after": -1, "wait": 0}, 400),
        ({"messages": [], "after": 0, "wait": 21}, 400),
        ({"messages": [], "after": 0, "wait": 0, "x": 0}, 400),
        ([], 400),
    ],
)
def test_other_exchanges_are_malformed(server: LiveServer, body: Any, status: int) -> None:
    answered, problem = Fetcher(server.port).request("POST", "/api/v1/meet/exchange", body)
    assert (answered, problem["code"]) == (status, "malformed")


def test_sessions_are_found_by_their_secret_only(server: LiveServer) -> None:
    bob = Fetcher(server.port)
    body = {"messages": [], "after": 0, "wait": 0}
    for secret in ("", "Meet", "Meet x", f"Stream {bob.session}", "Meet ÄÄÄ".encode().decode("latin-1")):
        assert bob.request("POST", "/api/v1/meet/exchange", body, Authorization=secret)[0] == 404
    assert bob.request("POST", "/api/v1/meet/exchange", body, **{"Content-Type": "text/plain"})[0] == 415
    assert bob.request("GET", "/api/v1/meet")[0] == 405
    assert bob.request("POST", "/api/v1/meet", {"a": 1})[0] == 400


def test_identities_in_messages_are_refused_and_never_used(server: LiveServer) -> None:
    with MeetingPeer(server.port, "Alice") as alice, MeetingPeer(server.port, "Bob") as bob:
        forged = alice.ask("connect", to=bob.id, **{"from": bob.joined["you"]})
        assert forged["code"] == "malformed"
        assert alice.ask("connect", to=bob.id)["ok"]
        assert bob.wait("request")["from"] == alice.joined["you"]


def test_ten_malformed_frames_end_a_websocket(server: LiveServer) -> None:
    with MeetingPeer(server.port, "Mallory") as mallory:
        codes = []
        for _ in range(10):
            mallory.socket.send('{"type":"connect","ref":1,"to":NaN}')
            codes.append(json.loads(mallory.socket.recv(timeout=5))["code"])
        assert codes == ["malformed"] * 9 + ["too_many_violations"]
        assert close_of(mallory) == (1008, "too_many_violations")


@pytest.mark.parametrize(
    ("message", "code"),
    [("x" * 65_537, 1009), ("☃" * 30_000, 1009), (b"binary", 1008), ("x" * 1_100_000, 1009)],
)
def test_frames_over_the_limit_end_a_websocket(server: LiveServer, message: str | bytes, code: int) -> None:
    with MeetingPeer(server.port, "Mallory") as mallory:
        mallory.socket.send(message)
        assert close_of(mallory)[0] == code


def test_a_message_in_countless_fragments_ends_a_websocket(server: LiveServer) -> None:
    with MeetingPeer(server.port, "Mallory") as mallory:
        with contextlib.suppress(ConnectionClosed):
            mallory.socket.send("x" for _ in range(5_000))
        assert close_of(mallory)[0] in {1008, 1006}  # a reset may overtake the close frame


@pytest.mark.parametrize("path", ["/api/v1/meet", "/api/v1/relay", "/socket.io/?EIO=4&transport=websocket"])
@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1.evil.example", "http://127.0.0.1:1"]
)
def test_a_foreign_page_is_refused_at_the_handshake(server: LiveServer, path: str, origin: str) -> None:
    url = f"ws://127.0.0.1:{server.port}{path}"
    with pytest.raises(InvalidStatus) as refused:  # noqa: SIM117 - the handshake is what raises
        with connect(url, additional_headers={"Origin": origin}, proxy=None):
            pass
    assert refused.value.response.status_code == 403
    assert refused.value.response.body is not None
    assert json.loads(refused.value.response.body)["code"] == "origin"


def test_the_own_page_and_programs_without_origin_pass(server: LiveServer) -> None:
    with MeetingPeer(server.port, "A", headers={"Origin": f"http://127.0.0.1:{server.port}"}) as own:
        assert own.joined["ok"]


@pytest.mark.parametrize(
    "packet",
    [
        '42["join",{"role":"sender","role":"sender"}]',
        '42["join",' + "[" * 5000 + "]" * 5000 + "]",
        '42["join",{"a":1e400}]',
        '451-["join",{"_placeholder":true,"num":0}]',
        "4599999999-[]",
        "42[]",
        "42{}",
        "42",
        "4",
        "49",
        '42/other,["join",{}]',
        '42["connect",{},{}]',
        '42["disconnect"]',
        '42[{"a":1}]',
    ],
)
def test_hostile_socketio_packets_harm_nobody(server: LiveServer, packet: str) -> None:
    url = f"ws://127.0.0.1:{server.port}/socket.io/?EIO=4&transport=websocket"
    with connect(url, proxy=None, close_timeout=0.1) as wire:
        wire.recv(timeout=5)
        wire.send("40")
        wire.recv(timeout=5)
        with contextlib.suppress(ConnectionClosed, TimeoutError):
            for _ in range(15):
                wire.send(packet)
            for _ in range(30):
                wire.recv(timeout=0.2)
    with page(server, ["websocket"]) as bob:
        assert bob.ask("join", **JOIN)["ok"]


def test_a_page_asks_and_is_asked(server: LiveServer) -> None:
    with page(server, ["websocket"]) as asker, page(server, ["websocket"]) as asked:
        asker.ask("join", **{**JOIN, "name": "Asker", "role": "sender"})
        bob = asked.ask("join", **JOIN)["you"]
        request = asker.ask("connect_to", to=bob["id"])
        assert request["ok"]
        assert asked.wait("request")["from"]["name"] == "Asker"
        assert asked.ask("answer", request=request["request"], accept=False) == {"ok": True}
        assert asker.wait("request_ended") == {"request": request["request"], "code": "declined"}


def test_ten_malformed_events_end_a_page(server: LiveServer) -> None:
    with page(server, ["websocket"]) as mallory:
        codes: list[str] = []
        with contextlib.suppress(socketio.exceptions.SocketIOError):
            codes.extend(mallory.ask("connect_to", to="x")["code"] for _ in range(10))
        assert codes[:9] == ["malformed"] * 9
        mallory.wait("disconnect")


def test_strangers_behind_one_proxy_do_not_see_each_other() -> None:
    with LiveServer() as server:
        proxied = {"X-Forwarded-For": "192.168.1.9"}
        with MeetingPeer(server.port, "A", headers=proxied) as one, MeetingPeer(server.port, "B") as two:
            assert one.joined["lobby"] == two.joined["lobby"] == {"kind": "none", "reason": "proxied"}
            assert two.joined["peers"] == []
            assert one.ask("connect", to=two.id)["code"] == "not_found"
            assert one.heard() == []


def test_who_was_cut_cannot_hold_the_connection_by_talking_on(server: LiveServer) -> None:
    url = f"ws://127.0.0.1:{server.port}/socket.io/?EIO=4&transport=websocket"
    start = time.monotonic()
    with connect(url, proxy=None, close_timeout=2) as wire, contextlib.suppress(ConnectionClosed):
        for _ in range(100):
            wire.send("4599999999-[]")
            time.sleep(0.1)
    assert time.monotonic() - start < 6


def test_a_session_that_never_connects_is_cut_after_10_seconds(server: LiveServer) -> None:
    start = time.monotonic()
    url = f"ws://127.0.0.1:{server.port}/socket.io/?EIO=4&transport=websocket"
    with connect(url, proxy=None, close_timeout=2) as wire, contextlib.suppress(ConnectionClosed):
        while time.monotonic() - start < 20:
            if wire.recv(timeout=15) == "2":
                wire.send("3")
    assert 9 < time.monotonic() - start < 15


def test_a_flood_of_messages_whose_answers_nobody_reads_ends_a_websocket(server: LiveServer) -> None:
    key = "dGhlIHNhbXBsZSBub25jZQ=="
    head = (
        f"GET /api/v1/meet HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nConnection: Upgrade\r\n"
        f"Upgrade: websocket\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Protocol: peerseal.meet.1\r\n\r\n"
    )
    text = b'{"type":"ping","ref":1}'
    frame = bytes([0x81, 0x80 | len(text)]) + bytes(4) + text
    before = server.resident_kib()
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as flood:
        flood.sendall(head.encode())
        with pytest.raises(OSError):
            flood.sendall(frame * 2_000_000)
    assert server.resident_kib() - before < 32 * 1024


# --- a client that does not read, and one that opens without end ---


class Poller:
    """Socket.IO by polling, on one HTTP connection, as no library does it."""

    def __init__(self, server: LiveServer) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)

    def ask(self, method: str, sid: str = "", body: str | None = None) -> tuple[int, str]:
        place = f"/socket.io/?EIO=4&transport=polling{f'&sid={sid}' if sid else ''}"
        self._connection.request(method, place, body, {"Content-Type": "text/plain"})
        response = self._connection.getresponse()
        return response.status, response.read().decode()

    def open(self) -> tuple[int, str]:
        status, text = self.ask("GET")
        return status, json.loads(text[1:])["sid"] if status == 200 else ""

    def join(self) -> str:
        sid = self.open()[1]
        for body in ("40", f'420["join",{json.dumps(JOIN)}]'):
            assert self.ask("POST", sid, body)[0] == 200
        return sid

    def close(self) -> None:
        self._connection.close()


@pytest.fixture
def poller(server: LiveServer) -> Iterator[Poller]:
    one = Poller(server)
    yield one
    one.close()


def test_a_request_after_the_end_of_a_polling_session_is_a_bad_one(
    server: LiveServer, poller: Poller
) -> None:
    sid = poller.open()[1]
    assert poller.ask("POST", sid, "1")[0] == 200
    assert poller.ask("POST", sid, "3")[0] == 400
    assert server.log.read_text() == ""


def test_one_source_has_a_bounded_number_of_polling_sessions(poller: Poller) -> None:
    with LiveServer() as server:
        full = Poller(server)
        opened = [full.open() for _ in range(POLLING_PER_SOURCE)]
        assert {status for status, _ in opened} == {200}
        assert full.open()[0] == 429
        with page(server, ["websocket"]) as bob:
            assert bob.ask("join", **JOIN)["ok"]  # its socket is counted instead
        assert full.ask("POST", opened[0][1], "1")[0] == 200
        assert [full.open()[0] for _ in range(2)] == [200, 429]
        full.close()


def test_a_page_that_went_on_to_a_websocket_is_no_polling_session_any_more() -> None:
    with LiveServer() as server:
        full = Poller(server)
        with page(server, ["polling", "websocket"]) as bob:
            assert bob.ask("join", **JOIN)["ok"]
            assert [full.open()[0] for _ in range(POLLING_PER_SOURCE + 1)][-2:] == [200, 429]
        full.close()


def test_one_network_has_a_bounded_number_of_http_sessions() -> None:
    with LiveServer({"trusted_proxies": "127.0.0.1"}) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)

        def opened(address: str) -> int:
            lines = {"Content-Type": "application/json", "X-Forwarded-For": address}
            connection.request("POST", "/api/v1/meet", "{}", lines)
            response = connection.getresponse()
            response.read()
            return response.status

        statuses = [opened(f"2001:db8:1:1::{number:x}") for number in range(SESSIONS_PER_SOURCE + 1)]
        assert statuses == [201] * SESSIONS_PER_SOURCE + [429]
        assert opened("2001:db8:1:2::1") == 201
        connection.close()


def test_what_waits_for_a_page_that_does_not_read_is_bounded_in_bytes() -> None:
    with LiveServer() as server, contextlib.closing(Poller(server)) as poller:
        sid = poller.join()
        with MeetingPeer(server.port, "Alice") as alice:
            (bob,) = alice.joined["peers"]
            asked = alice.ask("connect", to=bob["id"])["request"]
            assert poller.ask("POST", sid, f'421["answer",{{"request":"{asked}","accept":true}}]')[0] == 200
            room = alice.wait("room")["room"]
            assert all(alice.ask("signal", room=room, body="A" * 52_000)["ok"] for _ in range(4))
            for _ in range(3):
                alice.ask("signal", room=room, body="A" * 52_000)
            assert alice.wait("room_closed")["room"] == room


def test_jsonp_is_refused_however_it_is_spelt(poller: Poller) -> None:
    for spelt in ("j=0", "%6a=0", "%6A=0", "x=1&j=7"):
        connection = poller._connection
        connection.request("GET", f"/socket.io/?EIO=4&transport=polling&{spelt}")
        response = connection.getresponse()
        assert response.status == 400
        assert b"___eio" not in response.read()
