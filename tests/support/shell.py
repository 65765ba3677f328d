"""Somebody at a terminal: real programs with keys of their own, in a folder of their own."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from support.command_line import PEERSEAL


class Shell:
    """Somebody's terminal: their keys, the server, and a folder to stand in."""

    def __init__(self, server: str, home: Path, name: str) -> None:
        self.folder = home / name
        self.folder.mkdir()
        self.environment = {
            **os.environ,
            "PEERSEAL_HOME": str(self.folder / "keys"),
            "PEERSEAL_SERVER": server,
            "NO_COLOR": "1",
        }
        self.name = name

    def run(self, *words: str | Path, given: str = "", code: int = 0) -> str:
        """Run a command that must end with this exit code; its standard output."""
        done = subprocess.run(
            [PEERSEAL, *words],
            cwd=self.folder,
            env=self.environment,
            input=given.encode(),
            capture_output=True,
            check=False,
        )
        self.said = done.stderr.decode()
        assert done.returncode == code, f"exit {done.returncode}: {self.said}"
        return done.stdout.decode()

    def result(self, *words: str | Path) -> dict[str, object]:
        """The `result` event of a command with --json."""
        events = [json.loads(line) for line in self.run(*words, "--json").splitlines()]
        assert all(event["v"] == 1 for event in events)
        (result,) = [event for event in events if event["event"] == "result"]
        assert isinstance(result, dict)
        return result

    def start(self, *words: str | Path) -> subprocess.Popen[bytes]:
        """Begin a command and leave it running."""
        return subprocess.Popen(
            [PEERSEAL, *words],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )


def wait(until: Callable[[], bool], seconds: float = 20) -> None:
    """Until it is so; a test that waits in vain fails."""
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)
