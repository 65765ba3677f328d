"""A link must open on the other device, not only on the one that runs the server."""

from __future__ import annotations

import pytest

from peerseal.client.settings import parse_server
from peerseal.transfer.reachable import seen_from_outside
from support.live_server import LiveServer

pytestmark = pytest.mark.e2e


def test_a_server_for_this_machine_only_stays_what_it_is() -> None:
    with LiveServer() as live:
        server = parse_server(live.url)
        assert seen_from_outside(server) == server


def test_a_server_of_the_network_is_told_by_its_address_there() -> None:
    with LiveServer(host="0.0.0.0") as live:
        found = seen_from_outside(parse_server(f"http://localhost:{live.port}"))
        assert found.port == live.port
        # A machine without any network has no other name for itself.
        assert found.host == "localhost" or not found.host.startswith(("127.", "localhost"))


def test_other_servers_are_not_even_asked() -> None:
    elsewhere = parse_server("http://192.0.2.7:5000")
    assert seen_from_outside(elsewhere) is elsewhere


def test_a_server_that_is_gone_changes_nothing() -> None:
    nowhere = parse_server("http://127.0.0.1:1")
    assert seen_from_outside(nowhere) == nowhere
