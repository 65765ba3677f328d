"""A person who stores files on a real server, by plain HTTP requests."""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Callable, Mapping
from http.client import HTTPConnection
from typing import Any, TypeAlias
from urllib.parse import quote

from peerseal.wire import accounts as a
from peerseal.wire import stored as s
from peerseal.wire.api import ENDPOINTS
from support.stored_files import both_streams

#: Makes an account at the server on this port (a fixture that hangs up in the end).
SignUp: TypeAlias = "Callable[[int], Storer]"

_RESTED_SECONDS = 2.0


class Storer:
    """Somebody with an account (`sign_up`) or without. Requests of one are made one after another."""

    def __init__(self, port: int, source: str = "127.0.0.1") -> None:
        self.port = port
        self.name = ""
        self.token = ""
        self._link = HTTPConnection("127.0.0.1", port, timeout=40, source_address=(source, 0))
        self._used = time.monotonic()

    @classmethod
    def sign_up(cls, port: int, name: str = "") -> Storer:
        """A new account, signed in."""
        person = cls(port)
        person.name = name or "p" + secrets.token_hex(6)
        password = a.NewPassword(b"a" * 32, b"s" * 16, 65_536, 3, 1, None)
        person.expect("register", a.Register(person.name, bytes(1520), password))
        person.token = person.expect("login", a.Login(person.name, b"a" * 32, "token", "test"))["token"]
        return person

    def again(self, port: int | None = None) -> Storer:
        """The same person on another connection, perhaps after a restart."""
        other = Storer(port or self.port)
        other.name, other.token = self.name, self.token
        return other

    def call(
        self, endpoint: str, body: object = None, /, if_match: int | None = None, **parts: str
    ) -> tuple[int, Any]:
        """Status and JSON (None if there is none) of one call."""
        entry = ENDPOINTS[endpoint]
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        data = None
        if entry.takes is not None:
            headers["Content-Type"] = "application/json"
            data = json.dumps(entry.takes.write(body)).encode()
        if if_match is not None:
            headers["If-Match"] = f'"{if_match}"'
        path = entry.path.format(**{key: quote(value) for key, value in parts.items()})
        status, said = self.raw(entry.method, f"/api/v1{path}", data, headers)
        return status, json.loads(said) if said else None

    def expect(self, endpoint: str, body: object = None, /, if_match: int | None = None, **parts: str) -> Any:
        """The JSON of a call that succeeds."""
        status, said = self.call(endpoint, body, if_match, **parts)
        assert status == ENDPOINTS[endpoint].status, (endpoint, status, said)
        return said

    def put(self, ticket: str, stream: str, n: int, content: bytes) -> int:
        """PUT a chunk; the status."""
        return self.raw(
            "PUT", f"/api/v1/chunks/{stream}/{n}", content, {"Authorization": f"Ticket {ticket}"}
        )[0]

    def get(self, ticket: str, stream: str, n: int) -> tuple[int, bytes]:
        """GET a chunk."""
        return self.raw("GET", f"/api/v1/chunks/{stream}/{n}", None, {"Authorization": f"Ticket {ticket}"})

    def raw(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> tuple[int, bytes]:
        """Any request. On a new connection after a rest: the server closes those that rest."""
        if time.monotonic() - self._used > _RESTED_SECONDS:
            self._link.close()
        self._link.request(method, path, body, dict(headers))
        answer = self._link.getresponse()
        said = answer.status, answer.read()
        self._used = time.monotonic()
        return said

    def fill(self, ticket: str, version: s.NewVersion) -> dict[tuple[str, int], bytes]:
        """Send every chunk; what they were."""
        sent: dict[tuple[str, int], bytes] = {}
        for stream in both_streams(version):
            for n in range(stream.chunks):
                content = os.urandom(stream.length(n))
                assert self.put(ticket, stream.name, n, content) == 201
                sent[stream.name, n] = content
        return sent

    def close(self) -> None:
        """Hang up."""
        self._link.close()
