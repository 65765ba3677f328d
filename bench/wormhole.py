"""magic-wormhole with its own mailbox and transit relay on loopback, direct or relayed: the peer to compare with."""

from __future__ import annotations

import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from bench.measure import Run, start, wait

BIN = Path(sys.executable).parent
_numbers = count(100)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def await_port(port: int, seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(f"nothing listens on {port}")


@dataclass(frozen=True)
class Wormhole:
    """Its two servers, and one transfer through them."""

    mailbox: int
    relay: int
    log: Path

    def transfer(self, what: Path, into: Path, *, direct: bool) -> Run:
        """Send `what` into the folder `into`: straight to the peer, or with no listener through the transit relay."""
        code = f"{next(_numbers)}-harbor-velvet"
        common: list[str | Path] = [
            BIN / "wormhole",
            "--relay-url",
            f"ws://127.0.0.1:{self.mailbox}/v1",
            "--transit-helper",
            f"tcp:127.0.0.1:{self.relay}",
        ]
        deaf = [] if direct else ["--no-listen"]
        began = time.perf_counter()
        sender = start([*common, "send", *deaf, "--no-qr", "--hide-progress", "--code", code, what], self.log)
        receiver = start(
            [
                *common,
                "receive",
                *deaf,
                "--hide-progress",
                "--accept-file",
                "-o",
                into / what.name,
                code,
            ],
            self.log,
        )
        received = wait(receiver)
        sent = wait(sender)
        return Run(max(received.at, sent.at) - began, sent, received)


@contextmanager
def running() -> Iterator[Wormhole]:
    """Both servers, stopped and swept on the way out."""
    home = Path(tempfile.mkdtemp(prefix="bench-wormhole-"))
    log = home / "log"
    mailbox, relay = free_port(), free_port()
    servers = [
        start(
            [BIN / "twist", "wormhole-mailbox", f"--port=tcp:{mailbox}:interface=127.0.0.1",
             f"--channel-db={home / 'mailbox.db'}", f"--usage-db={home / 'usage.db'}"],
            log,
        ),
        start([BIN / "twist", "transitrelay", f"--port=tcp:{relay}:interface=127.0.0.1"], log),
    ]  # fmt: skip
    try:
        await_port(mailbox)
        await_port(relay)
        yield Wormhole(mailbox, relay, log)
    finally:
        for server in servers:
            server.terminate()
            wait(server, 10)
        shutil.rmtree(home, ignore_errors=True)
