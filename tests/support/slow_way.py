"""A way to the server that is narrow until a test widens it: what goes up takes its time."""

from __future__ import annotations

import socket
import threading

from support.cutting_proxy import CuttingProxy

_PIECE = 65_536
_TURN_SECONDS = 0.02


class SlowWay(CuttingProxy):
    """About 3 MB/s for each connection, either way, until `wide` is set."""

    def __init__(self, server: str) -> None:
        self.wide = threading.Event()
        super().__init__(server)

    def _forward(
        self, source: socket.socket, to: socket.socket, first: bytes, left: list[int] | None
    ) -> None:
        del left
        piece = first or b""
        try:
            while True:
                if piece:
                    to.sendall(piece)
                    if len(piece) > _PIECE // 4:
                        self.wide.wait(_TURN_SECONDS)
                piece = source.recv(_PIECE)
                if not piece:
                    to.shutdown(socket.SHUT_WR)
                    return
        except OSError:
            for sock in (source, to):
                sock.close()
