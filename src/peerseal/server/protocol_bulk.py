"""uvicorn's HTTP protocol with bodies that go past its parser: what `direct` needs of a connection.

Subclass of a pinned uvicorn, and knows its insides.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from peerseal.server.direct import PIECE, DirectBody, SendFile, send_file
from peerseal.wire.limits import CHUNKS_PATH


class BulkHttp(HttpToolsProtocol):
    """HTTP/1.1 that gives requests for chunks a `Direct`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._direct: DirectBody | None = None

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        scope: MutableMapping[str, Any] = self.scope  # type: ignore[assignment] # the names of ASGI and ours
        if scope.get("path", "").startswith(f"{CHUNKS_PATH}/"):  # none before an upgrade
            scope["peerseal.direct"] = Direct(self, self.cycle)

    def take_body(self, cycle: RequestResponseCycle, length: int) -> DirectBody | None:
        """The rest of a body of `length` bytes, past the parser; None if most of it is here already."""
        if self.cycle is not cycle or not cycle.more_body or cycle.disconnected:
            return None
        if len(cycle.body) >= min(length, PIECE) or self.transport.is_closing():
            return None
        self.transport.pause_reading()
        body = DirectBody(
            self.transport,
            cycle.body,
            length,
            self.body_over,
            self.connection_lost,
            paused=self._writing_paused,
        )
        self._direct = body
        cycle.body = bytearray()
        self.transport.set_protocol(body)
        if cycle.waiting_for_100_continue:
            cycle.waiting_for_100_continue = False
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        self.flow.read_paused = False
        self.transport.resume_reading()
        return body

    def body_over(self) -> None:
        """The parser goes on behind a body it never saw the end of: with a new one, as nothing tells it to skip."""
        self.parser = httptools.HttpRequestParser(self)
        self.transport.set_protocol(self)
        self._direct = None
        self.cycle.more_body = False
        self.cycle.message_event.set()

    @property
    def past_parser(self) -> int:
        """Bytes that came of the body that goes past the parser now."""
        return self._direct.received if self._direct else 0

    def _writing_paused(self, paused: bool) -> None:
        if paused:
            self.flow.pause_writing()
        else:
            self.flow.resume_writing()


class Direct:
    """What a request on such a connection can do past ASGI (see `direct`)."""

    def __init__(self, http: BulkHttp, cycle: RequestResponseCycle) -> None:
        self._http = http
        self._cycle = cycle

    def body(self, length: int) -> DirectBody | None:
        """The request's body, of which nothing was received by events; None if those are as good."""
        return self._http.take_body(self._cycle, length)

    async def send_file(self, file: int, span: tuple[int, int], stall: float, in_thread: SendFile) -> bool:
        """As `direct.send_file`: a part of the response's body, once its head was sent."""
        sent = await send_file(self._http.transport, file, span, stall, in_thread)
        if sent:
            self._cycle.expected_content_length -= span[1] - span[0]
        return sent
