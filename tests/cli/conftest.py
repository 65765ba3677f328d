"""A server for the tests of commands, devices at it, and two people with accounts and each other's keys."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.device import Device
from support.live_server import LiveServer
from support.operating import Seat
from support.shell import Shell


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The address of one that is there for many tests."""
    with LiveServer() as live:
        yield live.url


@pytest.fixture
def device(server: str, tmp_path: Path) -> Device:
    """A device where nobody is signed in."""
    return Device(server, tmp_path / "somebody")


@pytest.fixture(scope="session")
def shells(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Shell, Shell]]:
    """Alice and Bob."""
    home = tmp_path_factory.mktemp("people")
    with LiveServer({"data": str(home / "server")}) as live:
        alice, bob = Shell(live.url, home, "alice"), Shell(live.url, home, "bob")
        for person in (alice, bob):
            person.run(
                "register", person.name, "--password-stdin", "-y", given="a password of eleven words\n"
            )
        alice.run("exchange", "request", "bob")
        bob.run("exchange", "accept", "alice")
        alice.run("contacts")
        yield alice, bob


@pytest.fixture
def alice(shells: tuple[Shell, Shell]) -> Shell:
    """Who stores."""
    return shells[0]


@pytest.fixture
def bob(shells: tuple[Shell, Shell]) -> Shell:
    """Who is given."""
    return shells[1]


@pytest.fixture(scope="session")
def operated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A server that stops who attacks, takes accounts by invitation, and has Root as operator; and its folder."""
    data = tmp_path_factory.mktemp("operated")
    settings = {"data": str(data), "guard": "enforce", "registration": "invite", "operators": "Root"}
    with LiveServer(settings) as live:
        yield live.url, data


@pytest.fixture
def seat(operated: tuple[str, Path], tmp_path: Path) -> Seat:
    """Somebody who can read that server's folder, and has no keys."""
    return Seat(*operated, tmp_path / "home")
