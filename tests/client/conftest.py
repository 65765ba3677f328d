"""A server with two people on it. Each password costs a fifth of a second, so a module shares them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from peerseal.client.account import OpenAccount, register
from peerseal.client.api import Api
from peerseal.client.keyring import Keyring
from peerseal.client.settings import ServerUrl, parse_server
from support.live_server import LiveServer

NewPerson = Callable[[str], OpenAccount]


@pytest.fixture(autouse=True)
def connections_closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever a test opened is closed after it; an account that is used again opens what it needs."""
    opened: list[Api] = []
    begin = Api.__init__

    def noted(self: Api, *arguments: Any, **named: Any) -> None:
        begin(self, *arguments, **named)
        opened.append(self)

    monkeypatch.setattr(Api, "__init__", noted)
    yield
    for api in opened:
        api.close()


@pytest.fixture(scope="module")
def server() -> Iterator[ServerUrl]:
    with LiveServer() as live:
        yield parse_server(live.url)


@pytest.fixture(scope="module")
def person(server: ServerUrl) -> Iterator[NewPerson]:
    """Registers somebody; the password is `NAME's password`."""
    made: list[OpenAccount] = []

    def new(name: str) -> OpenAccount:
        made.append(register(server, Keyring(None), name, f"{name}'s password", vault=True, label="a test"))
        return made[-1]

    yield new
    for account in made:
        account.close()


@pytest.fixture(scope="module")
def ada(person: NewPerson) -> OpenAccount:
    return person("ada")


@pytest.fixture(scope="module")
def bob(person: NewPerson) -> OpenAccount:
    return person("bob")
