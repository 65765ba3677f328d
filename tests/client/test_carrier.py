"""The meeting over HTTP: one connection that breaks is the end of it, at once and for both of its threads."""

from __future__ import annotations

import json
import socket
import socketserver
import threading

import pytest

from peerseal.client.carrier import HttpCarrier, WebSocketCarrier, open_carrier
from peerseal.client.settings import ServerUrl, parse_server
from peerseal.client.websocket import WebSocket
from peerseal.errors import Interrupted, PeersealError, Refused
from peerseal.wire.limits import HTTP_WAIT_MAX_SECONDS


def test_what_could_not_be_said_ends_the_wait_for_what_comes(server: ServerUrl) -> None:
    carrier = HttpCarrier(server)
    ended: list[PeersealError] = []

    def wait() -> None:
        try:
            while True:
                carrier.receive(HTTP_WAIT_MAX_SECONDS)
        except PeersealError as error:
            ended.append(error)

    waiting = threading.Thread(target=wait, daemon=True)
    waiting.start()
    carrier._sending.sock.shutdown(2)
    with pytest.raises(Interrupted):
        carrier.send({"type": "ping"})
    waiting.join(HTTP_WAIT_MAX_SECONDS / 2)
    assert len(ended) == 1
    assert isinstance(ended[0], Interrupted)
    carrier.close()


class OneAnswerEach(socketserver.BaseRequestHandler):
    """A server that challenges whoever has no pass and blocks who has one, and closes each connection that rests."""

    def handle(self) -> None:
        head, _, body = self.request.recv(65_536).partition(b"\r\n\r\n")
        if b"Content-Length" in head and not body:
            self.request.recv(65_536)
        passed = b"peerseal-pass" in head.lower()
        if b"/api/v1/challenge " in head:
            status = 200 if head.startswith(b"GET") else 201
            asked = {"challenge": "abc", "bits": 4, "count": 2, "expires": 1, "needed": True}
            said: dict[str, object] = asked if status == 200 else {"pass": "a-pass", "expires": 2}
        else:
            status = 403 if passed else 429
            code = "blocked" if passed else "challenge"
            said = {"code": code, "title": "No", "status": status, "request_id": "0"}
        text = json.dumps(said).encode()
        kind = b"application/problem+json" if status >= 400 else b"application/json"
        self.request.sendall(
            b"HTTP/1.1 %d X\r\nContent-Type: %b\r\nContent-Length: %d\r\n\r\n%b"
            % (status, kind, len(text), text)
        )


def test_a_connection_that_the_server_closed_while_this_machine_computed_is_no_end() -> None:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), OneAnswerEach) as strict:
        threading.Thread(target=strict.serve_forever, daemon=True).start()
        try:
            with pytest.raises(Refused) as refused:
                open_carrier(parse_server(f"http://127.0.0.1:{strict.server_address[1]}"))
        finally:
            strict.shutdown()
    assert refused.value.code == "blocked"  # it paid, and was heard again


def test_who_had_to_make_place_on_a_full_list_hears_so() -> None:
    ours, theirs = socket.socketpair()
    carrier = WebSocketCarrier(WebSocket(ours, max_message=70_000), parse_server("http://localhost:1"))
    why = (1008).to_bytes(2, "big") + b"lobby_full"
    theirs.sendall(b"\x88" + bytes([len(why)]) + why)
    with pytest.raises(Refused) as caught:
        carrier.receive(5)
    assert (caught.value.code, caught.value.retryable) == ("lobby_full", True)
    carrier.close()
    theirs.close()
