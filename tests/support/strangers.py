"""People at addresses of their own (127.0.1.1 …), each with what their program keeps, at a real server."""

from __future__ import annotations

import hashlib
import json
from http.client import HTTPConnection
from typing import Any, NamedTuple

from peerseal.wire import accounts as a
from support.api_client import new_password

RIGHT, WRONG = b"a" * 32, b"x" * 32


class Said(NamedTuple):
    """An answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, read."""
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """An error's code; "" for none."""
        return str(self.json["code"]) if self.status >= 400 else ""


class Stranger:
    """Asks from one loopback address; `headers` come along with every request."""

    def __init__(self, port: int, address: str = "127.0.0.1", agent: str = "a program") -> None:
        self.port = port
        self.address = address
        self.headers = {"User-Agent": agent}

    def ask(self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None) -> Said:
        """One request on a connection of its own."""
        link = HTTPConnection("127.0.0.1", self.port, timeout=30, source_address=(self.address, 0))
        text = None if body is None else json.dumps(body)
        kind = {} if text is None else {"Content-Type": "application/json"}
        try:
            link.request(method, path, text, {**kind, **self.headers, **(headers or {})})
            answer = link.getresponse()
            named = {name.lower(): value for name, value in answer.getheaders()}
            return Said(answer.status, named, answer.read())
        finally:
            link.close()

    def register(self, name: str) -> None:
        """Make an account."""
        wanted = a.REGISTER.write(a.Register(name, bytes(1520), new_password(RIGHT)))
        assert self.ask("POST", "/api/v1/register", wanted).status == 202

    def sign_in(self, name: str, proof: bytes = RIGHT) -> Said:
        """Sign in; what makes the device known is kept, the token is not."""
        wanted = a.LOGIN.write(a.Login(name, proof, "token", "a test"))
        said = self.ask("POST", "/api/v1/login", wanted)
        if said.status == 200:
            self.headers["Peerseal-Device"] = said.json["device"]
        return said

    def with_token(self, name: str) -> None:
        """Sign in and stay so."""
        said = self.sign_in(name)
        assert said.status == 200, said
        self.headers["Authorization"] = "Bearer " + said.json["token"]

    def pay(self) -> Said:
        """Solve a challenge and keep the pass."""
        said = self.ask("GET", "/api/v1/challenge")
        assert said.status == 200, said
        solved = {"challenge": said.json["challenge"], "solutions": solutions(said.json)}
        paid = self.ask("POST", "/api/v1/challenge", solved)
        if paid.status == 201:
            self.headers["Peerseal-Pass"] = paid.json["pass"]
        return paid


def solutions(challenge: dict[str, Any]) -> list[int]:
    """By the words of docs/guard.md §4."""
    found: list[int] = []
    limit = 1 << (256 - challenge["bits"])
    for i in range(challenge["count"]):
        head = f"peerseal challenge/1 {challenge['challenge']} {i} ".encode()
        n = 0
        while int.from_bytes(hashlib.sha256(head + str(n).encode()).digest(), "big") >= limit:
            n += 1
        found.append(n)
    return found
