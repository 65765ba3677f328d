"""A way to the server that breaks when a test wants it to: plain TCP, forwarded both ways, cut with a reset."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

_RELAY = b"/api/v1/relay "
_PIECE = 65_536
_RESET = struct.pack("ii", 1, 0)


class CuttingProxy:
    """Listens on loopback and forwards to `server`. `url` is what a client takes for the server's address.

    `after`: how many bytes of one relay pipe (either way, its HTTP head included) may pass before it is cut; asked
    anew for each pipe in the order they come, None for one that is left alone.
    """

    def __init__(self, server: str, after: Callable[[int], int | None] = lambda _number: None) -> None:
        self._target = ("", 0)
        self.leads_to(server)
        self._after = after
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._closed = False
        #: New connections are reset; with `for_good`, from the first pipe that was cut on, and everything else is cut too.
        self.refuses = False
        self.for_good = False
        self.pipes = 0
        self.cuts = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed = True
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut_everything()

    def leads_to(self, server: str) -> None:
        """What connects from now on gets to this server."""
        place = urlsplit(server)
        assert place.hostname is not None
        assert place.port is not None
        self._target = (place.hostname, place.port)

    def cut_everything(self) -> None:
        """Reset every connection there is now."""
        with self._lock:
            there, self._open = self._open, set()
        for sock in there:
            _reset(sock)

    def _accept(self) -> None:
        while not self._closed:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self.refuses:
                _reset(client)
                continue
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            head = client.recv(_PIECE)
            server = socket.create_connection(self._target, 10)
        except OSError:
            client.close()
            return
        left: list[int] | None = None
        if _RELAY in head.partition(b"\r\n")[0] and head.startswith(b"GET"):
            with self._lock:
                number, self.pipes = self.pipes, self.pipes + 1
            after = self._after(number)
            left = None if after is None else [after]
        with self._lock:
            self._open |= {client, server}
        back = threading.Thread(target=self._forward, args=(server, client, b"", left), daemon=True)
        back.start()
        self._forward(client, server, head, left)
        back.join()
        with self._lock:
            self._open -= {client, server}
        client.close()
        server.close()

    def _forward(
        self, source: socket.socket, to: socket.socket, first: bytes, left: list[int] | None
    ) -> None:
        piece = first
        try:
            while True:
                if piece:
                    if left is not None and len(piece) >= left[0]:
                        to.sendall(piece[: left[0]])
                        self.cuts += 1
                        if self.for_good:
                            self.refuses = True
                            self.cut_everything()
                        _reset(source)
                        _reset(to)
                        return
                    if left is not None:
                        left[0] -= len(piece)
                    to.sendall(piece)
                piece = source.recv(_PIECE)
                if not piece:
                    to.shutdown(socket.SHUT_WR)
                    return
        except OSError:
            _reset(source)
            _reset(to)


def _reset(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        sock.shutdown(socket.SHUT_RDWR)
    with contextlib.suppress(OSError):
        sock.close()
