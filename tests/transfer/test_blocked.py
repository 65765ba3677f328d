"""Where a proxy lets no Upgrade through, everything goes over plain HTTP by itself."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import peerseal
from peerseal.transfer.events import Path as PathEvent

from .conftest import Doing

pytestmark = pytest.mark.e2e


class Strict:
    """A proxy that answers 400 to any request that would upgrade and passes everything else on."""

    def __init__(self, upstream: str) -> None:
        self._upstream = int(upstream.rpartition(":")[2])
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            head = client.recv(65536)
            if b"\r\nupgrade:" in head.lower():
                client.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
                return
            with socket.create_connection(("127.0.0.1", self._upstream)) as server:
                server.sendall(head)
                back = threading.Thread(target=_pump, args=(server, client), daemon=True)
                back.start()
                _pump(client, server)
                back.join(10)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(65536):
            sink.sendall(piece)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def blocked(server: str) -> Iterator[str]:
    proxy = Strict(server)
    yield proxy.url
    proxy.close()


@pytest.mark.parametrize("who", ["both", "sender", "receiver"])
def test_a_file_crosses_without_any_upgrade(
    server: str, blocked: str, outbox: Path, inbox: Path, who: str
) -> None:
    content = bytes(range(256)) * 12_345
    (outbox / "a.bin").write_bytes(content)
    sender = Doing(peerseal.send, outbox / "a.bin", server=server if who == "receiver" else blocked)
    receiver = Doing(
        peerseal.receive, sender.code(), into=inbox, server=server if who == "sender" else blocked
    )
    receiver.result()
    sender.result()
    assert (inbox / "a.bin").read_bytes() == content
    for person, over_http in ((sender, who != "receiver"), (receiver, who != "sender")):
        paths = [event for event in person.events if isinstance(event, PathEvent)]
        assert [(path.kind, path.detail) for path in paths] == [("relay", "http" if over_http else "pipe")]
