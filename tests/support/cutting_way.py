"""A way to a server on which every connection breaks after a while."""

from __future__ import annotations

import socket
import threading
from typing import Final

PATIENCE: Final = 20.0


class CuttingWay:
    """Cuts every connection after so many bytes from the client, or from the server. `cuts` counts."""

    def __init__(self, port: int, after: int, *, down: bool = False) -> None:
        """`down`: bytes from the server count."""
        self._port, self._after, self._down = port, after, down
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.cuts = 0
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        with client, socket.create_connection(("127.0.0.1", self._port)) as upstream:
            back = threading.Thread(target=self._pump, args=(upstream, client, self._down), daemon=True)
            back.start()
            self._pump(client, upstream, not self._down)
            back.join(PATIENCE)

    def _pump(self, source: socket.socket, target: socket.socket, counts: bool) -> None:
        left = self._after if counts else 2**63
        while left > 0 and (piece := _some(source, min(left, 4096))):
            try:
                target.sendall(piece)
            except OSError:
                break
            left -= len(piece)
        if left <= 0:
            self.cuts += 1
        for sock in (source, target):
            _shut(sock)

    def close(self) -> None:
        self._listener.close()


def _some(sock: socket.socket, size: int) -> bytes:
    try:
        return sock.recv(size)
    except OSError:
        return b""


def _shut(sock: socket.socket) -> None:
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        return
