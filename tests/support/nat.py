"""Two people behind separate symmetric NATs, a server between them, and no UDP from one to the other. Needs root.

    alice 10.78.1.2 ── 10.78.1.1 NAT 10.77.1.2 ── 10.77.1.1 server 10.77.2.1 ── 10.77.2.2 NAT 10.78.2.1 ── 10.78.2.2 bob

Each NAT gives every destination a random port of its own and lets in answers only.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from support.network import Lab, Place, extra_place, lab

TURN_PORT = 3478
SECRET = "only-of-these-tests-0001-b7Kq9w"


@dataclass(frozen=True)
class NatLab:
    """The lab whose two outer places are NATs, and who is behind them."""

    server: Place
    alice: Place
    bob: Place


@contextmanager
def nat_lab() -> Iterator[NatLab]:
    """Make it; remove it with everything still running in it, whatever happens."""
    with (
        lab() as outside,
        behind(outside.near, "10.78.1") as alice,
        behind(outside.far, "10.78.2") as bob,
    ):
        _no_udp_across(outside)
        yield NatLab(outside.server, alice, bob)


@contextmanager
def behind(nat: Place, network: str) -> Iterator[Place]:
    """A place whose only way out is this one, which hides it."""
    outer = nat.cables()[0]
    with extra_place(nat, network, gateway="10.77.1.1") as inside:
        inside.run("ip", "route", "add", "default", "via", f"{network}.1")
        nat.run("ip", "route", "add", "default", "via", nat.gateway)
        nat.run("sysctl", "-qw", "net.ipv4.ip_forward=1")
        nat.run(
            "iptables", "-t", "nat", "-A", "POSTROUTING", "-o", outer, "-j", "MASQUERADE", "--random-fully"
        )
        nat.run(
            "iptables",
            "-A",
            "FORWARD",
            "-i",
            outer,
            "-m",
            "conntrack",
            "--ctstate",
            "ESTABLISHED",
            "-j",
            "ACCEPT",
        )
        nat.run("iptables", "-A", "FORWARD", "-i", outer, "-j", "DROP")
        yield inside


def _no_udp_across(outside: Lab) -> None:
    outside.server.run("sysctl", "-qw", "net.ipv4.ip_forward=1")
    outside.server.run("iptables", "-A", "FORWARD", "-p", "udp", "-j", "DROP")


def documented_coturn(operations: Path) -> str:
    """The configuration that docs/operations.md tells operators to use, with this secret."""
    block = operations.read_text().split("```conf", 1)[1].split("```", 1)[0]
    return block.replace("PUT-32-RANDOM-CHARACTERS-HERE", SECRET)


@contextmanager
def coturn(place: Place, home: Path, configuration: str) -> Iterator[Path]:
    """A TURN server at `place`; gives its log."""
    home.mkdir()
    log = home / "turn.log"
    (home / "turnserver.conf").write_text(
        f"{configuration}\nlistening-ip=10.77.1.1\nrelay-ip=10.77.1.1\nverbose\nuserdb={home}/turn.db\npidfile={home}/pid\n"
    )
    with log.open("wb") as out:
        process = subprocess.Popen(
            [
                *place.prefix,
                "turnserver",
                "-c",
                home / "turnserver.conf",
                "--log-file",
                "stdout",
                "--simple-log",
            ],
            stdout=out,
            stderr=out,
        )
    try:
        end = time.monotonic() + 15
        while not _listens(place):
            assert process.poll() is None, log.read_text(errors="replace")[-3000:]
            assert time.monotonic() < end, "coturn does not listen"
            time.sleep(0.05)
        yield log
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)


def _listens(place: Place) -> bool:
    asked = [*place.prefix, "ss", "-ulnH", "sport", "=", f":{TURN_PORT}"]
    return subprocess.run(asked, capture_output=True, check=True).stdout.strip() != b""
