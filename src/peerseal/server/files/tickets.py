"""Tickets open the chunks of one upload or park, one way, for 15 minutes. In memory; only their hashes are kept."""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple, TypeAlias

from peerseal.wire.encoding import base64url_encode
from peerseal.wire.limits import STORE_TICKET_SECONDS, TICKET_BYTES
from peerseal.wire.stored import Purpose

TICKET_MS: Final = STORE_TICKET_SECONDS * 1000
#: Of one account, or of one link: beyond that the oldest die.
PER_HOLDER: Final = 4096
#: Of one park's sender, or one of its readers: there may be many, and nobody signed in for them.
PER_PARKER: Final = 16

KindName: TypeAlias = Literal["upload", "park"]


class WholeKey(NamedTuple):
    """What chunks belong to: the upload of a version, or a park, by the number of its row."""

    kind: KindName
    number: int


@dataclass(slots=True)
class Grant:
    """What a ticket allows: `purpose` on the chunks of `whole`.

    To an account's session; to a link; to a park's sender or reader. Whoever is not signed in counts under the
    network `source`. `expires` moves on with the lease of a link's download. `seen`: chunks given before the lease began.
    """

    key: bytes
    whole: WholeKey
    purpose: Purpose
    expires: int
    user_id: int | None = None
    session_id: str | None = None
    link_number: int | None = None
    source: str | None = None
    reader_number: int | None = None
    leased: bool = False
    active: int = 0
    seen: set[str] = field(default_factory=set)

    @property
    def holder(self) -> tuple[str, int]:
        """Whose it is."""
        if self.link_number is not None:
            return "link", self.link_number
        if self.reader_number is not None:
            return "reader", self.reader_number
        return self.whole if self.whole.kind == "park" else ("user", self.user_id or 0)

    @property
    def counted(self) -> tuple[str, int | str]:
        """Under whom what it sends and waits for counts: a network may have many parks."""
        return self.holder if self.source is None else ("source", self.source)


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
        whole = WholeKey("upload", version_number)
        return self._new(
            lambda key, expires: Grant(key, whole, purpose, expires, user_id=user_id, session_id=session_id)
        )

    def for_link(self, version_number: int, link_number: int, source: str) -> tuple[str, Grant]:
        """A new download ticket of somebody who has the link, and asks from this network."""
        whole = WholeKey("upload", version_number)
        return self._new(
            lambda key, expires: Grant(
                key, whole, "download", expires, link_number=link_number, source=source
            )
        )

    def for_parking(self, park_number: int, source: str) -> tuple[str, Grant]:
        """A new upload ticket of a park's sender, who asks from this network."""
        whole = WholeKey("park", park_number)
        return self._new(lambda key, expires: Grant(key, whole, "upload", expires, source=source))

    def for_reader(self, park_number: int, reader_number: int, source: str) -> tuple[str, Grant]:
        """A new download ticket of one of a park's readers, who asks from this network."""
        whole = WholeKey("park", park_number)
        return self._new(
            lambda key, expires: Grant(
                key, whole, "download", expires, reader_number=reader_number, source=source
            )
        )

    def keep(self, grant: Grant) -> Grant:
        """Let it count from now on; the one that is known already, if it is."""
        with self._lock:
            known = self._grants.setdefault(grant.key, grant)
            held = self._held.setdefault(grant.holder, {})
            held[known.key] = known
            if len(held) > (PER_PARKER if known.whole.kind == "park" else PER_HOLDER):
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

    def _new(self, make: Callable[[bytes, int], Grant]) -> tuple[str, Grant]:
        text = base64url_encode(self._randomness(TICKET_BYTES))
        return text, self.keep(make(ticket_hash(text), self._now() + TICKET_MS))

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
