"""The JSON API in this process: a server on a folder of its own, its clock in hand, and people who call it."""

from __future__ import annotations

import dataclasses
import itertools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from peerseal.server.config import ServerConfig
from peerseal.server.create_app import create_app
from peerseal.server.database import Database
from peerseal.server.services import Services
from peerseal.wire import accounts as a
from peerseal.wire.api import ENDPOINTS

ORIGIN = "http://localhost"
BUNDLE = bytes(range(256)) * 5 + bytes(240)


class ApiServer:
    """A server without sockets. `now` (ms) and `clock` (s) are one time, moved by `pass_time`."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.seconds = 1_800_000_000.0
        chosen = {"data": folder, "registrations_per_hour": 1000, **settings}
        self.config = dataclasses.replace(ServerConfig(), **chosen)
        self.database = Database.open(self.config.database, folder)
        self.services = Services.make(
            self.config, self.database, now=lambda: int(self.seconds * 1000), clock=lambda: self.seconds
        )
        self.app = create_app(self.services)
        self._names = itertools.count()

    def pass_time(self, seconds: float) -> None:
        """Let time go by."""
        self.seconds += seconds

    def caller(self, source: str = "192.0.2.1", *, secure: bool = False) -> Caller:
        """Somebody who is not signed in, at this address."""
        return Caller(self.app.test_client(), source, secure)

    def person(self, name: str = "", *, keep: a.SessionKind = "token", bundle: bytes = BUNDLE) -> Caller:
        """Somebody with an account, signed in."""
        name = name or f"person {next(self._names)}"
        caller = self.caller()
        assert caller.call("register", a.Register(name, bundle, new_password())).status_code == 202
        caller.sign_in(name, keep=keep)
        return caller

    def close(self) -> None:
        """Let go of the database."""
        self.services.close()


class Caller:
    """One client: its address, its cookies, its token."""

    def __init__(self, client: FlaskClient, source: str, secure: bool) -> None:
        self.client = client
        self.source = source
        self.secure = secure
        self.name = ""
        self.token: str | None = None
        self.csrf: str | None = None
        self.session = ""
        self.device = ""

    def sign_in(self, name: str, auth: bytes = b"a" * 32, keep: a.SessionKind = "token") -> TestResponse:
        """Sign in, and remember what came of it."""
        answer = self.call("login", a.Login(name, auth, keep, "a test"))
        if answer.status_code == 200:
            self.name = name
            self.remember(answer)
        return answer

    def remember(self, answer: TestResponse) -> None:
        """Use the session of this answer from now on."""
        said = answer.get_json()
        self.token, self.csrf, self.session = said["token"], said["csrf"], said["session"]
        self.device = said["device"] or self.device

    def call(
        self, endpoint: str, body: object = None, /, headers: Mapping[str, str] | None = None, **parts: object
    ) -> TestResponse:
        """Call an endpoint of the table as a good client would; `headers` with "" leave one away."""
        entry = ENDPOINTS[endpoint]
        query = {key: value for key, value in parts.items() if f"{{{key}}}" not in entry.path}
        device = {"Peerseal-Device": self.device} if self.device else {}
        given = {"Origin": ORIGIN, **self._credential(), **device, **(headers or {})}
        data = None
        if entry.takes is not None:
            given.setdefault("Content-Type", "application/json")
            data = json.dumps(entry.takes.write(body))
        return self.raw(entry.method, "/api/v1" + entry.path.format(**parts), data, given, query)

    def raw(
        self,
        method: str,
        path: str,
        data: str | bytes | None = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, object] | None = None,
    ) -> TestResponse:
        """Any request."""
        # With a cookie of its own choosing the request stands outside the browser's jar.
        client = (
            self.client.application.test_client(use_cookies=False)
            if "Cookie" in (headers or {})
            else self.client
        )
        scope = {"peerseal.source": self.source, "peerseal.secure": self.secure}
        return client.open(
            path,
            method=method,
            data=data,
            query_string={key: str(value) for key, value in (query or {}).items()},
            headers={key: value for key, value in (headers or {}).items() if value},
            base_url="https://localhost" if self.secure else "http://localhost",
            environ_overrides={"asgi.scope": scope},
        )

    def _credential(self) -> dict[str, str]:
        if self.token is not None:
            return {"Authorization": f"Bearer {self.token}"}
        return {} if self.csrf is None else {"X-CSRF-Token": self.csrf}


def new_password(auth: bytes = b"a" * 32, vault: bytes | None = None) -> a.NewPassword:
    """A password as a client would send it."""
    return a.NewPassword(auth, b"s" * 16, 65_536, 3, 1, vault)


def problem(answer: TestResponse) -> tuple[int, str]:
    """Status and code of an error that has the one shape."""
    said = json.loads(answer.get_data())
    assert answer.content_type == "application/problem+json"
    assert said["status"] == answer.status_code
    assert said.keys() == {"code", "title", "status", "request_id"}
    return answer.status_code, said["code"]
