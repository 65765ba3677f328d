"""Servers for the tests: one real one, looked at from outside, and ones in this process with a clock in hand."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.api_client import ApiServer
from support.live_server import LiveServer


@pytest.fixture(scope="module")
def server() -> Iterator[LiveServer]:
    with LiveServer() as running:
        yield running


@pytest.fixture
def api(tmp_path: Path) -> Iterator[ApiServer]:
    made = ApiServer(tmp_path / "data")
    yield made
    made.close()
