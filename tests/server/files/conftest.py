"""Stored files without a network, on a set clock."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.stored_files import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Desk(tmp_path / "data") as made:
        yield made
