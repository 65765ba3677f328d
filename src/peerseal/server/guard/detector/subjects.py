"""Who or what a score belongs to: an address, a network, an account, a session, a device, a room, the site."""

from __future__ import annotations

import ipaddress
from typing import Final, Literal, NamedTuple, TypeAlias

#: `client`: one program at a shared address, told by what it says of itself (`agent`).
Kind: TypeAlias = Literal["ip", "net", "client", "account", "session", "device", "room", "site"]
KINDS: Final[tuple[Kind, ...]] = ("ip", "net", "client", "account", "session", "device", "room", "site")


class Subject(NamedTuple):
    """One of them. As text `ip:192.0.2.1`. Equal to the plain tuple of both."""

    kind: Kind
    key: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.key}"


def network_of(ip: str) -> str:
    """The /24 of an IPv4 address, the /48 of an IPv6 address or /64: `192.0.2.0/24`; "" for what is no address."""
    try:
        first = ipaddress.ip_address(ip.partition("/")[0].partition("%")[0])
    except ValueError:
        return ""
    return str(ipaddress.ip_network((first, 24 if first.version == 4 else 48), strict=False))
