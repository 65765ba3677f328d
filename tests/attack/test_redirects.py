"""A server that sends its clients elsewhere: none of them goes, and nothing of theirs is sent there."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.e2e


class Listener:
    """Answers every request with `answer`; `asked` is what came."""

    def __init__(self, answer: bytes) -> None:
        self.asked: list[bytes] = []
        self._answer = answer
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """No more."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(5)

    def _run(self) -> None:
        while True:
            try:
                sock, _ = self._socket.accept()
            except OSError:
                return
            with sock:
                sock.settimeout(5)
                try:
                    self.asked.append(sock.recv(65_536))
                    sock.sendall(self._answer)
                except OSError:
                    continue


@pytest.fixture
def elsewhere() -> Iterator[Listener]:
    listener = Listener(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
    yield listener
    listener.close()


@pytest.mark.parametrize("status", [302, 308])
@pytest.mark.parametrize(
    "command", [["whoami"], ["files"], ["receive", "7-apple-pear"], ["login", "ada"]], ids=" ".join
)
def test_no_client_follows_a_redirect_with_its_token(
    elsewhere: Listener, tmp_path: Path, status: int, command: list[str]
) -> None:
    where = f"http://127.0.0.1:{elsewhere.port}/api/v1/info"
    head = (
        f"HTTP/1.1 {status} Elsewhere\r\nLocation: {where}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    )
    server = Listener(head.encode())
    try:
        done = subprocess.run(
            [sys.executable, "-m", "peerseal", *command, "--server", f"http://127.0.0.1:{server.port}"],
            cwd=tmp_path,
            input="a password of mine\n",
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    finally:
        server.close()
    assert done.returncode != 0
    assert elsewhere.asked == []
    assert "Traceback" not in done.stderr
    assert not any(b"a password of mine" in one for one in server.asked)
