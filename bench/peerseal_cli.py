"""Peerseal's own command line and server, measured the way the others are."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from bench.measure import ENVIRONMENT, Run, cpu_and_memory, start, wait
from bench.wormhole import await_port, free_port

BIN = Path(sys.executable).parent
_numbers = count(100)


@dataclass(frozen=True)
class Peerseal:
    """A running server, and one transfer through its relay."""

    url: str
    pid: int
    log: Path

    def transfer(self, what: Path, into: Path, *more: str) -> Run:
        """Send `what` with a code through the relay into the folder `into`."""
        code = f"{next(_numbers)}-harbor-velvet"
        began = time.perf_counter()
        sender = start(
            [BIN / "peerseal", "send", "--server", self.url, "-q", "--code", code, *more, what], self.log
        )
        receiver = start(
            [BIN / "peerseal", "receive", "--server", self.url, "-q", "-y", "-o", into, code], self.log
        )
        received = wait(receiver)
        sent = wait(sender)
        return Run(max(received.at, sent.at) - began, sent, received)

    def account(self) -> tuple[float, float]:
        """CPU seconds and resident MiB of the server."""
        return cpu_and_memory(self.pid)


@contextmanager
def running(*, extra: dict[str, str] | None = None) -> Iterator[Peerseal]:
    """A server on a free loopback port with a folder of its own."""
    home = Path(tempfile.mkdtemp(prefix="bench-peerseal-"))
    log, port = home / "log", free_port()
    with log.open("ab") as noise:
        server = subprocess.Popen(
            [BIN / "peerseal", "serve", "--host", "127.0.0.1", "--port", str(port), "--data", home / "data"],
            stdin=subprocess.DEVNULL,
            stdout=noise,
            stderr=noise,
            env={**ENVIRONMENT, **(extra or {})},
        )
    try:
        await_port(port)
        yield Peerseal(f"http://127.0.0.1:{port}", server.pid, log)
    finally:
        server.terminate()
        wait(server, 15)
        shutil.rmtree(home, ignore_errors=True)


def import_milliseconds(rounds: int = 15) -> float:
    """Best of `rounds`: a fresh interpreter importing all that `peerseal send` imports, start-up included."""
    best = float("inf")
    for _ in range(rounds):
        began = time.perf_counter()
        subprocess.run(
            [sys.executable, "-c", "import peerseal.cli.main, peerseal.cli.send, peerseal.transfer.send"],
            check=True,
            env=ENVIRONMENT,
        )
        best = min(best, time.perf_counter() - began)
    return best * 1000
