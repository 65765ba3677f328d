"""A network of our own for each test, a server in the middle of it, people on both sides."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, sync_playwright

from support.command_line import CommandLinePerson
from support.network import Lab, Place, lab
from support.page import PagePerson, browser, chromium

PORT = 5000


@pytest.fixture
def network() -> Iterator[Lab]:
    """Three places, see `support.network`."""
    assert os.geteuid() == 0, "these tests make network namespaces: run them as root (make test-net)"
    with lab() as made:
        yield made


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture
def page_at(
    playwright: Playwright, tmp_path: Path, network: Lab
) -> Iterator[Callable[[Place, str], PagePerson]]:
    """Somebody at a page, their browser running in a place of the network."""
    with ExitStack() as stack:

        def make(place: Place, url: str) -> PagePerson:
            home = tmp_path / f"{place.name}-browser"
            home.mkdir()
            context = stack.enter_context(browser(playwright, home, place.wrapper(chromium(), tmp_path)))
            return PagePerson(context, url, home)

        yield make


@pytest.fixture
def program_at(tmp_path: Path, network: Lab) -> Iterator[Callable[[Place, str], CommandLinePerson]]:
    """Somebody at a command line in a place of the network."""
    people: list[CommandLinePerson] = []

    def make(place: Place, url: str) -> CommandLinePerson:
        home = tmp_path / f"{place.name}-person-{len(people)}"
        people.append(CommandLinePerson(url, home, prefix=place.prefix))
        return people[-1]

    yield make
    for one in people:
        one.close()


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Writes a figure for whoever runs the tests to read."""
    writer = request.config.get_terminal_writer()
    return lambda text: writer.line(f"\n    {text}")
