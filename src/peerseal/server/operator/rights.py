"""Who is an operator: an account the settings name, whoever can read the token's file, or a page opened by its link.

The token stands in `operator.token` of the data folder (0600) and is another one at every start (docs/guard.md §6).
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import select

from peerseal.errors import NotFound, UsageError
from peerseal.server.accounts.asking import (
    Asking,
    Credential,
    Signed,
    cookie_of,
    csrf_of,
    no_foreign_page,
    require_own_page,
)
from peerseal.server.accounts.models import User
from peerseal.server.accounts.names import canonical
from peerseal.server.database import Database
from peerseal.server.guard.problems import HttpProblem
from peerseal.wire import operator as wire
from peerseal.wire.encoding import base64url_encode

LOG: Final = logging.getLogger("peerseal.server")
TOKEN_FILE: Final = "operator.token"  # noqa: S105 - a file's name
COOKIE: Final = "peerseal_operator"
SECURE_COOKIE: Final = "__Host-peerseal_operator"
#: So long a link that opens the page may be used, once.
LINK_SECONDS: Final = 600
#: So long a page it opened stays the operator's.
PAGE_SECONDS: Final = 8 * 3600
_HELD_MAX: Final = 100


@dataclass(frozen=True, slots=True)
class Operator:
    """Somebody who may operate this server. `cookie`: the page's, to be forgotten when it closes."""

    by: wire.OperatorBy
    csrf: str | None
    expires: int | None
    cookie: str | None = None

    def __repr__(self) -> str:
        return f"Operator({self.by})"


def unclaimed(database: Database, names: Collection[str]) -> list[str]:
    """Those of the operators' names that no account has yet: whoever registers one of them is an operator."""
    wanted = {_named(name): name for name in names}
    with database.reading() as session:
        there = set(session.scalars(select(User.user).where(User.user.in_(wanted))))
    return sorted(name for user, name in wanted.items() if user not in there)


def canonical_names(names: Collection[str]) -> frozenset[str]:
    """The operators' names as accounts have them. Raises UsageError for a name no account can have."""
    return frozenset(_named(name) for name in names)


class OperatorRights:
    """Decides it. Raises UsageError for a name no account can have. Links and pages live in memory: with the server they end."""

    def __init__(
        self,
        folder: Path,
        names: Collection[str],
        origins: Collection[str],
        identify: Callable[[Asking], Signed | None],
        now: Callable[[], int],
    ) -> None:
        self._names = canonical_names(names)
        self._origins = origins
        self._identify = identify
        self._now = now
        self._file = folder / TOKEN_FILE
        self._token = base64url_encode(secrets.token_bytes(32))
        self._links: OrderedDict[bytes, int] = OrderedDict()
        self._pages: OrderedDict[bytes, int] = OrderedDict()
        self._lock = threading.Lock()
        self._written = self._write()

    def of(self, asking: Asking) -> Operator | None:
        """Whether this request is an operator's; None for everybody else's. Raises HttpProblem 403 `csrf`.

        Reads the database: not for an event loop.
        """
        scheme, _, token = asking.header(b"authorization").partition(" ")
        if scheme.lower() == "operator":
            right = secrets.compare_digest(_hash(token.strip()), _hash(self._token))
            return Operator("token", None, None) if right else None
        page = self._of_page(asking)
        if page is not None:
            return page
        if not self._names:
            return None
        try:
            signed = self._identify(asking)
        except HttpProblem:
            return None
        if signed is None or signed.user not in self._names:
            return None
        return Operator("account", signed.csrf, None)

    def admits(self, asking: Asking) -> bool:
        """Whether the request shows the token, or the cookie of an operator's page: looked up in memory alone."""
        scheme, _, token = asking.header(b"authorization").partition(" ")
        if scheme.lower() == "operator":
            return secrets.compare_digest(_hash(token.strip()), _hash(self._token))
        cookie = cookie_of(asking.headers, SECURE_COOKIE if asking.secure else COOKIE)
        return cookie is not None and self._pages.get(_hash(cookie), 0) > self._now()

    def link(self) -> wire.PageLink:
        """A secret that opens the page once."""
        secret = base64url_encode(secrets.token_bytes(32))
        expires = self._now() + LINK_SECONDS * 1000
        self._hold(self._links, secret, expires)
        return wire.PageLink(secret, expires)

    def open(self, secret: str) -> Operator:
        """Spend a link's secret for a page's. Raises NotFound for one that is none, spent or too old."""
        with self._lock:
            expires = self._links.pop(_hash(secret), 0)
        if expires <= self._now():
            raise NotFound
        cookie = base64url_encode(secrets.token_bytes(32))
        until = self._now() + PAGE_SECONDS * 1000
        self._hold(self._pages, cookie, until)
        return Operator("page", csrf_of(Credential("cookie", cookie)), until, cookie)

    def close_page(self, operator: Operator) -> None:
        """The page is the operator's no more."""
        if operator.cookie is not None:
            with self._lock:
                self._pages.pop(_hash(operator.cookie), None)

    def close(self) -> None:
        """The server stops: its token is worth nothing any more."""
        with contextlib.suppress(OSError):
            if self._file.read_text() == self._token + "\n":
                self._file.unlink()

    def _of_page(self, asking: Asking) -> Operator | None:
        cookie = cookie_of(asking.headers, SECURE_COOKIE if asking.secure else COOKIE)
        if cookie is None or not no_foreign_page(asking, self._origins):
            return None
        with self._lock:
            expires = self._pages.get(_hash(cookie), 0)
        if expires <= self._now():
            return None
        credential = Credential("cookie", cookie)
        require_own_page(asking, credential, self._origins)
        return Operator("page", csrf_of(credential), expires, cookie)

    def _hold(self, held: OrderedDict[bytes, int], secret: str, expires: int) -> None:
        with self._lock:
            held[_hash(secret)] = expires
            while len(held) > _HELD_MAX:
                held.popitem(last=False)

    def settle(self) -> None:
        """Write the token if that could not be done at the start."""
        if not self._written:
            self._written = self._write(tell=False)

    def _write(self, *, tell: bool = True) -> bool:
        try:
            self._file.unlink(missing_ok=True)
            made = os.open(self._file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            with os.fdopen(made, "w", encoding="ascii") as file:
                file.write(self._token + "\n")
        except OSError as failed:
            if tell:
                LOG.warning("the operator's token could not be written: %s", failed.strerror)
            with contextlib.suppress(OSError):
                self._file.unlink(missing_ok=True)
            return False
        return True


def _named(name: str) -> str:
    try:
        return canonical(name)
    except HttpProblem:
        raise UsageError(f"{name!r} is no name of an account", hint="See PEERSEAL_OPERATORS.") from None


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).digest()
