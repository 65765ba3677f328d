"""Somebody outside who talks to a server from an address of their choice: every 127.x.y.z is this computer."""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from http.client import HTTPConnection
from typing import Any, NamedTuple

from peerseal.wire.api import ENDPOINTS


class Answer(NamedTuple):
    """What came back; `headers` in lower case, as they stood."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def said(self) -> Any:
        """The JSON of it, None if there is none."""
        return json.loads(self.body) if self.body else None

    @property
    def code(self) -> str:
        """Of an error."""
        return str(self.said["code"]) if self.status >= 400 and self.body else ""

    def all(self, name: str) -> list[str]:
        """Every header of that name."""
        return [value for key, value in self.headers if key == name]


class Outsider:
    """One person at one address. Every request is on a connection of its own."""

    def __init__(self, port: int, source: str = "127.0.0.1") -> None:
        self.port, self.source = port, source

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Any request."""
        link = HTTPConnection("127.0.0.1", self.port, timeout=40, source_address=(self.source, 0))
        try:
            link.request(method, path, body, dict(headers or {}))
            answer = link.getresponse()
            named = tuple((name.lower(), value) for name, value in answer.getheaders())
            return Answer(answer.status, named, answer.read())
        finally:
            link.close()

    def call(
        self,
        endpoint: str,
        body: object = None,
        /,
        headers: Mapping[str, str] | None = None,
        **parts: str,
    ) -> Answer:
        """An endpoint of the table, with a body of its own form."""
        entry = ENDPOINTS[endpoint]
        given = dict(headers or {})
        data = None
        if entry.takes is not None:
            given.setdefault("Content-Type", "application/json")
            data = json.dumps(entry.takes.write(body)).encode()
        return self.ask(entry.method, "/api/v1" + entry.path.format(**parts), data, given)

    def raw(self, text: bytes, seconds: float = 5.0, *, hang_up: bool = False) -> bytes:
        """Send bytes; what comes until the end or until nothing came for so long. `hang_up` says no more is sent."""
        with socket.create_connection(("127.0.0.1", self.port), seconds, (self.source, 0)) as sock:
            got = b""
            try:
                sock.sendall(text)
                if hang_up:
                    sock.shutdown(socket.SHUT_WR)
                while piece := sock.recv(65_536):
                    got += piece
            except (TimeoutError, ConnectionError):
                pass
            return got
