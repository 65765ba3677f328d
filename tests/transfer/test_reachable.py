"""A link must open on the other device, not only on the one that runs the server."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from peerseal.client.settings import ServerUrl, parse_server
from peerseal.server.addresses import own_interfaces
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


@pytest.mark.parametrize(
    "named",
    [
        "http://evil.example:{port}",
        "http://192.0.2.7:{port}",
        "http://{own}:1",
        "https://{own}:{port}",
        "http://0.0.0.0:{port}",
        "http://224.0.0.1:{port}",
        "http://127.9.9.9:{port}",
        "http://[::]:{port}",
        "http://[::ffff:192.0.2.7]:{port}",
        "http://999.1.1.1:{port}",
    ],
)
def test_links_never_lead_to_another_machine_or_port(named: str) -> None:
    with naming(lambda port: named.format(port=port, own=own_address())) as server:
        assert seen_from_outside(server) == server


def test_an_address_of_this_machine_is_taken() -> None:
    own = own_address()
    with naming(lambda port: f"http://{own}:{port}") as server:
        found = seen_from_outside(server)
    assert found.host == ("localhost" if own.startswith("127.") else own)


def own_address() -> str:
    """This machine's address in its network; a loopback one if it is in none."""
    hosts = [str(interface.ip) for interface in own_interfaces() if interface.version == 4]
    return next((host for host in hosts if not host.startswith("127.")), "127.0.0.1")


@contextmanager
def naming(address: Callable[[int], str]) -> Iterator[ServerUrl]:
    """Something at localhost that says its address is another one."""

    class Said(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({"addresses": [address(listening.server_port)]}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing on the terminal."""

    with HTTPServer(("127.0.0.1", 0), Said) as listening:
        thread = threading.Thread(target=listening.serve_forever, daemon=True)
        thread.start()
        yield parse_server(f"http://localhost:{listening.server_port}")
        listening.shutdown()
        thread.join(10)
