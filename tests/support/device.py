"""Somebody's device: the command line with keys of its own, what it said, and with which exit code it ended."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from support.terminal import Terminal

WAIT: Final = 60


class Ended:
    """A command that has ended: its exit code and what it said."""

    def __init__(self, done: subprocess.CompletedProcess[str]) -> None:
        self.exit, self.out, self.err = done.returncode, done.stdout, done.stderr

    @property
    def events(self) -> list[dict[str, Any]]:
        """What --json said, line by line."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def result(self) -> dict[str, Any]:
        """The one `result`."""
        (result,) = [event for event in self.events if event["event"] == "result"]
        return result

    @property
    def error(self) -> dict[str, Any]:
        """The `error` it ended with."""
        return self.events[-1]


class Device:
    """Somebody's device: runs commands with keys of its own."""

    def __init__(self, server: str, home: Path) -> None:
        self.server, self.home = server, home

    def run(self, *words: str, typed: Sequence[str] = ()) -> Ended:
        """Run a command; `typed` are the secret lines of --password-stdin."""
        env = {name: value for name, value in os.environ.items() if not name.startswith("PEERSEAL_")}
        own = {"PEERSEAL_SERVER": self.server, "PEERSEAL_HOME": str(self.home), "PEERSEAL_KEYRING": "file"}
        secret = ["--password-stdin"] if typed else []
        return Ended(
            subprocess.run(
                [sys.executable, "-m", "peerseal", *words, *secret],
                input="".join(f"{line}\n" for line in typed),
                capture_output=True,
                text=True,
                timeout=WAIT,
                check=False,
                env={**env, **own},
            )
        )

    def json(self, *words: str, typed: Sequence[str] = ()) -> Ended:
        """The same with --json."""
        return self.run(*words, "--json", typed=typed)

    def terminal(self, *words: str) -> Terminal:
        """The same at a terminal."""
        return Terminal(self.server, *words, home=self.home)


def registered(server: str, home: Path, name: str) -> Device:
    """A device with a new account, whose password follows from the name."""
    device = Device(server, home)
    assert device.run("register", name, typed=[f"{name}'s password"]).exit == 0
    return device
