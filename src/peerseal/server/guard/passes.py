"""Passes: what a solved challenge earns, good for a while and for the address that paid (docs/guard.md §4).

A pass is a subject of its own: who abuses it loses it, and pays more for the next.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
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
#: So many wrong passwords under one pass, and that somebody good has it is no longer shown by anything.
_WRONG_MAX: Final = 2


@dataclass(slots=True)
class _Held:
    """A pass: whose (`address`), its end (ms), sign-ins at accounts that are guessed at, and what was done with it."""

    address: str
    expires: int
    tries: int = 0
    wrong: int = 0
    proved: bool = False

    @property
    def idle(self) -> bool:
        """Whether nothing good came of it so far."""
        return not self.proved or self.wrong >= _WRONG_MAX


class Passes:
    """Every pass that holds. `now` is the time in ms; used from many threads."""

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now
        self._held: OrderedDict[bytes, _Held] = OrderedDict()  # the oldest first
        self._idle: Counter[str] = Counter()  # by address, how many of these nothing good came of
        self._lost: OrderedDict[str, deque[int]] = OrderedDict()
        self._lock = threading.Lock()

    def grant(self, address: str) -> wire.Pass:
        """A new one for this address."""
        secret = base64url_encode(secrets.token_bytes(24))
        now = self._now()
        expires = now + SECONDS * 1000
        with self._lock:
            self._forget_ended(now)
            while len(self._held) >= _HELD_MAX:
                self._drop(next(iter(self._held)))
            self._held[_key(secret)] = _Held(address, expires)
            self._idle[address] += 1
        return wire.Pass(secret, expires)

    def subject(self, address: str, secret: str | None) -> str | None:
        """The subject (`pass:…`) of a pass that holds for this address, None for any other."""
        if not secret:
            return None
        key = _key(secret)
        held = self._held.get(key)
        if held is None or held.address != address or held.expires <= self._now():
            return None
        return f"pass:{key.hex()}"

    def take_try(self, subject: str) -> bool:
        """One sign-in at an account that is guessed at, counted before it is looked at; False if there were enough.

        Then the pass is lost.
        """
        key = _key_in(subject)
        with self._lock:
            held = self._held.get(key)
            if held is not None and held.tries < TRIES:
                held.tries += 1
                return True
        self.revoke(subject)
        return False

    def revoke(self, subject: str) -> None:
        """It was abused: it holds no more, and the next one for that address costs more."""
        key = _key_in(subject)
        with self._lock:
            held = self._drop(key)
            if held is None:
                return
            lost = self._lost.setdefault(held.address, deque(maxlen=8))
            lost.append(self._now())
            self._lost.move_to_end(held.address)
            while len(self._lost) > _LOST_MAX:
                self._lost.popitem(last=False)

    def used(self, subject: str, *, well: bool) -> None:
        """Something came of it: a sign-in or a connection (`well`), or a wrong password."""
        with self._lock:
            held = self._held.get(_key_in(subject))
            if held is None:
                return
            before = held.idle
            held.proved = held.proved or well
            held.wrong += not well
            self._count(held.address, held.idle - before)

    def idle(self, address: str) -> int:
        """How many it holds that nothing good came of so far."""
        with self._lock:
            self._forget_ended(self._now())
            return self._idle[address]

    def lost(self, address: str) -> int:
        """How many it lost within the hour."""
        since = self._now() - _LOST_SECONDS * 1000
        with self._lock:
            return sum(at > since for at in self._lost.get(address, ()))

    def _forget_ended(self, now: int) -> None:
        while self._held:
            key, held = next(iter(self._held.items()))
            if held.expires > now:
                return
            self._drop(key)

    def _drop(self, key: bytes) -> _Held | None:
        held = self._held.pop(key, None)
        if held is not None and held.idle:
            self._count(held.address, -1)
        return held

    def _count(self, address: str, more: int) -> None:
        self._idle[address] += more
        if self._idle[address] <= 0:
            del self._idle[address]


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
