"""This machine's own networks, and the addresses people can type."""

import ipaddress

from peerseal.server.addresses import own_interfaces, urls

INTERFACES = tuple(
    ipaddress.ip_interface(text)
    for text in ("127.0.0.1/8", "::1/128", "192.168.1.5/24", "fe80::1/64", "fd00::5/64")
)


def test_loopback_is_among_our_own() -> None:
    found = own_interfaces()
    assert ipaddress.ip_interface("127.0.0.1/8") in found
    assert len(found) == len(set(found))


def test_all_interfaces_give_localhost_first_and_then_the_networks() -> None:
    assert urls("0.0.0.0", 5000, INTERFACES) == ["http://localhost:5000", "http://192.168.1.5:5000"]
    assert urls("::", 5000, INTERFACES)[-1] == "http://[fd00::5]:5000"


def test_one_address_gives_one() -> None:
    assert urls("127.0.0.1", 80, INTERFACES) == ["http://localhost:80"]
    assert urls("192.168.1.5", 80, INTERFACES) == ["http://192.168.1.5:80"]
    assert urls("fd00::5", 80, INTERFACES) == ["http://[fd00::5]:80"]
    assert urls("nas", 80, INTERFACES) == ["http://nas:80"]
