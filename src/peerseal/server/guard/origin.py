"""Where a request says it comes from: which pages may talk to this server.

A browser tells the page's origin truthfully, so a page of another site is refused; a program that is no
browser sends none and passes, because no cookie or other ambient right exists here.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Iterable
from typing import Final, NamedTuple
from urllib.parse import urlsplit

_DEFAULT_PORT: Final = {"http": 80, "https": 443}


class Address(NamedTuple):
    """A host (lower case, IPv6 without brackets) and a port."""

    host: str
    port: int | None


def header_values(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> list[str]:
    """All values of a header, in order; names are lower case already."""
    return [value.decode("latin-1") for key, value in headers if key == name]


def parse_host(text: str) -> Address | None:
    """What a `Host` header names; None if it is no host at all."""
    if not text or any(character in text for character in "/?#@\\ \t,"):
        return None
    try:
        parts = urlsplit(f"//{text}")
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    return Address(host.rstrip("."), port) if host else None


def is_own_name(called: Address, names: Collection[str]) -> bool:
    """Whether somebody who asks for `called` means this server, whose names these are (none: any).

    A page of elsewhere can make its own name lead here (DNS rebinding), but neither an address nor `localhost`.
    """
    if not names or called.host in names or called.host == "localhost":
        return True
    try:
        ipaddress.ip_address(called.host.partition("%")[0])
    except ValueError:
        return False
    return True


def origin_allowed(origin: str, host: str, listed: Collection[str]) -> bool:
    """Whether a page of `origin` may talk to a server that was called `host`.

    The same host and port, or an origin the operator listed. `null` never.
    """
    if origin in listed:
        return True
    try:
        parts = urlsplit(origin)
        port = parts.port
    except ValueError:
        return False
    default = _DEFAULT_PORT.get(parts.scheme)
    called = parse_host(host)
    if default is None or not parts.hostname or called is None:
        return False
    if parts.path or parts.query or parts.fragment or parts.username is not None:
        return False
    return (parts.hostname.rstrip("."), port or default) == (called.host, called.port or default)
