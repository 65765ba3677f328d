"""The relay as a raw pipe: one HTTP request becomes a plain byte stream through the server's memory (docs/wire.md §2)."""

from __future__ import annotations

import contextlib
import select
import socket

from peerseal.client.carrier import problem
from peerseal.client.http import HttpConnection
from peerseal.client.settings import ServerUrl
from peerseal.errors import Interrupted, ServerUnreachable
from peerseal.transport.transport import PathKind, truncated
from peerseal.wire.limits import RELAY_PATH, RELAY_UPGRADE


class PipeBlocked(ServerUnreachable):
    """Something between here and the server does not let the raw pipe through; HTTP may still work."""

    default_code = "no_raw_pipe"


class RelayPipe:
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
        self._aborted = False
        self._sock = connection.sock
        # Blocking, so that the kernel fills a whole record in one call; silence is noticed by the meeting.
        self._sock.settimeout(None)
        self._buffered = memoryview(connection.take_buffered())
        self._wait_all = 0 if server.tls else socket.MSG_WAITALL

    def send(self, content: memoryview) -> None:
        """See `SendEnd.send`."""
        try:
            self._sock.sendall(content)
        except OSError:
            raise _cut() from None

    def finish(self) -> None:
        """See `SendEnd.finish`: a half-close."""
        try:
            socket.socket.shutdown(self._sock, socket.SHUT_WR)
        except OSError:
            raise _cut() from None

    def receive_into(self, view: memoryview) -> None:
        """See `ReceiveEnd.receive_into`."""
        filled = min(len(view), len(self._buffered))
        if filled:
            view[:filled] = self._buffered[:filled]
            self._buffered = self._buffered[filled:]
        while filled < len(view):
            try:
                step = self._sock.recv_into(view[filled:], 0, self._wait_all)
            except OSError:
                raise _cut() from None
            if step == 0:
                raise _cut() if self._aborted else truncated()
            filled += step

    def has_more(self) -> bool:
        """See `ReceiveEnd.has_more`."""
        if self._buffered:
            return True
        poll = select.poll()
        try:
            poll.register(self._sock, select.POLLIN)
            return bool(poll.poll(0)) and bool(self._sock.recv(1))
        except (OSError, ValueError):
            return False

    def abort(self) -> None:
        """See `SendEnd.abort`. Shutting down wakes a thread that is blocked here; closing alone would not."""
        self._aborted = True
        with contextlib.suppress(OSError):
            socket.socket.shutdown(self._sock, socket.SHUT_RDWR)

    def close(self) -> None:
        """Give the socket back; only by the thread that uses this end."""
        self.abort()
        with contextlib.suppress(OSError):
            self._sock.close()


def _cut() -> Interrupted:
    return Interrupted("The stream was cut before everything was across.", code="stream_cut", retryable=True)
