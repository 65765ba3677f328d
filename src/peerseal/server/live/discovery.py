"""Who is local: a pure decision from the socket's address, the headers and this machine's networks.

The rule (docs/wire.md §1.4): a direct connection from this machine's own network, to an address that is local
too. Anything that may have come through a stranger's hands, or was typed as a public name, is not local.
"""

from __future__ import annotations

import ipaddress
import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from peerseal.server.addresses import Interface
from peerseal.server.config import Discovery, Network
from peerseal.server.guard.origin import header_values, parse_host
from peerseal.wire.messages import Lobby

IpAddress: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Headers: TypeAlias = Sequence[tuple[bytes, bytes]]

#: Headers something between the sender and this server leaves, besides all that begin with `x-forwarded-`.
PROXY_HEADERS: Final = frozenset({b"forwarded", b"x-real-ip", b"via", b"cf-connecting-ip"})
_LOCAL_SUFFIXES: Final = (".local", ".lan", ".home.arpa", ".internal", ".localhost")
#: RFC 1918, fc00::/7, link-local, loopback. Not `is_private`: that also counts 100.64/10, which strangers share.
_PRIVATE: Final = tuple(
    ipaddress.ip_network(text)
    for text in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "169.254.0.0/16",
        "127.0.0.0/8",
        "fc00::/7",
        "fe80::/10",
        "::1/128",
    )
)
_PROXIES_REMEMBERED: Final = 4096
#: So long an address counts as a proxy after it showed such a header; a browser's stray one is forgiven.
PROXY_SECONDS: Final = 600.0
_LOG: Final = logging.getLogger("peerseal.server")


@dataclass(frozen=True, slots=True)
class Visitor:
    """A connection as discovery judges it: its lobby (before any room token) and the address it counts under.

    `agent`: what its program says of itself, "" for nothing; `browser`: it has what browsers send of themselves.
    """

    lobby: Lobby
    address: str
    agent: str = ""
    browser: bool = False

    @property
    def local(self) -> bool:
        """Whether it is a direct connection of this server's own network to a local name."""
        return self.lobby.kind == "network"


class SeenProxies:
    """Addresses that lately showed a proxy's header: what they send without one may be a stranger's too."""

    def __init__(
        self, trusted: Collection[Network] = (), clock: Callable[[], float] = time.monotonic
    ) -> None:
        #: Reverse proxies whose forwarded headers are believed.
        self.trusted = trusted
        self._clock = clock
        self._seen: OrderedDict[str, float] = OrderedDict()
        self._told = False

    def note(self, peer: str, headers: Headers) -> None:
        """Look at one request; an address with a proxy's header is remembered, and the operator told once."""
        if has_proxy_header(headers):
            address = parse_ip(peer)
            if address is not None and any(address in network for network in self.trusted):
                return
            if not self._told:
                self._told = True
                _LOG.warning(
                    "a request came through a proxy that is not in PEERSEAL_TRUSTED_PROXIES: for 10 minutes, "
                    "everybody at the proxy's address meets by link or code only (said once)"
                )
            self._seen[peer] = self._clock()
            self._seen.move_to_end(peer)
            while len(self._seen) > _PROXIES_REMEMBERED:
                self._seen.popitem(last=False)

    def __contains__(self, peer: str) -> bool:
        at = self._seen.get(peer)
        return at is not None and self._clock() - at < PROXY_SECONDS


def judge(
    peer: str,
    headers: Headers,
    *,
    discovery: Discovery,
    interfaces: Collection[Interface],
    networks: Collection[Network] = (),
    trusted_proxies: Collection[Network] = (),
    seen_proxies: SeenProxies | None = None,
    http_version: str = "1.1",
) -> Visitor:
    """The lobby of a connection from `peer` (the socket's address) with these headers."""
    address, proxied = _real_address(peer, headers, trusted_proxies)
    # No page and no command line speaks HTTP/1.0; a bare `proxy_pass` does, without any other mark.
    proxied = proxied or (http_version == "1.0" and address == parse_ip(peer))
    counted = str(address) if address is not None else peer
    if discovery == "link":
        return Visitor(Lobby("none", "link_only"), counted)
    if discovery == "everyone":
        return Visitor(Lobby("everyone", None), counted)
    if proxied or (seen_proxies is not None and address == parse_ip(peer) and peer in seen_proxies):
        return Visitor(Lobby("none", "proxied"), counted)
    if address is None or not _is_own(address, interfaces, networks):
        return Visitor(Lobby("none", "not_local"), counted)
    if not _typed_locally(headers, address, parse_ip(peer), interfaces, networks):
        return Visitor(Lobby("none", "public_name"), counted)
    return Visitor(Lobby("network", None), counted)


def has_proxy_header(headers: Headers) -> bool:
    """Whether something between the sender and this server left its mark."""
    return any(name in PROXY_HEADERS or name.startswith(b"x-forwarded-") for name, _ in headers)


def is_local_name(host: str) -> bool:
    """Whether an address bar's host is a kind of name that only means something within a network."""
    if not host or host.replace(".", "").isdigit():
        return False  # `127.1`, `2130706433`: never what a person means
    return "." not in host or host.lower().endswith(_LOCAL_SUFFIXES)


def parse_ip(text: str) -> IpAddress | None:
    """An address without zone, IPv4 even if it came mapped into IPv6; None if it is none."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def address_behind(peer: str, headers: Headers, trusted: Collection[Network]) -> IpAddress | None:
    """The address a request counts under: the socket's, or what a trusted proxy says; None if it does not say."""
    return _real_address(peer, headers, trusted)[0]


def _real_address(peer: str, headers: Headers, trusted: Collection[Network]) -> tuple[IpAddress | None, bool]:
    """The address to judge, and whether an untrusted proxy stands before it."""
    address = parse_ip(peer)
    if address is None or not any(address in network for network in trusted):
        return address, has_proxy_header(headers)
    chain = ",".join(header_values(headers, b"x-forwarded-for")).split(",")
    for text in reversed(chain):
        hop = parse_ip(text.strip())
        if hop is None:
            return None, True  # a trusted proxy that does not say for whom it speaks
        if not any(hop in network for network in trusted):
            return hop, False
    return None, True


def _is_own(address: IpAddress, interfaces: Collection[Interface], networks: Collection[Network]) -> bool:
    if any(address in network for network in networks):
        return True
    if not _is_private(address):
        return False
    return address.is_loopback or any(address in interface.network for interface in interfaces)


def _is_private(address: IpAddress) -> bool:
    return any(address in network for network in _PRIVATE)


def _typed_locally(
    headers: Headers,
    source: IpAddress,
    peer: IpAddress | None,
    interfaces: Collection[Interface],
    networks: Collection[Network],
) -> bool:
    """Whether what was typed is this server as `source` can reach it, where that can be told.

    `peer` is the socket's other end: `source` itself or a trusted proxy, by whose address it may have come.
    """

    def is_this_server(host: str) -> bool:
        typed = parse_ip(host)
        if typed is None:
            # Behind a forwarder that keeps no addresses everybody looks local, and may type this name.
            return is_local_name(host) and (not _is_localhost(host) or source.is_loopback)
        if typed.is_loopback or source.is_loopback:
            return typed.is_loopback and source.is_loopback
        if not _is_private(typed):
            return False
        own = any(typed == interface.ip for interface in interfaces)
        # In a container: the address of the machine around it, in a network the operator named.
        named = any(typed in network and source in network for network in networks)
        return own or named or (typed == peer != source)

    hosts = header_values(headers, b"host")
    origins = header_values(headers, b"origin")
    if len(hosts) != 1 or len(origins) > 1:
        return False
    named = [parse_host(hosts[0]), *(parse_host(origin.partition("://")[2]) for origin in origins)]
    return all(address is not None and is_this_server(address.host) for address in named)


def _is_localhost(host: str) -> bool:
    return host.lower() == "localhost" or host.lower().endswith(".localhost")
