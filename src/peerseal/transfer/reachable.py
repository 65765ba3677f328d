"""The address under which another device finds the server, when this machine calls it localhost."""

from __future__ import annotations

from typing import Final

from peerseal.client.http import HttpConnection
from peerseal.client.settings import ServerUrl, parse_server
from peerseal.errors import PeersealError
from peerseal.wire.limits import INFO_PATH
from peerseal.wire.strict_json import loads_object

_LOCAL: Final = ("localhost", "127.0.0.1", "::1")
_SECONDS: Final = 2.0


def seen_from_outside(server: ServerUrl) -> ServerUrl:
    """The first address of its network that a server on this machine names; `server` itself if there is none."""
    if server.host not in _LOCAL:
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
    return next((address for address in addresses if address.host not in _LOCAL), server)
