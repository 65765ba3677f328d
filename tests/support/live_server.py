"""A real server in a process of its own, on a free loopback port."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

#: aiohttp is here for a client of the tests; on its own, a server has none, and comes up sooner without.
AS_INSTALLED = "import sys; sys.modules['aiohttp'] = None"

_PROGRAM = f"""
{AS_INSTALLED}
from peerseal.server.config import ServerConfig
from peerseal.server.run import serve
serve(ServerConfig.from_environment(), lambda urls: print(urls[0], flush=True))
"""

#: Tests register many accounts from one address, and do much there that abuse is made of: it is noted, and not stopped.
_GENEROUS = {"registrations_per_hour": "1000", "guard": os.environ.get("PEERSEAL_GUARD", "observe")}


class LiveServer:
    """Context manager: starts `serve`, stops it with SIGTERM.

    `settings` are PEERSEAL_* variables by field name, `{"discovery": "everyone"}`. `host` is where it listens;
    `before` is run in the server's process before anything of it is imported. `prefix`: what starts the program,
    and becomes it (`prlimit`, `strace -D`); `environment`: variables besides.
    """

    def __init__(
        self,
        settings: Mapping[str, str] | None = None,
        host: str = "127.0.0.1",
        before: str = "",
        *,
        prefix: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._prefix = list(prefix)
        self._environment = dict(environment or {})
        self._program = before + _PROGRAM
        self._settings = dict(settings or {})
        self._host = host
        self._process: subprocess.Popen[str] | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self.url = ""
        self.port = 0
        self.log = Path()

    @property
    def pid(self) -> int:
        """The server's process id."""
        assert self._process is not None
        return self._process.pid

    def __enter__(self) -> Self:
        """Start, and wait until it listens."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("PEERSEAL_")}
        self._folder = tempfile.TemporaryDirectory(prefix="peerseal-data-", ignore_cleanup_errors=True)
        chosen = {"host": self._host, "port": "0", "data": self._folder.name, **_GENEROUS, **self._settings}
        environment = clean | {f"PEERSEAL_{name.upper()}": value for name, value in chosen.items()}
        handle, name = tempfile.mkstemp(prefix="peerseal-server-", suffix=".log")
        self.log = Path(name)
        self._process = subprocess.Popen(
            [*self._prefix, sys.executable, "-c", self._program],
            env=environment | self._environment,
            stdout=subprocess.PIPE,
            stderr=handle,
            text=True,
        )
        os.close(handle)
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()
        assert self.url, f"the server did not start:\n{self.log.read_text()}"
        self.port = int(self.url.rpartition(":")[2])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop; kill if it does not."""
        if self._process is not None:
            self.stop()
        self.log.unlink(missing_ok=True)
        if self._folder is not None:
            self._folder.cleanup()

    def signal_stop(self) -> None:
        """SIGTERM, without waiting."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)

    def ended(self, seconds: float = 20) -> int:
        """The exit status, once the process has ended by itself or by a signal it was sent."""
        assert self._process is not None
        return self._process.wait(timeout=seconds)

    def stop(self) -> int:
        """SIGTERM and wait; the exit status."""
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            status = self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            status = self._process.wait(timeout=5)
        if self._process.stdout is not None:
            self._process.stdout.close()
        return status

    def operator_token(self) -> str:
        """What opens the operator's addresses."""
        assert self._folder is not None
        return (Path(self._folder.name) / "operator.token").read_text().strip()

    def resident_kib(self) -> int:
        """Resident memory now, in KiB."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))

    def sockets(self) -> int:
        """How many sockets it has open now."""
        count = 0
        for entry in Path(f"/proc/{self.pid}/fd").iterdir():
            with contextlib.suppress(OSError):  # closed while we look
                count += str(entry.readlink()).startswith("socket:")
        return count

    def cpu_seconds(self) -> float:
        """Processor time used so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
