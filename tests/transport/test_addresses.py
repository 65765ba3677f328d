"""Which of a peer's addresses are tried: those of one's own networks, and very few others."""

from __future__ import annotations

import ipaddress
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerseal.transport.addresses import addresses_to_say, addresses_to_try, own_interfaces

OWN = [
    ipaddress.ip_interface(text)
    for text in ("127.0.0.1/8", "192.168.7.20/24", "10.9.0.4/31", "::1/128", "fd00:7::20/64", "fe80::1/64")
]


def tries(*said: str, same_machine: bool = False) -> list[str]:
    return [str(address) for address in addresses_to_try(said, OWN, same_machine=same_machine)]


def test_neighbours_in_ones_own_networks_are_tried() -> None:
    said = ("192.168.7.21", "10.9.0.5", "fd00:7::21")
    assert tries(*said) == list(said)


@pytest.mark.parametrize(
    "said",
    [
        "192.168.8.1",  # private, but no network of ours
        "10.0.0.1",
        "172.16.0.1",
        "100.64.0.1",
        "169.254.1.1",
        "fd00:8::1",
        "192.168.7.255",  # everybody in our network
        "192.168.7.0",
        "fd00:7::",  # any router in it
        "255.255.255.255",
        "0.0.0.0",
        "::",
        "224.0.0.251",
        "239.1.1.1",
        "ff02::1",
        "240.0.0.1",
        "fe80::2",
        "fe80::2%eth0",
        "::ffff:192.168.7.21",
        "64:ff9b::c0a8:715",
        "2002:c0a8:715::1",
        "2001:0:c0a8:715::1",
        "127.0.0.1",
        "::1",
        "localhost",
        "192.168.7.21:80",
        "0300.0250.07.025",
        "",
    ],
)
def test_others_are_not(said: str) -> None:
    assert tries(said) == []


def test_at_most_two_addresses_of_the_open_internet() -> None:
    said = ("8.8.8.8", "2a00::1", "9.9.9.9", "192.168.7.21")
    assert tries(*said) == ["8.8.8.8", "2a00::1", "192.168.7.21"]


def test_the_same_address_is_tried_once() -> None:
    assert tries("192.168.7.21", "192.168.7.21", "fd00:7::21", "fd00:7:0::21") == [
        "192.168.7.21",
        "fd00:7::21",
    ]


def test_a_network_that_is_everything_is_no_network() -> None:
    own = [ipaddress.ip_interface("10.0.0.1/0")]
    assert addresses_to_try(["192.168.1.1"], own, same_machine=False) == []


@given(st.lists(st.ip_addresses().map(str), max_size=8), st.booleans())
def test_whatever_a_peer_says_at_most_two_addresses_lie_outside(said: list[str], same: bool) -> None:
    found = addresses_to_try(said, OWN, same_machine=same)
    outside = [
        address
        for address in found
        if not any(address.version == own.version and address in own.network for own in OWN)
    ]
    assert len(outside) <= 2
    assert all(address.is_global for address in outside)
    assert same or not any(address.is_loopback for address in found)


def test_own_addresses_are_said_private_ones_first_and_loopback_last() -> None:
    own = [*OWN, ipaddress.ip_interface("8.8.4.4/24")]
    assert addresses_to_say(own, [socket.AF_INET, socket.AF_INET6]) == (
        "192.168.7.20",
        "10.9.0.4",
        "fd00:7::20",
        "8.8.4.4",
        "127.0.0.1",
    )
    assert addresses_to_say(own, [socket.AF_INET6]) == ("fd00:7::20", "::1")
    many = [ipaddress.ip_interface(f"10.1.{n}.1/24") for n in range(20)]
    assert len(addresses_to_say(many, [socket.AF_INET])) == 8


def test_this_machine_knows_its_loopback() -> None:
    assert ipaddress.ip_interface("127.0.0.1/8") in own_interfaces()
