"""The running server and docs/openapi.json agree: right requests, generated ones and spoiled ones, at every endpoint."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.documented import Operation, World, operations
from support.live_server import LiveServer
from support.storing import Storer

EVERY = pytest.mark.parametrize("operation", operations(), ids=lambda operation: operation.name)
#: Meetings and the relay are spoken as docs/wire.md says.
OF_THE_API = pytest.mark.parametrize(
    "operation",
    [one for one in operations() if "/meet" not in one.path and "/relay" not in one.path],
    ids=lambda operation: operation.name,
)
_EXAMPLES = 20

pytestmark = pytest.mark.e2e


class Worlds:
    """Worlds of one server, and one for many requests until it is spoiled."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._people = tuple(Storer.sign_up(port) for _ in range(3))
        self._open = contextlib.ExitStack()
        self._shared: World | None = None

    def fresh(self) -> World:
        """One that nobody has used."""
        return self._open.enter_context(contextlib.closing(World(self._port, self._people)))

    def whole(self) -> World:
        """One in which everything is still there."""
        if self._shared is None or not self._shared.whole():
            self._shared = self.fresh()
        return self._shared

    def close(self) -> None:
        """Hang up."""
        self._open.close()
        for one in self._people:
            one.close()


@pytest.fixture(scope="module")
def worlds(server: LiveServer) -> Iterator[Worlds]:
    with contextlib.closing(Worlds(server.port)) as made:
        yield made


@OF_THE_API
def test_a_right_request_gets_the_answer_the_document_shows(worlds: Worlds, operation: Operation) -> None:
    world = worlds.fresh()
    status, kind, body = world.ask(world.right(operation))
    assert (status, operation.faults(status, kind, body)) == (operation.granted, [])


@EVERY
def test_whatever_is_asked_only_documented_answers_come(worlds: Worlds, operation: Operation) -> None:
    world = worlds.whole()

    @settings(max_examples=_EXAMPLES, database=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def ask(data: st.DataObject) -> None:
        request = data.draw(world.generated(operation))
        assert operation.faults(*world.ask(request)) == []

    ask()
