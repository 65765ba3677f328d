"""Floods at the meeting of a real server, in small: each ends its own connection, the server stays as it was."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from attack.conftest import Attacked
from support.floods import FLOODS, pings
from support.meeting_peer import MeetingPeer
from support.outsider import Outsider
from support.storing import Storer

pytestmark = pytest.mark.e2e

#: What the server may grow by, in MiB.
GROWTH: Final = 32
#: An attacker is cut within so many seconds.
PATIENCE: Final = 30


@pytest.mark.parametrize("flood", FLOODS)
def test_a_flood_ends_its_connection_and_takes_no_memory(attacked: Attacked, ada: Storer, flood: str) -> None:
    before = resident_mib(attacked.port)
    number = list(FLOODS).index(flood)
    with contextlib.closing(opened(attacked.port, f"127.90.{number}.1")) as sock:
        cut = poured(sock, FLOODS[flood]())
    assert cut, "still open"
    assert resident_mib(attacked.port) - before < GROWTH
    assert ada.call("files")[0] == 200
    with MeetingPeer(attacked.port, "Ada") as peer:
        assert peer.ask("ping")["ok"]


def test_pings_are_answered_and_take_no_memory(attacked: Attacked, ada: Storer) -> None:
    before = resident_mib(attacked.port)
    with contextlib.closing(opened(attacked.port, "127.91.0.1")) as sock:
        poured(sock, pings(), seconds=3)
        assert resident_mib(attacked.port) - before < GROWTH
        assert ada.call("files")[0] == 200


def opened(port: int, source: str) -> socket.socket:
    """A WebSocket of the meeting past its handshake."""
    sock = socket.create_connection(("127.0.0.1", port), 10, (source, 0))
    sock.sendall(
        f"GET /api/v1/meet HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        "Sec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Protocol: peerseal.meet.1\r\n\r\n".encode()
    )
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        piece = sock.recv(1)
        assert piece, answer
        answer += piece
    assert answer.startswith(b"HTTP/1.1 101 "), answer
    assert b"deflate" not in answer.lower(), "no message is ever unpacked"
    return sock


def poured(sock: socket.socket, pieces: Iterator[bytes], seconds: float = PATIENCE) -> bool:
    """Send until the server ends it; whether it did. Nothing is read meanwhile."""
    end = time.monotonic() + seconds
    sock.settimeout(1)
    for piece in pieces:
        try:
            sock.sendall(piece)
        except TimeoutError:
            pass  # it does not read: the buffers are full
        except OSError:
            return True
        if time.monotonic() > end:
            return False
    while time.monotonic() < end:
        try:
            if not sock.recv(65_536):
                return True
        except TimeoutError:
            continue
        except OSError:
            return True
    return False


def resident_mib(port: int) -> float:
    """Resident memory of the server that listens there."""
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            command = (folder / "cmdline").read_bytes()
            settings = (folder / "environ").read_bytes()
        except OSError:
            continue
        if b"serve" in command and f"PEERSEAL_PORT={port}\0".encode() in settings + b"\0":
            pages = int((folder / "statm").read_text().split()[1])
            return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
    raise AssertionError("no such server")


def test_a_slow_head_is_cut_and_others_notice_nothing(attacked: Attacked, ada: Storer) -> None:
    slow = [socket.create_connection(("127.0.0.1", attacked.port), 30, ("127.92.0.1", 0)) for _ in range(60)]
    try:
        for sock in slow:
            sock.sendall(b"GET / HTTP/1.1\r\nHost: local")
        assert ada.call("files")[0] == 200
        assert Outsider(attacked.port, "127.93.0.1").ask("GET", "/api/v1/health").status == 200
        begun = time.monotonic()
        for sock in slow:
            with contextlib.suppress(ConnectionError):
                while sock.recv(65_536):
                    pass
        assert time.monotonic() - begun < 15
    finally:
        for sock in slow:
            sock.close()
