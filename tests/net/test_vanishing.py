"""Somebody's cable is pulled: no reset, no goodbye. The other side is told within 30 seconds and waits for more."""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from support.command_line import CommandLinePerson
from support.network import Lab, Place
from support.page import PagePerson
from support.payloads import Payload
from support.serving import healthy_at, serving

pytestmark = [pytest.mark.net, pytest.mark.timeout(180)]

LIMIT = 30.0
Page = Callable[[Place, str], PagePerson]
Program = Callable[[Place, str], CommandLinePerson]


@pytest.fixture
def server(network: Lab, tmp_path: Path) -> Iterator[None]:
    place = network.server
    with serving(
        tmp_path / "server",
        prefix=place.prefix,
        host="0.0.0.0",
        port=5000,
        ready=lambda: healthy_at(place, 5000),
    ):
        yield


def url(place: Place) -> str:
    return f"http://{place.gateway}:5000"


def huge(folder: Path) -> Payload:
    folder.mkdir(parents=True)
    path = folder / "endless.bin"
    with path.open("wb") as file:
        file.truncate(6 << 30)
    return Payload((path,))


def assert_told(person: CommandLinePerson, since: float) -> None:
    """It is told in time, goes on waiting, and nothing stands under its final name."""
    assert person.program.until(lambda event: event["event"] == "gone", LIMIT) - since <= LIMIT
    assert person.program.process.poll() is None, person.program.story()
    assert [path for path in person.into.iterdir() if not path.name.startswith(".")] == []  # all still .part


@pytest.mark.parametrize("who", ["sender", "receiver"])
def test_a_command_line_learns_that_the_other_one_vanished(
    who: str, server: None, network: Lab, program_at: Program
) -> None:
    alice, bob = program_at(network.near, url(network.near)), program_at(network.far, url(network.far))
    bob.wait_as("Bob")
    alice.ask(huge(alice.home / "files"), "Bob")
    bob.program.event("progress")
    began = time.monotonic()
    (network.near if who == "sender" else network.far).drop_everything()
    assert_told(bob if who == "sender" else alice, began)


@pytest.mark.browser
def test_a_command_line_learns_that_a_page_vanished(
    server: None, network: Lab, program_at: Program, page_at: Page
) -> None:
    alice, bob = page_at(network.near, url(network.near)), program_at(network.far, url(network.far))
    bob.wait_as("Bob")
    alice.ask(huge(alice.home / "files"), "Bob")
    bob.accept_request()
    alice.hand_over()
    bob.program.event("progress")
    began = time.monotonic()
    network.near.drop_everything()
    assert_told(bob, began)


@pytest.mark.browser
def test_a_page_learns_that_a_command_line_vanished(
    server: None, network: Lab, program_at: Program, page_at: Page, tmp_path: Path
) -> None:
    alice, bob = page_at(network.near, url(network.near)), program_at(network.far, url(network.far))
    bob.wait_as("Bob")
    alice.ask(huge(alice.home / "files"), "Bob")
    alice.hand_over()
    bob.program.event("progress")
    network.far.drop_everything()
    began = time.monotonic()
    told = alice.transfers().get_by_text(re.compile("Connection lost|waiting for Bob"))
    expect(told.first).to_be_visible(timeout=LIMIT * 1000)
    assert time.monotonic() - began <= LIMIT


@pytest.mark.browser
def test_somebody_who_vanishes_from_the_lobby_disappears_from_the_list(
    server: None, network: Lab, program_at: Program, page_at: Page
) -> None:
    alice, bob = page_at(network.near, url(network.near)), program_at(network.far, url(network.far))
    bob.wait_as("Bob")
    alice.join("Alice", "Sender")
    alice.row("Bob").wait_for()
    network.far.drop_everything()
    began = time.monotonic()
    alice.row("Bob").wait_for(state="detached")
    assert time.monotonic() - began <= LIMIT
