"""A small network of our own: namespaces joined by cables (veth), made and removed by the test. Needs root.

    lab.server 10.77.1.1 ──── 10.77.1.2 lab.near
               10.77.2.1 ──── 10.77.2.2 lab.far

Nothing in it has a way out: there is no default route and no cable to this computer's own network.
"""

from __future__ import annotations

import os
import re
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
        return self.cables()[0]

    def cables(self) -> list[str]:
        """The names of the cables here."""
        links = subprocess.run(
            [*self.prefix, "ls", "/sys/class/net"], capture_output=True, text=True, check=True
        )
        return [link for link in links.stdout.split() if link != "lo"]

    def cable_address(self, new: str) -> None:
        """Be somebody else on the cable from now on, as after a change of network: connections of before are lost."""
        link = self._cable()
        self.run("ip", "address", "flush", "dev", link)
        self.run("ip", "address", "add", f"{new}/24", "dev", link)

    def drop_everything(self) -> None:
        """Silently lose every packet from and to here, as when a cable is pulled."""
        for chain in ("INPUT", "OUTPUT"):
            self.run("iptables", "-I", chain, "!", "-i" if chain == "INPUT" else "-o", "lo", "-j", "DROP")

    def plug_in_again(self) -> None:
        """The end of `drop_everything`."""
        for chain in ("INPUT", "OUTPUT"):
            self.run("iptables", "-D", chain, "!", "-i" if chain == "INPUT" else "-o", "lo", "-j", "DROP")

    def lose(self, network: str) -> None:
        """Silently lose every packet from and to a network."""
        for chain, side in (("INPUT", "-s"), ("OUTPUT", "-d")):
            self.run("iptables", "-I", chain, side, network, "-j", "DROP")

    def slow_down(self, rate: str) -> None:
        """Send no more than that on any cable (`400mbit`)."""
        for link in self.cables():
            self.run(
                "tc",
                "qdisc",
                "add",
                "dev",
                link,
                "root",
                "tbf",
                "rate",
                rate,
                "burst",
                "256kb",
                "latency",
                "50ms",
            )

    def connections(self, port: int) -> list[tuple[int, int]]:
        """Local port and payload bytes so far of each TCP connection from here to that port, the busiest first."""
        done = subprocess.run(
            [*self.prefix, "ss", "-tinHO", "state", "established", "dport", "=", f":{port}"],
            capture_output=True,
            text=True,
            check=True,
        )
        found = []
        for line in done.stdout.splitlines():
            local = int(line.split()[2].rpartition(":")[2])
            amounts = re.findall(r"bytes_(?:sent|received):(\d+)", line)
            found.append((local, max(map(int, amounts), default=0)))
        return sorted(found, key=lambda one: -one[1])

    def reset(self, local_port: int, port: int) -> None:
        """End a TCP connection from here as a broken router does: a reset to both ends."""
        self.run("ss", "-K", "sport", "=", f":{local_port}", "dport", "=", f":{port}")

    def count(self, *which: str) -> None:
        """Begin to count what is sent from here, of what matches (`tcp`, `--dport`, `5000`)."""
        self.run("iptables", "-I", "OUTPUT", "-p", *which, "-m", "comment", "--comment", "count")

    def sent(self) -> int:
        """Payload bytes counted so far, repeated ones included (TCP: each packet has 52 bytes of headers)."""
        done = subprocess.run(
            [*self.prefix, "iptables", "-nvxL", "OUTPUT"], capture_output=True, text=True, check=True
        )
        packets, octets = next(line.split()[:2] for line in done.stdout.splitlines() if "/* count */" in line)
        return int(octets) - 52 * int(packets)


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


@contextmanager
def extra_place(beside: Place, network: str, gateway: str) -> Iterator[Place]:
    """One more place with a cable to `beside`; it reaches the server at `gateway`."""
    tag = f"ps{secrets.token_hex(3)}"
    place = Place(f"{tag}x", f"{network}.2", gateway)
    _run("ip", "netns", "add", place.name)
    try:
        place.run("ip", "link", "set", "lo", "up")
        join(beside, place, network)
        yield place
    finally:
        _end_everything_in(place)
        _run("ip", "netns", "delete", place.name)


def join(first: Place, second: Place, network: str = "10.77.3") -> None:
    """A cable between two places besides those they have: they can reach each other directly by it."""
    name = f"ps{secrets.token_hex(3)}"
    _run("ip", "link", "add", f"{name}a", "netns", first.name, "type", "veth", "peer", "name", f"{name}b",
         "netns", second.name)  # fmt: skip
    for end, link, last in ((first, f"{name}a", 1), (second, f"{name}b", 2)):
        end.run("ip", "address", "add", f"{network}.{last}/24", "dev", link)
        end.run("ip", "link", "set", link, "up")


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
