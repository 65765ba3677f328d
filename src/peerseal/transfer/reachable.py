"""The address under which another device finds the server, when this machine calls it localhost.

The server is asked, and not believed: a link carries a key behind its `#`, and must lead to this machine.
"""

from __future__ import annotations

import socket
from typing import Final

from peerseal.client.http import HttpConnection
from peerseal.client.settings import ServerUrl, parse_server
from peerseal.errors import PeersealError
from peerseal.wire.limits import INFO_PATH
from peerseal.wire.strict_json import loads_object

_LOCAL: Final = ("localhost", "127.0.0.1", "::1")
_SECONDS: Final = 2.0
#: First bytes of IPv4 addresses that are no single machine's on a network: unspecified, loopback, multicast and up.
_NO_HOST: Final = frozenset({0, 127, *range(224, 256)})


def is_local(server: ServerUrl) -> bool:
    """Whether this address leads to the server from this machine only."""
    return server.host in _LOCAL


def seen_from_outside(server: ServerUrl) -> ServerUrl:
    """The first address of this machine that a server on it names; `server` itself if there is none."""
    if not is_local(server):
        return server
    try:
        connection = HttpConnection(server, _SECONDS)
        try:
            named = loads_object(connection.request("GET", INFO_PATH).body).get("addresses")
        finally:
            connection.close()
        texts = named if isinstance(named, list) else []
        addresses = [parse_server(text) for text in texts if isinstance(text, str)]
    except PeersealError:
        return server  # the way to tell it is not the way it works
    return next((address for address in addresses if _same_place(address, server)), server)


def _same_place(address: ServerUrl, server: ServerUrl) -> bool:
    """The same port of this very machine, by an address of its own network interfaces."""
    return (address.port, address.tls) == (server.port, server.tls) and _is_own(address.host)


def _is_own(host: str) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        packed = socket.inet_pton(family, host)
        # Unspecified, loopback, multicast, and IPv4 in IPv6's clothes.
        if packed[0] in _NO_HOST if family == socket.AF_INET else packed[0] in (0, 255):
            return False
        with socket.socket(family, socket.SOCK_DGRAM) as tried:
            tried.bind((host, 0))  # only an address of one's own can be had; nothing is sent
    except (OSError, ValueError):
        return False
    return True
