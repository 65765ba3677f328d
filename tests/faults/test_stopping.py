"""SIGTERM with transfers under way: over within the drain, status 0, and whoever was in the middle goes on afterwards."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from peerseal.wire.stored import AskStoreTicket
from support.faults import ask, check, put, store
from support.live_server import LiveServer
from support.stored_files import chunks_of, commit_of, new_file, new_version
from support.storing import SignUp

pytestmark = pytest.mark.e2e

MANY = 50


def test_a_stop_in_the_middle_of_fifty_chunks_ends_in_time_and_all_of_them_arrive_afterwards(
    tmp_path: Path, sign_up: SignUp
) -> None:
    folder = tmp_path / "data"
    people, wanted = [], []
    with LiveServer({"data": str(folder)}) as server:
        half: list[socket.socket] = []
        for _ in range(MANY // 5):
            person = sign_up(server.port)
            people.append(person)
            one = new_file(version=new_version(content=5 * 16 * 4096 - 1, record_size=4096))
            wanted.append((one, chunks_of(one.version)))
            ticket = person.expect("new_file", one)["ticket"]
            person.close()
            for stream, n, content in [chunk for chunk in wanted[-1][1] if chunk[0] == "content"]:
                sock = socket.create_connection(("127.0.0.1", server.port))
                half.append(sock)
                head = (
                    f"PUT /api/v1/chunks/{stream}/{n} HTTP/1.1\r\nHost: localhost\r\n"
                    f"Authorization: Ticket {ticket}\r\nContent-Length: {len(content)}\r\n\r\n"
                )
                sock.sendall(head.encode() + content[: len(content) // 2])
        kept = store(people[0])
        began = time.monotonic()
        server.signal_stop()
        assert server.ended(20) == 0
        assert time.monotonic() - began < 15  # 10 s, and what a busy machine needs
        for sock in half:
            sock.close()
        assert len(half) == MANY
    with LiveServer({"data": str(folder)}) as server:
        assert list((folder / "blobs" / ".parts").iterdir()) == []
        for person, (one, chunks) in zip(people, wanted, strict=True):
            with closing(person.again(server.port)) as again:
                asked = AskStoreTicket("upload")
                ticket = again.expect("store_ticket", asked, upload=one.version.upload)["ticket"]
                for stream, n, content in chunks:
                    assert put(again, ticket, (stream, n), content).status in (200, 201)
                again.expect("commit", commit_of(one.version), upload=one.version.upload)
        with closing(people[0].again(server.port)) as again:
            check(again, kept)


def test_a_server_that_is_ending_is_live_and_not_ready(tmp_path: Path) -> None:
    with LiveServer({"data": str(tmp_path / "data")}) as server:
        link = socket.create_connection(("127.0.0.1", server.port))
        link.sendall(b"GET /api/v1/news HTTP/1.1\r\nHost: localhost\r\n")  # never finished
        assert ask(server.port, "GET", "/api/v1/health/ready").status == 200
        ended: list[int] = []
        waiter = threading.Thread(target=lambda: ended.append(server.ended(20)))
        server.signal_stop()
        waiter.start()
        waiter.join(20)
        link.close()
        assert ended == [0]


def test_a_second_signal_ends_it_at_once(tmp_path: Path) -> None:
    with LiveServer({"data": str(tmp_path / "data"), "drain": "60"}) as server:
        server.signal_stop()
        try:
            os.kill(server.pid, signal.SIGTERM)
        except ProcessLookupError:
            return
        assert server.ended(20) == 0
