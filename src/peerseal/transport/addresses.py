"""This machine's own networks, and which addresses of a peer's may be tried from here (docs/protocol.md §16.1).

Nobody scans a network for a peer: what a peer names is tried only if it lies in a network this machine is part of,
and a few addresses of the open internet. Imported only when a direct path is wanted.
"""

from __future__ import annotations

import contextlib
import ctypes
import ctypes.util
import ipaddress
import socket
import sys
from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Interface: TypeAlias = ipaddress.IPv4Interface | ipaddress.IPv6Interface

_GLOBALS_MAX: Final = 2
_ADDRESSES_SAID: Final = 8
_LOOPBACK: Final[tuple[Address, ...]] = (
    ipaddress.IPv4Address("127.0.0.1"),
    ipaddress.IPv6Address("::1"),
)
_GLOBAL_IPV6: Final = ipaddress.IPv6Network("2000::/3")
#: 6to4 and Teredo: an IPv4 address stands inside, which may be anybody's.
_TUNNELS: Final = (ipaddress.IPv6Network("2002::/16"), ipaddress.IPv6Network("2001::/32"))
_EVERYWHERE: Final = ipaddress.IPv4Address("255.255.255.255")
#: A family and a length of one byte each on BSD, a family of two bytes on Linux; ports and flow labels follow.
_BSD: Final = sys.platform == "darwin" or "bsd" in sys.platform
_IPV4_AT, _IPV4_BYTES, _IPV6_AT, _IPV6_BYTES = 4, 4, 8, 16


def own_interfaces() -> tuple[Interface, ...]:
    """Addresses of this machine with the networks they stand in, loopback included; empty if the system does not say."""
    with contextlib.suppress(OSError, AttributeError, ValueError):
        return tuple(dict.fromkeys(_by_getifaddrs()))
    return ()


def addresses_to_say(own: Iterable[Interface], families: Sequence[socket.AddressFamily]) -> tuple[str, ...]:
    """Where a peer may find a listener of these families: at most 8 addresses, own networks first, loopback last."""
    versions = {4 if family == socket.AF_INET else 6 for family in families}
    loopback = [str(ip) for ip in _LOOPBACK if ip.version in versions][:1]
    found = [
        interface.ip
        for interface in own
        if interface.version in versions and not (interface.ip.is_loopback or interface.ip.is_link_local)
    ]
    found.sort(key=lambda ip: (not ip.is_private, ip.version))
    said = list(dict.fromkeys(str(ip).partition("%")[0] for ip in found))
    return (*said[: _ADDRESSES_SAID - len(loopback)], *loopback)


def addresses_to_try(said: Iterable[str], own: Sequence[Interface], *, same_machine: bool) -> list[Address]:
    """Those of a peer's addresses that may be tried from here, each once, in the peer's order."""
    found: list[Address] = []
    globals_left = _GLOBALS_MAX
    for text in said:
        address = _literal(text)
        if address is None or address in found:
            continue
        if address.is_loopback:
            if same_machine and address in _LOOPBACK:
                found.append(address)
        elif _in_own_network(address, own):
            found.append(address)
        elif globals_left and _is_global(address):
            globals_left -= 1
            found.append(address)
    return found


def _literal(text: str) -> Address | None:
    """An address that names one machine; None for anything else."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    never = (
        address.is_unspecified or address.is_multicast or (address.is_reserved and not address.is_loopback)
    )
    if never or address == _EVERYWHERE:
        return None
    if isinstance(address, ipaddress.IPv6Address) and (
        address.ipv4_mapped is not None or address.is_link_local or address.scope_id is not None
    ):
        return None  # an IPv4 address in disguise, or one that means nothing without naming an interface
    return address


def _in_own_network(address: Address, own: Sequence[Interface]) -> bool:
    for interface in own:
        network = interface.network
        if interface.ip.is_loopback or network.prefixlen == 0 or address.version != network.version:
            continue
        # The first address of a network means "this network" or "any router", the last of IPv4 "everybody".
        alone = network.prefixlen >= network.max_prefixlen - 1
        if address in network:
            everybody = address.version == 4 and address == network.broadcast_address
            return alone or not (everybody or address == network.network_address)
    return False


def _is_global(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv4Address):
        return address.is_global
    return address in _GLOBAL_IPV6 and address.is_global and not any(address in tunnel for tunnel in _TUNNELS)


class _IfAddrs(ctypes.Structure):
    """`struct ifaddrs` (getifaddrs(3)), as far as it is read here: the same on Linux, macOS and BSD."""


_IfAddrs._fields_ = [
    ("next", ctypes.POINTER(_IfAddrs)),
    ("name", ctypes.c_char_p),
    ("flags", ctypes.c_uint),
    ("address", ctypes.c_void_p),
    ("netmask", ctypes.c_void_p),
]


def _by_getifaddrs() -> list[Interface]:
    libc = ctypes.CDLL(None, use_errno=True)
    first = ctypes.POINTER(_IfAddrs)()
    if libc.getifaddrs(ctypes.byref(first)) != 0:
        raise OSError(ctypes.get_errno(), "getifaddrs")
    found: list[Interface] = []
    try:
        at = first
        while bool(at):
            one = at.contents
            if (
                one.address
                and one.netmask
                and (interface := _interface(one.address, one.netmask)) is not None
            ):
                found.append(interface)
            at = one.next
    finally:
        libc.freeifaddrs(first)
    return found


def _interface(address: int, netmask: int) -> Interface | None:
    family = ctypes.string_at(address, 2)
    number = family[1] if _BSD else int.from_bytes(family, sys.byteorder)
    if number == socket.AF_INET:
        ip, mask = (ctypes.string_at(at + _IPV4_AT, _IPV4_BYTES) for at in (address, netmask))
        return ipaddress.IPv4Interface((ip, _ones(mask)))
    if number == socket.AF_INET6:
        ip, mask = (ctypes.string_at(at + _IPV6_AT, _IPV6_BYTES) for at in (address, netmask))
        return ipaddress.IPv6Interface((ip, _ones(mask)))
    return None


def _ones(mask: bytes) -> int:
    """The length of a network's prefix."""
    bits = "".join(f"{byte:08b}" for byte in mask)
    return len(bits) - len(bits.lstrip("1"))
