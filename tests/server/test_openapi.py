"""The running server and docs/openapi.json agree: right requests, generated ones and spoiled ones, at every endpoint."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings

from support.api_world import World
from support.documented import Operation, Request, generated, operations
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
_WORLDS_OF_ONE = 40

pytestmark = pytest.mark.e2e


class Worlds:
    """Worlds of one server, and one for many requests until it is spoiled."""

    def __init__(self, port: int, operator: str) -> None:
        self._operator = operator
        self._port = port
        self._people: list[Storer] = []
        self._made = 0
        self._shared: World | None = None

    def fresh(self) -> World:
        """One that nobody has used."""
        # One account may ask after so many others within a minute.
        # And an operator may have suspended some.
        gone = any(one.call("me")[0] != 200 for one in self._people[-3:])
        if gone or self._made % _WORLDS_OF_ONE == 0:
            self._people += (Storer.sign_up(self._port) for _ in range(3))
        self._made += 1
        return World(self._port, tuple(self._people[-3:]), self._operator)

    def whole(self) -> World:
        """One in which everything is still there."""
        if self._shared is None or not self._shared.whole():
            self._forget()
            self._shared = self.fresh()
        return self._shared

    def close(self) -> None:
        """Hang up."""
        self._forget()
        for one in self._people:
            one.close()

    def _forget(self) -> None:
        if self._shared is not None:
            self._shared.close()
            self._shared = None


@pytest.fixture(scope="module")
def worlds(server: LiveServer) -> Iterator[Worlds]:
    with contextlib.closing(Worlds(server.port, server.operator_token())) as made:
        yield made


@OF_THE_API
def test_a_right_request_gets_the_answer_the_document_shows(worlds: Worlds, operation: Operation) -> None:
    with contextlib.closing(worlds.fresh()) as world:
        status, kind, body = world.ask(world.right(operation))
    assert (status, operation.faults(status, kind, body)) == (operation.granted, [])


@EVERY
def test_whatever_is_asked_only_documented_answers_come(worlds: Worlds, operation: Operation) -> None:
    world = worlds.whole()
    requests = generated(operation, world.known(), world.credential(operation))

    @settings(max_examples=_EXAMPLES, database=None, suppress_health_check=list(HealthCheck))
    @given(requests)
    def ask(request: Request) -> None:
        assert operation.faults(*world.ask(request)) == []

    ask()
