"""Tickets open the chunks of one upload in one direction for 15 minutes. In memory; only their hashes are kept."""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from peerseal.wire.encoding import base64url_encode
from peerseal.wire.limits import STORE_TICKET_SECONDS, TICKET_BYTES
from peerseal.wire.stored import Purpose

TICKET_MS: Final = STORE_TICKET_SECONDS * 1000
#: Of one account, or of one link: beyond that the oldest die.
PER_HOLDER: Final = 4096


@dataclass(slots=True)
class Grant:
    """What a ticket allows: `purpose` on the upload of this number, to an account's session or to a link.

    `expires` moves on with the lease of a link's download. `seen`: chunks given before the lease began.
    """

    key: bytes
    version_number: int
    purpose: Purpose
    expires: int
    user_id: int | None = None
    session_id: str | None = None
    link_number: int | None = None
    leased: bool = False
    active: int = 0
    seen: set[str] = field(default_factory=set)

    @property
    def holder(self) -> tuple[str, int]:
        """Whose it is."""
        return ("link", self.link_number) if self.link_number is not None else ("user", self.user_id or 0)


class Tickets:
    """All that are alive. Any thread may ask."""

    def __init__(
        self, now: Callable[[], int], randomness: Callable[[int], bytes] = secrets.token_bytes
    ) -> None:
        self._now = now
        self._randomness = randomness
        self._lock = threading.Lock()
        self._grants: dict[bytes, Grant] = {}
        self._held: dict[tuple[str, int], dict[bytes, Grant]] = {}

    def for_account(
        self, version_number: int, purpose: Purpose, user_id: int, session_id: str
    ) -> tuple[str, Grant]:
        """A new ticket of a signed-in session, as base64url text, and what it allows."""
        text = base64url_encode(self._randomness(TICKET_BYTES))
        expires = self._now() + TICKET_MS
        grant = Grant(ticket_hash(text), version_number, purpose, expires, user_id, session_id)
        self.keep(grant)
        return text, grant

    def for_link(self, version_number: int, link_number: int) -> tuple[str, Grant]:
        """A new download ticket of somebody who has the link."""
        text = base64url_encode(self._randomness(TICKET_BYTES))
        expires = self._now() + TICKET_MS
        grant = Grant(ticket_hash(text), version_number, "download", expires, link_number=link_number)
        self.keep(grant)
        return text, grant

    def keep(self, grant: Grant) -> Grant:
        """Let it count from now on; the one that is known already, if it is."""
        with self._lock:
            known = self._grants.setdefault(grant.key, grant)
            held = self._held.setdefault(grant.holder, {})
            held[known.key] = known
            if len(held) > PER_HOLDER:
                self._drop(next(iter(held.values())))
            return known

    def find(self, key: bytes) -> Grant | None:
        """What the ticket of this hash allows; None if it is wrong, dead or expired."""
        with self._lock:
            grant = self._grants.get(key)
            return grant if grant is not None and grant.expires > self._now() else None

    def kill(self, dead: Callable[[Grant], bool]) -> None:
        """They open nothing any more."""
        with self._lock:
            for grant in [grant for grant in self._grants.values() if dead(grant)]:
                self._drop(grant)

    def session_ended(self, session_id: str) -> None:
        """Signing out takes the session's tickets with it."""
        self.kill(lambda grant: grant.session_id == session_id)

    def sweep(self) -> None:
        """Forget what has expired."""
        now = self._now()
        self.kill(lambda grant: grant.expires <= now)

    def __len__(self) -> int:
        return len(self._grants)

    def _drop(self, grant: Grant) -> None:
        self._grants.pop(grant.key, None)
        held = self._held.get(grant.holder)
        if held is not None:
            held.pop(grant.key, None)
            if not held:
                del self._held[grant.holder]


def ticket_hash(text: str) -> bytes:
    """What is kept of a ticket."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()
