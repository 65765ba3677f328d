"""A small network of our own: namespaces joined by cables (veth), made and removed by the test. Needs root.

    lab.server 10.77.1.1 ──── 10.77.1.2 lab.near
               10.77.2.1 ──── 10.77.2.2 lab.far

Nothing in it has a way out: there is no default route and no cable to this computer's own network.
"""

from __future__ import annotations

import os
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

ENTER = ("ip", "netns", "exec")


@dataclass(frozen=True)
class Place:
    """One namespace, and the address of the server's side of its cable."""

    name: str
    address: str
    gateway: str = ""

    @property
    def prefix(self) -> list[str]:
        """What to put before a command so that it runs here."""
        return [*ENTER, self.name]

    def run(self, *command: str) -> None:
        _run(*self.prefix, *command)

    def wrapper(self, program: str, at: Path) -> str:
        """A script that runs `program` here, for callers that want one path."""
        script = at / f"in-{self.name}"
        script.write_text(f'#!/bin/sh\nexec {" ".join(self.prefix)} {quote(program)} "$@"\n')
        script.chmod(0o755)
        return str(script)

    def come_from_afar(self, server: Place, address: str) -> None:
        """Reach the server from `address`, which stands in none of its networks, as a stranger would."""
        link = self._cable()
        self.run("ip", "address", "add", f"{address}/32", "dev", "lo")
        self.run("ip", "route", "replace", f"{self.gateway}/32", "dev", link, "src", address)
        server.run("ip", "route", "add", f"{address}/32", "via", self.address)

    def _cable(self) -> str:
        links = subprocess.run(
            [*self.prefix, "ls", "/sys/class/net"], capture_output=True, text=True, check=True
        )
        return next(link for link in links.stdout.split() if link != "lo")

    def drop_everything(self) -> None:
        """Silently lose every packet from and to here, as when a cable is pulled."""
        for chain in ("INPUT", "OUTPUT"):
            self.run("iptables", "-I", chain, "!", "-i" if chain == "INPUT" else "-o", "lo", "-j", "DROP")


@dataclass(frozen=True)
class Lab:
    """Three places: the server between two that reach it over different networks."""

    server: Place
    near: Place
    far: Place


@contextmanager
def lab() -> Iterator[Lab]:
    """Make the network; remove it with everything still running in it, whatever happens."""
    tag = f"ps{secrets.token_hex(3)}"
    server = Place(f"{tag}s", "10.77.1.1")
    near = Place(f"{tag}n", "10.77.1.2", gateway="10.77.1.1")
    far = Place(f"{tag}f", "10.77.2.2", gateway="10.77.2.1")
    made: list[Place] = []
    try:
        for place in (server, near, far):
            _run("ip", "netns", "add", place.name)
            made.append(place)
            place.run("ip", "link", "set", "lo", "up")
        for number, place in enumerate((near, far)):
            _cable(server, place, f"{tag}{number}")
        yield Lab(server, near, far)
    finally:
        for place in made:
            _end_everything_in(place)
            _run("ip", "netns", "delete", place.name)


def _cable(server: Place, place: Place, name: str) -> None:
    _run("ip", "link", "add", f"{name}a", "netns", server.name, "type", "veth", "peer", "name", f"{name}b",
         "netns", place.name)  # fmt: skip
    for end, address, link in ((server, place.gateway, f"{name}a"), (place, place.address, f"{name}b")):
        end.run("ip", "address", "add", f"{address}/24", "dev", link)
        end.run("ip", "link", "set", link, "up")


def _end_everything_in(place: Place) -> None:
    pids = subprocess.run(["ip", "netns", "pids", place.name], capture_output=True, text=True, check=False)
    for pid in pids.stdout.split():
        try:
            os.kill(int(pid), 9)
        except ProcessLookupError:
            continue


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
