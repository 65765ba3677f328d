"""Passes: what a solved challenge earns, good for a while and for the address that paid (docs/guard.md §4).

A pass is a subject of its own: who abuses it loses it, and pays more for the next.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from typing import Final

from peerseal.server.accounts.asking import cookie_of
from peerseal.server.guard.origin import header_values
from peerseal.wire import challenge as wire
from peerseal.wire.encoding import base64url_encode

SECONDS: Final = 600
COOKIE: Final = "peerseal_pass"
SECURE_COOKIE: Final = "__Host-peerseal_pass"
_HEADER: Final = wire.PASS_HEADER.lower().encode()
_HELD_MAX: Final = 50_000
_LOST_SECONDS: Final = 3600
_LOST_MAX: Final = 5_000
#: Sign-ins under one pass at accounts that are guessed at.
TRIES: Final = 3


class Passes:
    """Every pass that holds. `now` is the time in ms; used from many threads."""

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now
        self._held: OrderedDict[bytes, tuple[str, int]] = OrderedDict()  # address and end, the oldest first
        self._tries: dict[bytes, int] = {}
        self._lost: OrderedDict[str, deque[int]] = OrderedDict()
        self._lock = threading.Lock()

    def grant(self, address: str) -> wire.Pass:
        """A new one for this address."""
        secret = base64url_encode(secrets.token_bytes(24))
        now = self._now()
        expires = now + SECONDS * 1000
        with self._lock:
            while self._held and (len(self._held) >= _HELD_MAX or next(iter(self._held.values()))[1] <= now):
                old, _ = self._held.popitem(last=False)
                self._tries.pop(old, None)
            self._held[_key(secret)] = (address, expires)
        return wire.Pass(secret, expires)

    def subject(self, address: str, secret: str | None) -> str | None:
        """The subject (`pass:…`) of a pass that holds for this address, None for any other."""
        if not secret:
            return None
        key = _key(secret)
        held = self._held.get(key)
        if held is None or held[0] != address or held[1] <= self._now():
            return None
        return f"pass:{key.hex()}"

    def take_try(self, subject: str) -> bool:
        """One sign-in at an account that is guessed at, counted before it is looked at; False if there were enough.

        Then the pass is lost.
        """
        key = _key_in(subject)
        with self._lock:
            tries = self._tries.get(key, 0) + 1
            if key in self._held and tries <= TRIES:
                self._tries[key] = tries
                return True
        self.revoke(subject)
        return False

    def revoke(self, subject: str) -> None:
        """It was abused: it holds no more, and the next one for that address costs more."""
        key = _key_in(subject)
        with self._lock:
            self._tries.pop(key, None)
            held = self._held.pop(key, None)
            if held is None:
                return
            lost = self._lost.setdefault(held[0], deque(maxlen=8))
            lost.append(self._now())
            self._lost.move_to_end(held[0])
            while len(self._lost) > _LOST_MAX:
                self._lost.popitem(last=False)

    def lost(self, address: str) -> int:
        """How many it lost within the hour."""
        since = self._now() - _LOST_SECONDS * 1000
        with self._lock:
            return sum(at > since for at in self._lost.get(address, ()))


def pass_of(headers: Sequence[tuple[bytes, bytes]], *, secure: bool) -> str | None:
    """The pass a request brings, in its header or its cookie."""
    given = header_values(headers, _HEADER)
    if given:
        return given[0] if len(given) == 1 else None
    return cookie_of(headers, SECURE_COOKIE if secure else COOKIE)


def _key_in(subject: str) -> bytes:
    return bytes.fromhex(subject.removeprefix("pass:"))


def _key(secret: str) -> bytes:
    return hashlib.sha256(b"peerseal pass " + secret.encode("utf-8", "surrogateescape")).digest()[:16]
