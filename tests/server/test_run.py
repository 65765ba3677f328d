"""The server as a process: ready, quiet about secrets, and gone in good order."""

import socket
import time

import pytest

from peerseal.errors import UsageError
from peerseal.server.run import listen
from support.live_server import LiveServer
from support.meeting_peer import MeetingPeer, meet, open_pipe, raw_request


def test_sigterm_ends_an_idle_server_at_once_with_status_0() -> None:
    with LiveServer() as server, MeetingPeer(server.port, "Alice"):
        start = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - start < 5


def test_a_running_transfer_may_end_after_sigterm_and_an_endless_one_is_cut() -> None:
    with (
        LiveServer({"drain": "3"}) as server,
        MeetingPeer(server.port, "A") as alice,
        MeetingPeer(server.port, "B") as bob,
    ):
        room = meet(alice, bob)
        streams = ("AAAAAAAAAAA", "BBBBBBBBBBA")
        pairs = [
            (
                open_pipe(server.port, alice.ticket(room, "send", s)),
                open_pipe(server.port, bob.ticket(room, "receive", s)),
            )
            for s in streams
        ]
        (ending, its_sink), (endless, other_sink) = pairs
        server.signal_stop()
        time.sleep(0.5)
        ending.sendall(b"still through")
        ending.shutdown(socket.SHUT_WR)
        endless.sendall(b"x")
        got = b""
        while piece := its_sink.recv(100):
            got += piece
        assert got == b"still through"
        with other_sink.makefile("rb") as rest, pytest.raises(ConnectionResetError):
            rest.read()
        for one in (ending, its_sink, endless, other_sink):
            one.close()
        assert server.stop() == 0


def test_a_taken_port_is_said_plainly() -> None:
    with LiveServer() as server, pytest.raises(UsageError) as refused:
        listen("127.0.0.1", server.port)
    assert refused.value.code == "address_in_use"
    with pytest.raises(UsageError) as elsewhere:
        listen("203.0.113.1", 0)
    assert elsewhere.value.code == "cannot_listen"


def test_the_log_names_no_ticket_name_token_or_code() -> None:
    with LiveServer() as server:
        with MeetingPeer(server.port, "Canary-Name") as alice, MeetingPeer(server.port, "B") as bob:
            room = meet(alice, bob)
            ticket = alice.ticket(room, "send")
            alice.ask("allocate", nameplate="777123")
            open_pipe(server.port, ticket).close()
            raw_request(server.port, f"GET /{ticket} HTTP/1.1\r\n\r\n".encode())
            raw_request(server.port, f"rubbish {ticket}\r\n\r\n".encode())
        server.stop()
        log = server.log.read_text()
        assert not [secret for secret in (ticket, "Canary", room, "777123") if secret in log]
        assert log == ""
