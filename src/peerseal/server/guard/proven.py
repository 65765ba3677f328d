"""Credentials that were good lately, and wrong ones that just were: known without asking the database."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, NamedTuple

from peerseal.server.accounts.asking import Credential, Signed, secret_hash

#: A session that ends is forgotten at once; until then whoever used it today needs no look into the database.
SECONDS: Final = 86_400.0
_HELD_MAX: Final = 20_000
#: Nobody can present what the server has yet to draw: so short only to be small.
WRONG_SECONDS: Final = 30.0
_WRONG_MAX: Final = 4_096


class Good(NamedTuple):
    """A session that holds, and the canonical name of its account."""

    session: str
    user: str


class Proven:
    """Filled by whoever looks sessions up, emptied as they end; never asks anybody itself."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._held: OrderedDict[bytes, tuple[Good, float]] = OrderedDict()
        self._of: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def remember(self, credential: Credential, signed: Signed) -> None:
        """It was good just now."""
        key = secret_hash(credential)
        with self._lock:
            self._held[key] = (Good(signed.session_id, signed.user), self._clock() + SECONDS)
            self._held.move_to_end(key)
            before = self._of.get(signed.session_id)
            if before is not None and before != key:
                self._held.pop(before, None)  # the session has a new secret
            self._of[signed.session_id] = key
            while len(self._held) > _HELD_MAX:
                _, (good, _) = self._held.popitem(last=False)
                self._of.pop(good.session, None)

    def of(self, credential: Credential) -> Good | None:
        """Whose it was, if it was good lately."""
        held = self._held.get(secret_hash(credential))
        return held[0] if held is not None and held[1] > self._clock() else None

    def ended(self, session: str) -> None:
        """This session holds no more."""
        with self._lock:
            key = self._of.pop(session, None)
            if key is not None:
                self._held.pop(key, None)


class Wrong:
    """Hashes of credentials that were nobody's just now: a flood that repeats one costs no look-ups."""

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now
        self._held: OrderedDict[bytes, int] = OrderedDict()
        self._lock = threading.Lock()

    def remember(self, hash_: bytes) -> None:
        """It is nobody's."""
        with self._lock:
            self._held[hash_] = self._now() + int(WRONG_SECONDS * 1000)
            self._held.move_to_end(hash_)
            if len(self._held) > _WRONG_MAX:
                self._held.popitem(last=False)

    def knows(self, hash_: bytes) -> bool:
        """Whether it was nobody's just now."""
        return self._held.get(hash_, 0) > self._now()
