"""Parks without a network, on a set clock."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from peerseal.server.accounts.asking import Guest
from peerseal.server.parking.ledger import ParkRules
from support.stored_files import Desk

#: Sealed bytes of one source network, and of all.
MINE, ALL = 200_000, 800_000


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Desk(tmp_path / "data", parks=ParkRules(True, MINE, ALL, 72)) as made:
        yield made


@pytest.fixture
def guest(desk: Desk) -> Guest:
    return desk.guest()
