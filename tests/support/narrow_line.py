"""A line that is narrow for relayed records until a test widens it: plain TCP, forwarded both ways, nothing lost."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

_RELAY = b"/api/v1/relay"
_PIECE = 65_536


class NarrowLine:
    """Listens on loopback and forwards to `server`. `url` is what a browser takes for the server's address.

    Relay streams get `rate` bytes a second each way until `widen`; everything else passes as it comes, unless
    `everything` is narrow.
    """

    def __init__(self, server: str, rate: int, *, everything: bool = False) -> None:
        place = urlsplit(server)
        assert place.hostname is not None
        assert place.port is not None
        self._target = (place.hostname, place.port)
        self._pause = _PIECE / rate
        self._everything = everything
        self._wide = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._wide.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def widen(self) -> None:
        """From now on everything passes as it comes."""
        self._wide.set()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            head = client.recv(_PIECE)
            server = socket.create_connection(self._target, 10)
        except OSError:
            client.close()
            return
        narrow = self._everything or _RELAY in head.partition(b"\r\n")[0]
        back = threading.Thread(target=self._forward, args=(server, client, b"", narrow), daemon=True)
        back.start()
        self._forward(client, server, head, narrow)
        back.join()
        client.close()
        server.close()

    def _forward(self, source: socket.socket, to: socket.socket, first: bytes, narrow: bool) -> None:
        piece = first
        free_at = time.monotonic()
        try:
            while True:
                if piece:
                    if narrow and not self._wide.is_set():
                        self._wide.wait(max(0.0, free_at - time.monotonic()))
                        free_at = max(free_at, time.monotonic()) + self._pause * len(piece) / _PIECE
                    to.sendall(piece)
                piece = source.recv(_PIECE)
                if not piece:
                    to.shutdown(socket.SHUT_WR)
                    return
        except OSError:
            for sock in (source, to):
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)
