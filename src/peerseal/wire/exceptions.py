"""An address or network as the guard's allow-list has it: its one form, or what is wrong with it (docs/guard.md §3)."""

from __future__ import annotations

import re
from typing import Final, Literal, TypeAlias

#: `allow_name`: no address at all; `allow_address`: one that cannot be; `allow_prefix`: a length that cannot be;
#: `allow_everybody`: all there are.
Mistake: TypeAlias = Literal["allow_name", "allow_address", "allow_prefix", "allow_everybody"]
#: IPv6 addresses count by their /64 (docs/guard.md §1): an exception for less would never be met.
_IPV6_LONGEST: Final = 64
_LIKE_AN_ADDRESS: Final = re.compile(r"[0-9][0-9.]*|[0-9a-f.]*:[0-9a-f:.]*", re.ASCII | re.IGNORECASE)


class NoException(ValueError):
    """`mistake` says why this cannot be an exception."""

    def __init__(self, mistake: Mistake) -> None:
        self.mistake: Final = mistake
        super().__init__(mistake)


def network_entry(text: str) -> str:
    """`192.0.2.7` → `192.0.2.7/32`, an IPv6 address → its /64. Raises NoException."""
    import ipaddress

    address, slash, _ = text.strip().partition("/")
    try:
        ipaddress.ip_address(address)
    except ValueError:
        raise NoException("allow_address" if _LIKE_AN_ADDRESS.fullmatch(address) else "allow_name") from None
    try:
        network = ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        raise NoException("allow_prefix" if slash else "allow_address") from None
    if not network.prefixlen:
        raise NoException("allow_everybody")
    if network.version == 6 and network.prefixlen > _IPV6_LONGEST:
        network = network.supernet(new_prefix=_IPV6_LONGEST)
    return str(network)
