"""What holds for every test: nothing leaves this computer, and nothing stays in the private folder of who runs it."""

import ipaddress
import signal
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings

from peerseal.transport.addresses import own_interfaces
from support.order import longest_first

# A busy machine is no failure: pytest's own timeout bounds each test.
settings.register_profile("peerseal", deadline=None)
settings.load_profile("peerseal")

# A shell that starts the tests in the background makes them and their children deaf to Ctrl-C, which is tested.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(trylast=True)  # what nobody asked for is out by then
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    longest_first(items)


@pytest.fixture(autouse=True, scope="session")
def a_home_of_our_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Programs under test that are told nothing else keep what they keep here."""
    with pytest.MonkeyPatch.context() as environ:
        environ.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture(autouse=True)
def loopback_only(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse connections to anywhere but this computer, except where a test builds its own network."""
    if request.node.get_closest_marker("net") is not None:
        return
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def guarded_connect(self: socket.socket, address: Any) -> None:
        _refuse_foreign(self, address)
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        _refuse_foreign(self, address)
        return connect_ex(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded_connect)
    monkeypatch.setattr(socket.socket, "connect_ex", guarded_connect_ex)


def _refuse_foreign(sock: socket.socket, address: Any) -> None:
    if sock.family not in (socket.AF_INET, socket.AF_INET6):
        return
    host = address[0]
    if host != "localhost" and not ipaddress.ip_address(host).is_loopback and not _own(host):
        pytest.fail(f"a test tried to connect to {host}; tests stay on this computer")


def _own(host: str) -> bool:
    """Whether this computer itself has the address: what goes there stays here."""
    return host in {str(interface.ip) for interface in own_interfaces()}
