"""Somebody's cable is pulled in the middle of a transfer and plugged in again: it goes on by itself, byte-exact."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.command_line import CommandLinePerson
from support.cutting import PORT, CutTransfer, page_reaches, reaches
from support.killed_server import KilledServer
from support.network import Lab, Place
from support.page import PagePerson
from support.payloads import Payload, one_file
from support.people import Person
from support.programs import Event

pytestmark = [pytest.mark.net, pytest.mark.timeout(240)]

MIB = 1 << 20
SIZE = 128 * MIB
RATE = "200mbit"
#: Longer than it takes either side to notice.
PULLED_SECONDS = 8
Program = Callable[[Place, str], CommandLinePerson]
Page = Callable[[Place, str], PagePerson]


@pytest.fixture(autouse=True)
def server(network: Lab, tmp_path: Path) -> Iterator[KilledServer]:
    running = KilledServer(network.server, tmp_path / "server", PORT)
    network.near.slow_down(RATE)
    yield running
    running.stop()


@pytest.fixture
def payload(tmp_path: Path) -> Payload:
    return one_file(tmp_path / "payload", "film.mkv", SIZE)


def url(place: Place) -> str:
    return f"http://{place.gateway}:{PORT}"


def pull(place: Place) -> None:
    """Pull its cable for a while."""
    place.drop_everything()
    time.sleep(PULLED_SECONDS)
    place.plug_in_again()


def quarter(event: Event) -> bool:
    """A quarter of it is across."""
    return reaches(event, SIZE // 4)


def test_between_two_command_lines(
    network: Lab, program_at: Program, payload: Payload, tell: Callable[[str], None]
) -> None:
    alice, bob = program_at(network.near, url(network.near)), program_at(network.far, url(network.far))
    going = CutTransfer(alice, bob, payload, SIZE)
    going.begin()
    going.cut_at(SIZE // 4, lambda: pull(network.near))
    tell(f"the sender's cable is back: going on after {going.bill.seconds[0] - PULLED_SECONDS:.1f} s")
    going.finish()


@pytest.mark.browser
def test_from_a_command_line_to_a_page(
    network: Lab, program_at: Program, page_at: Page, payload: Payload
) -> None:
    alice, bob = program_at(network.near, url(network.near)), page_at(network.far, url(network.far))
    meet(alice, bob, payload)
    alice.program.until(quarter)
    pull(network.far)
    page_reaches(bob, 100)
    assert bob.received() == payload.tree
    alice.sent()


@pytest.mark.browser
def test_from_a_page_to_a_command_line(
    network: Lab, program_at: Program, page_at: Page, payload: Payload
) -> None:
    alice, bob = page_at(network.near, url(network.near)), program_at(network.far, url(network.far))
    meet(alice, bob, payload)
    bob.program.until(quarter)
    pull(network.near)
    assert bob.received() == payload.tree
    alice.sent()


def meet(alice: Person, bob: Person, payload: Payload) -> None:
    bob.wait_as("Bob")
    alice.ask(payload, "Bob")
    bob.accept_request()
    alice.hand_over()
    bob.accept_offer()
