"""Who is asking: reads the credential of a request and decides whether it counts (docs/api.md §1)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from peerseal.server.asgi_types import Scope
from peerseal.server.guard.gate import SOCKET_IO_PATH
from peerseal.server.guard.origin import header_values, origin_allowed
from peerseal.server.guard.problems import HttpProblem
from peerseal.wire.accounts import SessionKind
from peerseal.wire.encoding import base64url_encode

COOKIE: Final = "peerseal_session"
SECURE_COOKIE: Final = "__Host-peerseal_session"
_SAFE: Final = frozenset({"GET", "HEAD"})
_SECRET_MAX_CHARACTERS: Final = 100


@dataclass(frozen=True, slots=True)
class Asking:
    """What of a request says who asks. `secure`: it came over TLS; `source`: the network it counts under.

    `live`: it opens a meeting. Browsers send cookies with those from any page, so a cookie needs a right `Origin`
    there even for GET; a CSRF value cannot come along.
    """

    method: str
    headers: Sequence[tuple[bytes, bytes]]
    secure: bool
    source: str
    live: bool = False

    @classmethod
    def of(cls, scope: Scope) -> Asking:
        """From an ASGI scope that passed the application's door."""
        return cls(
            scope.get("method", "GET"),
            scope["headers"],
            scope.get("peerseal.secure", False),
            scope.get("peerseal.source", ""),
            scope["type"] == "websocket" or scope["path"].startswith(SOCKET_IO_PATH),
        )

    def header(self, name: bytes) -> str:
        """The header's value, empty if it is not there exactly once."""
        values = header_values(self.headers, name)
        return values[0] if len(values) == 1 else ""


@dataclass(frozen=True, slots=True)
class Credential:
    """A session's secret as the request brought it."""

    kind: SessionKind
    secret: str

    def __repr__(self) -> str:
        return f"Credential({self.kind})"


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody who need not be signed in. `source` is the network they count under."""

    source: str
    asking: Asking


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed-in account and the session it asks with; `user` is the canonical name.

    Also what Flask-Login calls a user. `csrf` is None for token sessions.
    """

    user_id: int
    user: str
    name: str
    session_id: str
    kind: SessionKind
    csrf: str | None
    source: str

    @property
    def is_authenticated(self) -> bool:
        """Flask-Login: signed in."""
        return True

    @property
    def is_active(self) -> bool:
        """Flask-Login: may sign in."""
        return True

    @property
    def is_anonymous(self) -> bool:
        """Flask-Login: nobody."""
        return False

    def get_id(self) -> str:
        """Flask-Login: the account's number."""
        return str(self.user_id)


def credential_of(asking: Asking, listed: Collection[str]) -> Credential | None:
    """The credential that counts, or None. A bearer token makes cookies count for nothing.

    `listed` are the other origins that may use this server. A cookie does not count for a page of anywhere else.
    """
    if header_values(asking.headers, b"authorization"):
        scheme, _, token = asking.header(b"authorization").partition(" ")
        return _credential("token", token.strip()) if scheme.lower() == "bearer" else None
    secret = cookie_of(asking.headers, SECURE_COOKIE if asking.secure else COOKIE)
    counts = has_own_origin if asking.live else no_foreign_page
    if secret is None or not counts(asking, listed):
        return None
    return _credential("cookie", secret)


def require_own_page(asking: Asking, credential: Credential, listed: Collection[str]) -> None:
    """For a cookie and a request that changes something: a page of this server sent it, or 403 `csrf`."""
    if credential.kind == "token" or asking.method in _SAFE or asking.live:
        return
    given = asking.header(b"x-csrf-token").encode("latin-1")
    if not has_own_origin(asking, listed) or not hmac.compare_digest(given, csrf_of(credential).encode()):
        raise HttpProblem(403, "csrf")


def has_own_origin(asking: Asking, listed: Collection[str]) -> bool:
    """Whether the request says that it comes from a page of this server (or of a listed origin)."""
    return bool(asking.header(b"origin")) and no_foreign_page(asking, listed)


def csrf_of(credential: Credential) -> str:
    """The value a page repeats in `X-CSRF-Token`: another site can neither read nor guess it."""
    return base64url_encode(hashlib.sha256(b"peerseal csrf " + credential.secret.encode()).digest())


def secret_hash(credential: Credential) -> bytes:
    """What the server keeps of a credential."""
    text = f"peerseal session {credential.kind} {credential.secret}"
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()


def no_foreign_page(asking: Asking, listed: Collection[str]) -> bool:
    """Whether no page of another site asks: an `Origin`, if there is one, is this server's (or a listed one)."""
    host = asking.header(b"host")
    return all(
        origin_allowed(origin, host, listed)
        # Under TLS a page of the same name that came without it may be anybody's.
        and (not asking.secure or origin in listed or origin.startswith("https://"))
        for origin in header_values(asking.headers, b"origin")
    )


def cookie_of(headers: Sequence[tuple[bytes, bytes]], name: str) -> str | None:
    """The cookie's value. Two of that name were planted by somebody: neither counts."""
    pairs = [
        pair.strip().partition("=") for line in header_values(headers, b"cookie") for pair in line.split(";")
    ]
    values = [value for key, _, value in pairs if key == name]
    return values[0] if len(values) == 1 else None


def _credential(kind: SessionKind, secret: str) -> Credential | None:
    if not secret or len(secret) > _SECRET_MAX_CHARACTERS or not secret.isascii():
        return None
    return Credential(kind, secret)
