"""Pages whose network breaks in the middle of a transfer go on by themselves, and what arrives is what was sent."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from support.cutting import PORT, cut_everything, cut_relay
from support.killed_server import KilledServer
from support.network import Lab, Place
from support.page import PagePerson
from support.payloads import one_file

pytestmark = [pytest.mark.net, pytest.mark.browser, pytest.mark.timeout(240)]

SIZE = 120_000_000
#: Slow enough that there is a transfer to cut.
RATE = "200mbit"
PATIENCE = 30.0
Page = Callable[[Place, str], PagePerson]


@pytest.fixture
def server(network: Lab, tmp_path: Path) -> Iterator[KilledServer]:
    running = KilledServer(network.server, tmp_path / "server", PORT)
    yield running
    running.stop()


def percent(person: PagePerson) -> int:
    """How much the page shows to be across; 100 if its bar is gone."""
    bar = person.transfers().get_by_role("progressbar")
    return int(bar.first.get_attribute("aria-valuenow") or 0) if bar.count() else 100


def until(person: PagePerson, amount: int) -> None:
    end = time.monotonic() + PATIENCE
    while percent(person) < amount:
        assert time.monotonic() < end, f"it stands at {percent(person)} %: {person.transfers().inner_text()}"
        person.page.wait_for_timeout(50)


BREAKS: dict[str, Callable[[Lab, KilledServer], None]] = {
    "the sender's stream is reset": lambda lab, _: cut_relay(lab.near),
    "every connection of the sender is reset": lambda lab, _: cut_everything(lab.near),
    "every connection of the receiver is reset": lambda lab, _: cut_everything(lab.far),
    "the receiver changes its address": lambda lab, _: lab.far.cable_address("10.77.2.7"),
    "the server is killed and starts again": lambda _, server: (server.kill(), server.start())[1],
}


@pytest.mark.parametrize("what", BREAKS)
def test_two_pages_go_on_after(
    what: str, network: Lab, server: KilledServer, page_at: Page, tmp_path: Path, tell: Callable[[str], None]
) -> None:
    network.near.slow_down(RATE)
    alice = page_at(network.near, f"http://{network.near.gateway}:{PORT}")
    bob = page_at(network.far, f"http://{network.far.gateway}:{PORT}")
    payload = one_file(tmp_path / "payload", "film.mkv", SIZE)
    bob.wait_as("Bob")
    alice.ask(payload, "Bob")
    bob.accept_request()
    alice.hand_over()
    bob.accept_offer()
    until(bob, 20)
    BREAKS[what](network, server)
    began, before = time.monotonic(), percent(bob)
    assert before < 80, "it was too fast to be cut"
    until(bob, before + 15)
    tell(f"two pages, {what}: going on after {time.monotonic() - began:.1f} s at most")
    assert bob.received() == payload.tree
    alice.sent()
    for person in (alice, bob):
        expect(person.button("Disconnect")).to_be_visible()
