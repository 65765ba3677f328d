"""A server with an operator: commands at terminals with keys of their own, guesses by strangers, and invitations."""

from __future__ import annotations

import json
import os
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

from peerseal.client.api import Api
from peerseal.client.settings import parse_server
from peerseal.wire import operator
from support.command_line import PEERSEAL
from support.strangers import Stranger


class Seat:
    """Somebody at a terminal on the server's machine, with keys of their own. `data` is the server's folder."""

    def __init__(self, server: str, data: Path, home: Path) -> None:
        self.server, self.data, self.home = server, data, home

    def run(self, *words: str | Path, typed: str = "") -> subprocess.CompletedProcess[str]:
        """A command, to its end."""
        env = {name: value for name, value in os.environ.items() if not name.startswith("PEERSEAL_")}
        return subprocess.run(
            [PEERSEAL, *words, "--server", self.server],
            env={**env, "PEERSEAL_HOME": str(self.home), "NO_COLOR": "1"},
            cwd=self.home.parent,
            input=typed,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def events(self, *words: str | Path, typed: str = "") -> list[dict[str, Any]]:
        """What --json says, line by line."""
        return [json.loads(line) for line in self.run(*words, "--json", typed=typed).stdout.splitlines()]

    def guard(self, *words: str) -> subprocess.CompletedProcess[str]:
        """`peerseal guard` as the operator."""
        return self.run("guard", *words, "--data", self.data)

    def told(self, *words: str) -> list[dict[str, Any]]:
        """The same with --json."""
        return self.events("guard", *words, "--data", self.data)

    def invitation(self) -> str:
        """The code of a new one, for one account."""
        with closing(Api(parse_server(self.server))) as api:
            api.operator = (self.data / "operator.token").read_text().strip()
            return api.ask(operator.MadeInvite, "operator_invite", operator.NewInvite("for a test", 1)).code


def guess(server: str, name: str, *networks: int) -> None:
    """Sign in with wrong passwords from these networks until the server has enough, however slow it is."""
    for network in networks:
        stranger = Stranger(parse_server(server).port, f"127.0.{network}.1")
        for _ in range(11):
            assert stranger.sign_in(name, bytes(32)).status in (401, 429)
