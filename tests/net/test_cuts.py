"""Connections are reset at random places, addresses change, the server is killed: the transfer goes on, byte-exact."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.command_line import CommandLinePerson
from support.cutting import PORT, CutTransfer, cut_everything, cut_relay, draw, places_to_cut
from support.killed_server import KilledServer
from support.network import Lab, Place, join
from support.payloads import one_file

pytestmark = [pytest.mark.net, pytest.mark.timeout(240)]

MIB = 1 << 20
#: Slow enough that there is a transfer to cut.
RATE = "400mbit"
Program = Callable[[Place, str], CommandLinePerson]


@pytest.fixture
def server(network: Lab, tmp_path: Path) -> Iterator[KilledServer]:
    running = KilledServer(network.server, tmp_path / "server", PORT)
    yield running
    running.stop()


def url(place: Place) -> str:
    return f"http://{place.gateway}:{PORT}"


@pytest.fixture
def transfer(
    server: KilledServer, network: Lab, program_at: Program, tmp_path: Path
) -> Callable[..., CutTransfer]:
    """A transfer from near to far, begun."""

    def make(size: int, *more: str) -> CutTransfer:
        folder = tmp_path / "payload"
        payload = one_file(folder, "film.mkv", size)
        alice, bob = program_at(network.near, url(network.near)), program_at(network.far, url(network.far))
        alice.options = bob.options = more
        network.near.slow_down(RATE)
        network.near.count("tcp", "--dport", str(PORT))
        made = CutTransfer(alice, bob, payload, size)
        made.begin()
        return made

    return make


CUTS = [
    lambda lab: cut_relay(lab.near),
    lambda lab: cut_relay(lab.far),
    lambda lab: cut_everything(lab.near),
    lambda lab: cut_everything(lab.far),
]


def cut_many(transfer: CutTransfer, network: Lab, number: int, tell: Callable[[str], None]) -> None:
    """Cut so often, at places and connections that look random; then the file must be whole."""
    for count, amount in enumerate(places_to_cut(transfer.size, number, "places")):
        cut = CUTS[draw(f"cut {count}", len(CUTS))]
        transfer.cut_at(amount, lambda cut=cut: cut(network))  # type: ignore[misc]
    transfer.finish()
    transfer.bill.again = network.near.sent() - transfer.size
    tell(f"{transfer.size >> 20} MiB, {transfer.bill}")


def test_ten_resets_at_random_places(
    network: Lab, transfer: Callable[..., CutTransfer], tell: Callable[[str], None]
) -> None:
    going = transfer(256 * MIB)
    cut_many(going, network, 10, tell)
    assert going.bill.percentile(95) <= 5


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_hundred_resets_in_one_gibibyte(
    network: Lab, transfer: Callable[..., CutTransfer], tell: Callable[[str], None]
) -> None:
    going = transfer(1024 * MIB)
    cut_many(going, network, 100, tell)
    assert going.bill.percentile(95) <= 5


def test_a_receiver_that_changes_its_address_goes_on(
    network: Lab, transfer: Callable[..., CutTransfer], tell: Callable[[str], None]
) -> None:
    going = transfer(256 * MIB)
    going.cut_at(64 * MIB, lambda: network.far.cable_address("10.77.2.7"))
    going.finish()
    tell(f"after a change of address: {going.bill.seconds[0]:.2f} s")
    assert going.bill.seconds[0] < 15


def test_a_server_that_is_killed_and_started_again_carries_on(
    server: KilledServer, transfer: Callable[..., CutTransfer], tell: Callable[[str], None]
) -> None:
    going = transfer(256 * MIB)

    def crash() -> None:
        server.kill()
        server.start()

    going.cut_at(64 * MIB, crash)
    going.finish()
    tell(f"after a restart of the server: {going.bill.seconds[0]:.2f} s")
    assert going.bill.seconds[0] < 10


def test_a_direct_path_that_falls_silent_is_left_for_the_relay(
    network: Lab, transfer: Callable[..., CutTransfer], tell: Callable[[str], None]
) -> None:
    join(network.near, network.far)
    going = transfer(512 * MIB)
    going.bob.program.until(lambda event: event.get("kind") == "direct")
    amount = going.arrived() + 32 * MIB
    going.cut_at(amount, lambda: network.near.lose("10.77.3.0/24"))
    going.finish()
    tell(f"from a dead direct path to the relay: {going.bill.seconds[0]:.2f} s")
    assert going.bill.seconds[0] < 6  # 2 s of silence, 8 MiB more, and what a busy machine takes
    assert going.bob.program.seen("path")[-1]["kind"] == "relay"
