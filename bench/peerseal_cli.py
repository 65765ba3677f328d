"""Peerseal's own command line and server, measured the way the others are."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
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
    """A running server, and one transfer between two clients of it."""

    url: str
    pid: int
    log: Path

    def transfer(
        self, what: Path, into: Path, *more: str, sends: Sequence[str] = (), receives: Sequence[str] = ()
    ) -> Run:
        """Send `what` with a code into the folder `into`; `more` are options of both sides."""
        code = f"{next(_numbers)}-harbor-velvet"
        both: list[str | Path] = ["--server", self.url, "-q", *more]
        began = time.perf_counter()
        sender = self._start("sender", "send", *both, *sends, "--code", code, what)
        receiver = self._start("receiver", "receive", *both, *receives, "-y", "-o", into, code)
        received = wait(receiver)
        sent = wait(sender)
        return Run(max(received.at, sent.at) - began, sent, received)

    def park(self, what: Path, into: Path) -> Run:
        """The same by way of the server's disk: every record is parked there."""
        return self.transfer(what, into, sends=("--store", "always"))

    def _start(self, who: str, *words: str | Path) -> subprocess.Popen[bytes]:
        home = {"PEERSEAL_HOME": self.log.with_name(who)}
        return start([BIN / "peerseal", *words], self.log, environment=home)

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
