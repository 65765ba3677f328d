"""The relay over plain HTTP requests, for where neither WebSocket nor another Upgrade gets through (docs/wire.md §2).

Every piece names its offset, so a request that broke is simply repeated on a new connection.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from typing import Final

from peerseal.client.carrier import problem
from peerseal.client.http import HttpConnection, Response, not_peerseal
from peerseal.client.settings import ServerUrl
from peerseal.errors import IntegrityFailed, Interrupted
from peerseal.transport.transport import PathKind, cut, truncated
from peerseal.wire.limits import HTTP_PIECE_MAX_BYTES, RELAY_PATH
from peerseal.wire.strict_json import loads_object

_TRIES: Final = 3
_PAUSE_SECONDS: Final = 0.5
_REQUEST_SECONDS: Final = 40.0


class RelayHttp:
    """One end of a relayed stream over HTTP."""

    kind: PathKind = "relay"
    detail = "http"

    def __init__(self, server: ServerUrl, ticket: str) -> None:
        """Open it. Raises Interrupted if the ticket holds no more, Refused if the server says no otherwise."""
        self._server = server
        self._aborted = False
        self._connection = HttpConnection(server, _REQUEST_SECONDS)
        self._offset = 0
        self._ended = False
        self._piece = memoryview(b"")
        response = self._connection.request("POST", RELAY_PATH, {"Authorization": f"Ticket {ticket}"}, b"")
        if response.status != 201:
            self._connection.close()
            if response.status == 401:
                raise cut()  # its room was closed since: that is a break, and both meet again
            raise problem(response, server)
        session = _text_field(response, "session", server)
        self._authorization = f"Stream {session}"

    def send(self, *content: memoryview) -> None:
        """See `SendEnd.send`."""
        for one in content:
            left = one
            while len(left):
                taken = self._put(left[:HTTP_PIECE_MAX_BYTES], final=False)
                left = left[taken:]

    def finish(self) -> None:
        """See `SendEnd.finish`."""
        self._put(memoryview(b""), final=True)

    def receive_into(self, view: memoryview) -> None:
        """See `ReceiveEnd.receive_into`."""
        filled = 0
        while filled < len(view):
            if not self._piece:
                if self._ended:
                    raise truncated(filled)
                self._get()
            step = min(len(view) - filled, len(self._piece))
            view[filled : filled + step] = self._piece[:step]
            self._piece = self._piece[step:]
            filled += step

    def has_more(self) -> bool:
        """See `ReceiveEnd.has_more`."""
        return bool(self._piece)

    def abort(self) -> None:
        """See `SendEnd.abort`."""
        self._aborted = True
        with contextlib.suppress(OSError):
            self._connection.sock.shutdown(2)

    def close(self) -> None:
        """Give the connection back; only by the thread that uses this end."""
        self._aborted = True
        self._connection.close()

    def _put(self, content: memoryview, *, final: bool) -> int:
        headers = {"Peerseal-Offset": str(self._offset), "Content-Type": "application/octet-stream"}
        if final:
            headers["Peerseal-Final"] = "1"
        response = self._request("PUT", headers, content)
        if response.status != 200:
            raise self._refused(response)
        offset = loads_object(response.body).get("offset")
        if not isinstance(offset, int) or not self._offset <= offset <= self._offset + len(content):
            raise not_peerseal(self._server)
        taken, self._offset = offset - self._offset, offset
        return taken

    def _get(self) -> None:
        response = self._request("GET", {"Peerseal-Offset": str(self._offset)}, None)
        if response.status not in (200, 204):
            raise self._refused(response)
        self._piece = memoryview(response.body)
        self._offset += len(response.body)
        self._ended = response.headers.get("peerseal-final") == "1"

    def _request(self, method: str, headers: Mapping[str, str], body: memoryview | None) -> Response:
        everything = {"Authorization": self._authorization, **headers}
        for attempt in range(_TRIES):
            if self._aborted:
                raise cut()
            try:
                if attempt:
                    time.sleep(_PAUSE_SECONDS)
                    self._connection.close()
                    self._connection = HttpConnection(self._server, _REQUEST_SECONDS)
                return self._connection.request(method, RELAY_PATH, everything, body)
            except Interrupted:
                continue
        raise cut()

    def _refused(self, response: Response) -> Exception:
        if response.status in (404, 409):
            return cut()
        return problem(response, self._server)


def _text_field(response: Response, name: str, server: ServerUrl) -> str:
    try:
        value = loads_object(response.body).get(name)
    except IntegrityFailed:
        value = None
    if not isinstance(value, str) or not value.isascii() or not value.isprintable():
        raise not_peerseal(server)
    return value
