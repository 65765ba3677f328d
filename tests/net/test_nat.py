"""Behind strict routers: with a TURN server pages send straight, without one the relay carries on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from playwright.sync_api import expect

from support.nat import SECRET, TURN_PORT, NatLab, coturn, documented_coturn, nat_lab
from support.network import Place
from support.page import PagePerson
from support.payloads import one_file
from support.serving import healthy_at, serving

pytestmark = [pytest.mark.net, pytest.mark.browser, pytest.mark.timeout(240)]

OPERATIONS = Path(__file__).parents[2] / "docs/operations.md"
PORT = 5000
SOON = 30_000
SIZE = 120_000_000
Page = Callable[[Place, str], PagePerson]


@pytest.fixture
def network() -> Iterator[NatLab]:
    """In place of the plain one."""
    with nat_lab() as made:
        yield made


def server(network: NatLab, home: Path, **env: str) -> AbstractContextManager[str]:
    place = network.server
    return serving(
        home, prefix=place.prefix, host="0.0.0.0", port=PORT, env=env, ready=lambda: healthy_at(place, PORT)
    )


def url(place: Place) -> str:
    return f"http://{place.gateway}:{PORT}"


def begin(alice: PagePerson, bob: PagePerson, folder: Path, *, direct_only: bool = False) -> dict[str, str]:
    payload = one_file(folder, "film.mkv", SIZE)
    bob.wait_as("Bob")
    alice.ask(payload, "Bob")
    bob.accept_request()
    if direct_only:
        alice.page.get_by_role("button", name="Way: fastest", exact=True).click()
        alice.page.get_by_role("radio", name="Direct only", exact=True).check()
        alice.page.get_by_role("dialog").get_by_role("button", name="Close", exact=True).click()
    alice.hand_over()
    bob.accept_offer()
    return payload.tree


def shows(person: PagePerson, path: str) -> None:
    expect(person.transfers().get_by_text(path, exact=True)).to_be_visible(timeout=SOON)


def test_two_browsers_behind_symmetric_nats_send_straight_by_turn(
    network: NatLab, page_at: Page, tmp_path: Path
) -> None:
    settings = {
        "PEERSEAL_STUN": f"stun:10.77.1.1:{TURN_PORT}",
        "PEERSEAL_TURN": f"turn:10.77.1.1:{TURN_PORT}",
        "PEERSEAL_TURN_SECRET": SECRET,
    }
    network.server.count("udp")
    with (
        server(network, tmp_path / "server", **settings),
        coturn(network.server, tmp_path / "turn", documented_coturn(OPERATIONS)) as log,
    ):
        alice, bob = page_at(network.alice, url(network.alice)), page_at(network.bob, url(network.bob))
        tree = begin(alice, bob, tmp_path / "payload", direct_only=True)
        shows(alice, "direct")
        shows(bob, "direct")
        assert bob.received() == tree
        alice.sent()
        assert "ALLOCATE processed, success" in log.read_text(errors="replace")
        assert network.server.sent() > SIZE  # through the TURN server, all of it


def test_without_turn_the_relay_carries_on(network: NatLab, page_at: Page, tmp_path: Path) -> None:
    with server(network, tmp_path / "server"):
        alice, bob = page_at(network.alice, url(network.alice)), page_at(network.bob, url(network.bob))
        tree = begin(alice, bob, tmp_path / "payload")
        shows(alice, "relay")
        shows(bob, "relay")
        assert bob.received() == tree
        alice.sent()
        for person in (alice, bob):
            expect(person.transfers().get_by_text("direct", exact=True)).to_have_count(0)
