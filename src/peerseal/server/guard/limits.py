"""Limits on connections and sessions: how many one address may hold."""

from __future__ import annotations

import ipaddress
from collections import Counter


class Admission:
    """Counts open sockets or sessions per address (IPv6: per /64); exempt networks are not counted."""

    def __init__(self, most: int, exempt: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]) -> None:
        self._most = most
        self._exempt = exempt
        self._open: Counter[str] = Counter()
        #: How many are open in all, exempt ones too.
        self.total = 0

    def enter(self, address: str) -> bool:
        """Count one more; False if that is too many. Every `enter` needs its `leave`."""
        key = self.source(address)
        self.total += 1
        self._open[key] += 1
        return key == "" or self._open[key] <= self._most

    def leave(self, address: str) -> None:
        """One of them is closed."""
        key = self.source(address)
        self.total -= 1
        self._open[key] -= 1
        if self._open[key] <= 0:
            del self._open[key]

    def source(self, address: str) -> str:
        """The network it counts under; empty for one that is exempt."""
        key = source_of(address)
        try:
            parsed = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return key
        return "" if any(parsed in network for network in self._exempt) else key


def source_of(address: str) -> str:
    """The network one person is likely to control: an IPv4 address, or an IPv6 /64."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
