"""One real server for the tests that only look at it from outside."""

from collections.abc import Iterator

import pytest

from support.live_server import LiveServer


@pytest.fixture(scope="module")
def server() -> Iterator[LiveServer]:
    with LiveServer() as running:
        yield running
