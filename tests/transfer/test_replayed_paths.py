"""What travelled on one path, played again on the next one by whoever owns the way: nothing of it is taken twice."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from peerseal.transfer import comeback
from peerseal.transfer.events import Gone, Resume
from peerseal.transfer.journals import all_journals
from support.cutting_proxy import CuttingProxy

from .wishing import noise, receiving, sending

pytestmark = pytest.mark.e2e
_SIZE = 40_000_000
_END = b"\r\n\r\n"


class ReplayingProxy(CuttingProxy):
    """Cuts everything once a part of the first path has passed, and plays that part instead of every later one."""

    def __init__(self, server: str) -> None:
        super().__init__(server, lambda _number: 1 << 60)
        self.recorded = bytearray()
        self.replays = 0

    def _forward(
        self, source: socket.socket, to: socket.socket, first: bytes, left: list[int] | None
    ) -> None:
        if left is None or first:
            super()._forward(source, to, first, left)
            return
        try:
            if self.pipes == 1:
                self._record(source, to)
            else:
                self._replay(source, to)
        except OSError:
            return

    def _record(self, source: socket.socket, to: socket.socket) -> None:
        seen = bytearray()
        while len(seen) < _SIZE // 2:
            piece = source.recv(65_536)
            if not piece:
                return
            seen += piece
            to.sendall(piece)
        self.recorded += seen.partition(_END)[2]
        self.cut_everything()

    def _replay(self, source: socket.socket, to: socket.socket) -> None:
        head = b""
        while _END not in head:
            piece = source.recv(1)
            if not piece:
                return
            head += piece
        self.replays += 1
        to.sendall(head + self.recorded)


def test_a_recorded_path_played_into_the_resumed_transfer_puts_nothing_in_place(
    server: str, outbox: Path, inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comeback.Bond.conversation, "__defaults__", (lambda _: False, 5.0))
    noise(outbox / "a.bin", _SIZE)
    with ReplayingProxy(server) as proxy:
        alice = sending(server, outbox / "a.bin", record_size=65_536)
        bob = receiving(proxy.url, alice.code(), inbox, keep_in=str(tmp_path / "bob"))
        error = bob.error()
        assert proxy.replays >= 1
    assert (error.code, error.exit_code) == ("out_of_order", 7)
    assert any(isinstance(event, Gone) for event in bob.events)
    assert any(isinstance(event, Resume) and event.from_ > 0 for event in bob.events)
    assert list(inbox.iterdir()) == []
    assert not all_journals(str(tmp_path / "bob"))
    assert alice.error().exit_code == 7
