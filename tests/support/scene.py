"""A stored file with everything around it, who may have to do with it, and what each is told of a request."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Final, Literal, TypeAlias

from peerseal.wire import accounts as a
from peerseal.wire import stored as s
from support.parks import Plan
from support.stored_files import new_version

Role: TypeAlias = Literal["anonymous", "stranger", "former", "recipient", "owner", "operator"]
ROLES: Final[tuple[Role, ...]] = ("anonymous", "stranger", "former", "recipient", "owner", "operator")
#: Who has no account.
GUESTS: Final[tuple[Role, ...]] = ("anonymous", "operator")
PROOF: Final = b"a" * 32
#: Where everybody is.
HOME: Final = "127.0.0.1"
#: Nobody's.
WRONG: Final = hashlib.sha256(b"a guess").digest()


@dataclass(frozen=True)
class Said:
    """An answer; `head` without what differs between any two."""

    status: int
    head: frozenset[tuple[str, str]]
    body: bytes

    @property
    def but_id(self) -> tuple[int, frozenset[tuple[str, str]], bytes]:
        """All of it but the request's id."""
        if not self.body.startswith(b'{"code"'):
            return self.status, self.head, self.body
        said = json.loads(self.body)
        return self.status, self.head, self.body.replace(said["request_id"].encode(), b"")


@dataclass(frozen=True)
class Scene:
    """One stored file: two versions, a third arriving, a link, a request for keys, and the owner's other device.

    It was for `former` too, who has been taken off its list. `telling`: what nobody else's answer may hold.
    """

    file: str
    old: str
    current: str
    arriving: s.NewVersion
    link: str
    token: bytes
    exchange: str
    session: str
    recipient: str
    fellow: str
    down: Mapping[Role, str]
    up: str
    plan: Plan
    standing: str
    allowed: str
    invite: str
    report: str
    page: str
    telling: tuple[str, ...]

    def absent(self) -> Scene:
        """The same requests, about things that never were."""
        return dataclasses.replace(
            self,
            file=secrets.token_hex(16),
            old=secrets.token_hex(16),
            current=secrets.token_hex(16),
            arriving=new_version(3, open_=True),
            link=secrets.token_hex(16),
            exchange=secrets.token_hex(16),
            session=secrets.token_hex(16),
            plan=Plan(open_=True),
            standing=secrets.token_hex(16),
            allowed=secrets.token_hex(16),
            invite=secrets.token_hex(16),
            report=secrets.token_hex(16),
        )


def password() -> a.NewPassword:
    """Everybody's."""
    return a.NewPassword(PROOF, b"s" * 16, 65_536, 3, 1, None)


def send(  # noqa: PLR0917 - a request has so many parts
    port: int, method: str, path: str, body: bytes | None, headers: Mapping[str, str], source: str = HOME
) -> Said:
    """One request on a connection of its own: what is said to one must not hang on what was said to another."""
    link = HTTPConnection("127.0.0.1", port, timeout=40, source_address=(source, 0))
    try:
        link.request(method, path, body, dict(headers))
        answer = link.getresponse()
        kept = ((name.lower(), value) for name, value in answer.getheaders())
        changing = ("date", "x-request-id")
        head = frozenset((name, value) for name, value in kept if name not in changing)
        return Said(answer.status, head, answer.read())
    finally:
        link.close()
