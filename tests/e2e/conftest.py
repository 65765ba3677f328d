"""One real server and two real browsers for the whole run; people are made for each test and leave after it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Playwright, sync_playwright

from support.command_line import CommandLinePerson, SdkPerson
from support.page import PagePerson, browser
from support.serving import serving

Person = PagePerson | CommandLinePerson | SdkPerson


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running server."""
    with serving(tmp_path_factory.mktemp("server")) as url:
        yield url


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="package")
def browsers(
    playwright: Playwright, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[BrowserContext, BrowserContext]]:
    """Two separate browsers."""
    with (
        browser(playwright, tmp_path_factory.mktemp("one")) as one,
        browser(playwright, tmp_path_factory.mktemp("two")) as two,
    ):
        yield one, two


@pytest.fixture
def fresh_browsers(playwright: Playwright, tmp_path: Path) -> Iterator[tuple[BrowserContext, BrowserContext]]:
    """Two more, with nothing in them that another test left unfinished, or told them to do."""
    with browser(playwright, tmp_path / "one") as one, browser(playwright, tmp_path / "two") as two:
        yield one, two


@pytest.fixture
def person(server: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str], Person]]:
    """Makes a person of a kind: "page" (the first in one browser, the next in the other), "command line", "sdk"."""
    people: list[Person] = []

    def make(kind: str) -> Person:
        number = len(people)
        home = tmp_path / f"person {number}"
        if kind == "page":
            one: Person = PagePerson(request.getfixturevalue("browsers")[number % 2], server, home)
        elif kind == "sdk":
            one = SdkPerson(server, home)
        else:
            one = CommandLinePerson(server, home)
        people.append(one)
        return one

    yield make
    for one in people:
        one.close()
