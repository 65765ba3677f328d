"""Pages whose network breaks in the middle of a transfer go on by themselves, and what arrives is what was sent."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from support.cutting import PORT, cut_everything, cut_relay, page_percent, page_reaches
from support.killed_server import KilledServer
from support.network import Lab, Place
from support.page import PagePerson
from support.payloads import one_file

pytestmark = [pytest.mark.net, pytest.mark.browser, pytest.mark.timeout(240)]

SIZE = 250_000_000
#: Slow enough that there is a transfer to cut: up to the server, and down from it, where part of it may lie by then.
RATE, DOWN = "200mbit", "100mbit"
Page = Callable[[Place, str], PagePerson]


@pytest.fixture
def server(network: Lab, tmp_path: Path) -> Iterator[KilledServer]:
    running = KilledServer(network.server, tmp_path / "server", PORT)
    yield running
    running.stop()


@pytest.fixture
def people(server: KilledServer, network: Lab, page_at: Page) -> tuple[PagePerson, PagePerson]:
    """Alice near and Bob far, who reach the server over different networks and each other not at all."""
    del server
    network.near.slow_down(RATE)
    network.server.slow_down(DOWN)
    return (
        page_at(network.near, f"http://{network.near.gateway}:{PORT}"),
        page_at(network.far, f"http://{network.far.gateway}:{PORT}"),
    )


def test_two_pages_go_on_after_every_kind_of_break(
    network: Lab,
    server: KilledServer,
    people: tuple[PagePerson, PagePerson],
    tmp_path: Path,
    tell: Callable[[str], None],
) -> None:
    breaks: dict[str, Callable[[], None]] = {
        "the sender's stream is reset": lambda: cut_relay(network.near),
        "every connection of the sender is reset": lambda: cut_everything(network.near),
        "every connection of the receiver is reset": lambda: cut_everything(network.far),
        "the server is killed and starts again": server.restart,
        "the receiver changes its address": lambda: network.far.cable_address("10.77.2.7"),
    }
    alice, bob = people
    payload = one_file(tmp_path / "payload", "film.mkv", SIZE)
    bob.wait_as("Bob")
    alice.ask(payload, "Bob")
    bob.accept_request()
    alice.hand_over()
    bob.accept_offer()
    for number, (what, break_it) in enumerate(breaks.items()):
        page_reaches(bob, 5 + 15 * number)
        break_it()
        began, before = time.monotonic(), page_percent(bob)
        assert before < 90, "it was too fast to be cut"
        page_reaches(bob, before + 5)
        tell(f"two pages, {what}: going on after {time.monotonic() - began:.1f} s")
    page_reaches(bob, 100)
    assert bob.received() == payload.tree
    alice.sent()
    for person in people:
        expect(person.button("Disconnect")).to_be_visible()
