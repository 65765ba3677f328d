"""Which requests open a connection of the meeting: each such one is seen, however ordinary (docs/guard.md §1)."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qs

from peerseal.server.asgi_types import Scope
from peerseal.wire import limits

_SOCKET_IO: Final = "/socket.io/"
#: More than any page sends in a query.
_FIELDS_MAX: Final = 32


def opens_connection(scope: Scope) -> bool:
    """Whether a request that was answered well is a new WebSocket, HTTP session or session of Socket.IO.

    What goes on with a session that is there (`sid`), such as polling or its upgrade, opens none.
    """
    path: str = scope["path"]
    if path == limits.MEET_PATH:
        return scope["type"] == "websocket" or scope.get("method") == "POST"
    if path != _SOCKET_IO:
        return False
    try:
        asked = parse_qs(scope.get("query_string", b"").decode("latin-1"), max_num_fields=_FIELDS_MAX)
    except ValueError:
        return True
    return "sid" not in asked
