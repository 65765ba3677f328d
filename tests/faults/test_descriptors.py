"""No more files may be opened: those who are too many are cut, everybody else is answered, and it passes."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from http.client import HTTPConnection
from pathlib import Path

import pytest

from support.faults import check, store, wait_until
from support.live_server import LiveServer
from support.storing import SignUp

pytestmark = pytest.mark.e2e

FILES = 256


def live(port: int) -> bool:
    """Whether somebody from elsewhere is answered."""
    link = HTTPConnection("127.0.0.1", port, timeout=10, source_address=("127.0.9.9", 0))
    try:
        link.request("GET", "/api/v1/health")
        return link.getresponse().status == 200
    except OSError:
        return False
    finally:
        link.close()


def test_with_few_descriptors_and_many_connections_others_are_answered_and_it_recovers(
    tmp_path: Path, sign_up: SignUp
) -> None:
    prefix = ["prlimit", f"--nofile={FILES}:{FILES}"]
    with LiveServer({"data": str(tmp_path / "data")}, prefix=prefix) as server:
        ada = sign_up(server.port)
        kept = store(ada)
        with ExitStack() as stack:
            for n in range(2 * FILES):
                sock = socket.socket()
                stack.callback(sock.close)
                sock.bind((f"127.0.{1 + n // 64}.{1 + n % 64}", 0))
                sock.settimeout(5)
                try:
                    sock.connect(("127.0.0.1", server.port))
                    sock.sendall(b"GET /api/v1/health HTTP/1.1\r\n")
                except OSError:
                    continue
            wait_until(lambda: live(server.port))
            check(ada, kept)
        wait_until(lambda: live(server.port))
        check(ada, store(ada))
        assert server.stop() == 0
