"""The relay as a raw pipe: one HTTP request becomes a plain byte stream through the server's memory (docs/wire.md §2)."""

from __future__ import annotations

from peerseal.client.carrier import problem
from peerseal.client.http import HttpConnection
from peerseal.client.settings import ServerUrl
from peerseal.errors import Interrupted, ServerUnreachable
from peerseal.transport.byte_stream import ByteStream
from peerseal.transport.transport import PathKind
from peerseal.wire.limits import RELAY_PATH, RELAY_UPGRADE


class PipeBlocked(ServerUnreachable):
    """Something between here and the server does not let the raw pipe through; HTTP may still work."""

    default_code = "no_raw_pipe"


class RelayPipe(ByteStream):
    """One end of a raw pipe. Both ends have the same form: which it is was said when the ticket was asked."""

    kind: PathKind = "relay"
    detail = "pipe"

    def __init__(self, server: ServerUrl, ticket: str) -> None:
        """Open it. Raises PipeBlocked, or Refused if the server itself says no."""
        connection = HttpConnection(server)
        headers = {"Connection": "Upgrade", "Upgrade": RELAY_UPGRADE, "Authorization": f"Ticket {ticket}"}
        try:
            connection.send_head("GET", RELAY_PATH, headers)
            response = connection.read_response()
        except Interrupted as error:
            connection.close()
            raise PipeBlocked("The raw pipe was cut while it opened.") from error
        except BaseException:
            connection.close()
            raise
        upgraded = response.headers.get("upgrade", "").lower() == RELAY_UPGRADE
        if response.status != 101 or not upgraded:
            connection.close()
            if response.status == 429:
                raise problem(response, server)
            raise PipeBlocked(f"The server answered {response.status} instead of opening a raw pipe.")
        super().__init__(connection.sock, connection.take_buffered(), plain=not server.tls)
