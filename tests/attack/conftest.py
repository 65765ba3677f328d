"""A real server, started by its command, with the detector as it comes: enforcing."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

from support.serving import serving
from support.storing import Storer

PROGRAM = (sys.executable, "-m", "peerseal", "serve")
#: Everybody here registers from this computer.
SETTINGS = {"PEERSEAL_GUARD": "enforce", "PEERSEAL_REGISTRATIONS_PER_HOUR": "1000"}


class Attacked(NamedTuple):
    """A server under attack: where it is, and its folder with `data` and `log`."""

    url: str
    home: Path

    @property
    def port(self) -> int:
        """Where it listens."""
        port = urlsplit(self.url).port
        assert port is not None
        return port

    @property
    def blobs(self) -> set[Path]:
        """Every file it keeps of what people store; those on their way too."""
        return {path for path in (self.home / "data" / "blobs").rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    """One for all tests of a file; each attacks from addresses of its own."""
    home = tmp_path_factory.mktemp("attacked")
    with serving(home, program=PROGRAM, env=SETTINGS) as url:
        yield Attacked(url, home)


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    """The same, but its detector only notes: for whoever does wrong things on purpose without end."""
    home = tmp_path_factory.mktemp("patient")
    with serving(home, program=PROGRAM, env={**SETTINGS, "PEERSEAL_GUARD": "observe"}) as url:
        yield Attacked(url, home)


@pytest.fixture
def ada(attacked: Attacked) -> Iterator[Storer]:
    """Somebody honest with an account of their own."""
    person = Storer.sign_up(attacked.port)
    yield person
    person.close()
