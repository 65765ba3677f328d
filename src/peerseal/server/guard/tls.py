"""Whether a request came over TLS: as this server sees it, or as a trusted proxy says."""

from __future__ import annotations

from collections.abc import Collection

from peerseal.server.asgi_types import Scope
from peerseal.server.config import Network
from peerseal.server.guard.origin import header_values
from peerseal.server.live.discovery import parse_ip


def is_secure(scope: Scope, trusted: Collection[Network]) -> bool:
    """`X-Forwarded-Proto` counts only from a trusted proxy, and only if there is exactly one."""
    if scope.get("scheme") in ("https", "wss"):
        return True
    client = scope.get("client")
    address = parse_ip(client[0]) if client else None
    if address is None or not any(address in network for network in trusted):
        return False
    return [value.strip().lower() for value in header_values(scope["headers"], b"x-forwarded-proto")] == [
        "https"
    ]
