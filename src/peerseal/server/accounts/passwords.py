"""Hashes of password proofs: Argon2id (RFC 9106) in a small bounded pool, the same effort for names nobody has.

What is hashed is no password but 32 bytes the client stretched from one; a stolen database still costs two
Argon2id runs for every guess.
"""

from __future__ import annotations

import base64
import contextlib
import secrets
import threading
from collections.abc import Iterator
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from peerseal.server.guard.problems import HttpProblem

_MEMORY_KIB: Final = 19_456
_PASSES: Final = 2
_AT_ONCE: Final = 2
_WAITING: Final = 16
_WAIT_SECONDS: Final = 3.0


class Passwords:
    """Hashes and checks proofs, two at a time; who would wait too long gets 503 `busy`."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=_PASSES, memory_cost=_MEMORY_KIB, parallelism=1)
        self._running = threading.BoundedSemaphore(_AT_ONCE)
        self._admitted = threading.BoundedSemaphore(_AT_ONCE + _WAITING)
        salt, tag = (_unpadded(secrets.token_bytes(length)) for length in (16, 32))
        self._nobodys = f"$argon2id$v=19$m={_MEMORY_KIB},t={_PASSES},p=1${salt}${tag}"

    def hash(self, proof: bytes) -> str:
        """What to keep of a proof."""
        with self._place():
            return self._hasher.hash(proof)

    def matches(self, kept: str | None, proof: bytes) -> bool:
        """Whether `proof` is the one `kept` was made of. None is nobody's: never, after the same work."""
        with self._place():
            try:
                self._hasher.verify(kept or self._nobodys, proof)
            except (VerificationError, InvalidHashError):
                return False
            return kept is not None

    @contextlib.contextmanager
    def _place(self) -> Iterator[None]:
        if not self._admitted.acquire(blocking=False):
            raise HttpProblem(503, "busy", retry_after=1)
        try:
            if not self._running.acquire(timeout=_WAIT_SECONDS):
                raise HttpProblem(503, "busy", retry_after=1)
            try:
                yield
            finally:
                self._running.release()
        finally:
            self._admitted.release()


def _unpadded(octets: bytes) -> str:
    return base64.b64encode(octets).decode().rstrip("=")
