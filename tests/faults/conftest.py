"""People for servers that are made to fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from support.storing import SignUp, Storer


@pytest.fixture
def sign_up() -> Iterator[SignUp]:
    """A new account at the server on this port; its connection is closed in the end."""
    people: list[Storer] = []

    def make(port: int) -> Storer:
        people.append(Storer.sign_up(port))
        return people[-1]

    yield make
    for person in people:
        person.close()


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Writes a figure for whoever runs the tests to read."""
    writer = request.config.get_terminal_writer()
    return lambda text: writer.line(f"\n    {text}")
