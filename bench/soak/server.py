"""A server under load, and somebody who uses it meanwhile from a process of their own."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))
from support.serving import end, free_port, healthy, launch
from support.storing import Storer

PROGRAM = (sys.executable, "-m", "peerseal", "serve")
#: As people run it: the tests, whose way of starting a server this uses, only observe.
_GENEROUS = {"PEERSEAL_REGISTRATIONS_PER_HOUR": "1000000", "PEERSEAL_GUARD": "enforce"}


class Server:
    """`peerseal serve`; `settings` are its variables without PEERSEAL_, `nofile` its hard limit of descriptors."""

    def __init__(
        self, settings: Mapping[str, str] | None = None, nofile: int | None = None, home: Path | None = None
    ) -> None:
        self._settings = {f"PEERSEAL_{key.upper()}": value for key, value in (settings or {}).items()}
        self._prefix = ("prlimit", f"--nofile={nofile}:{nofile}") if nofile else ()
        self._folder = tempfile.TemporaryDirectory(prefix="peerseal-soak-", ignore_cleanup_errors=True)
        self.home = home or Path(self._folder.name)

    def __enter__(self) -> Self:
        """Running."""
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process = launch(
            self.home,
            program=PROGRAM,
            prefix=self._prefix,
            port=self.port,
            env={**_GENEROUS, **self._settings},
            ready=lambda: healthy(self.url),
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Over."""
        end(self._process)
        self._folder.cleanup()

    @property
    def pid(self) -> int:
        """Its process (prlimit becomes the program)."""
        return self._process.pid

    @property
    def log(self) -> str:
        """What it said."""
        return (self.home / "log").read_text(errors="replace")

    def resident_kib(self) -> int:
        """Resident memory now."""
        lines = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))

    def cpu_seconds(self) -> float:
        """Processor time so far."""
        # By the scheduler's own clock: those of `stat` tick a hundred times a second.
        tasks = Path(f"/proc/{self.pid}/task").iterdir()
        return sum(int((task / "schedstat").read_text(encoding="ascii").split()[0]) for task in tasks) / 1e9

    def descriptors(self) -> int:
        """Open ones."""
        return sum(1 for _ in Path(f"/proc/{self.pid}/fd").iterdir())


class Control:
    """Somebody signed in who asks for their files on a new connection 20 times a second, from another process."""

    def __init__(self, port: int) -> None:
        person = Storer.sign_up(port)
        person.close()
        self._command = [sys.executable, "-m", "bench.soak.control", str(port)]
        self._token = person.token
        self.seconds: list[float] = []
        self.failed = 0

    def __enter__(self) -> Self:
        """Asking."""
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(self._command, stdin=pipe, stdout=pipe, text=True)
        assert self._process.stdin is not None
        self._process.stdin.write(self._token + "\n")
        self._process.stdin.flush()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Has asked enough: `seconds` is how long each answer took, `failed` how many did not come."""
        said, _ = self._process.communicate(timeout=60)
        content = json.loads(said)
        self.seconds, self.failed = content["seconds"], content["failed"]
