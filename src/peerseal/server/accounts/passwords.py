"""Hashes of password proofs: Argon2id (RFC 9106) in a small bounded pool, the same effort for names nobody has.

What is hashed is no password but 32 bytes the client stretched from one: a guess at a hash costs two Argon2id runs
(one at a vault, docs/operations.md).
"""

from __future__ import annotations

import base64
import secrets
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from peerseal.server.guard.problems import HttpProblem

_MEMORY_KIB: Final = 19_456
_PASSES: Final = 2
_AT_ONCE: Final = 2
_WAITING: Final = 16
_WAIT_SECONDS: Final = 3.0
_T = TypeVar("_T")


class Passwords:
    """Hashes and checks proofs, two at a time; who would wait too long gets 503 `busy`."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=_PASSES, memory_cost=_MEMORY_KIB, parallelism=1)
        # Threads of its own: the C library keeps the memory of a hash for each thread that ever made one.
        self._pool = ThreadPoolExecutor(_AT_ONCE, "passwords")
        self._admitted = threading.BoundedSemaphore(_AT_ONCE + _WAITING)
        salt, tag = (_unpadded(secrets.token_bytes(length)) for length in (16, 32))
        self._nobodys = f"$argon2id$v=19$m={_MEMORY_KIB},t={_PASSES},p=1${salt}${tag}"

    def hash(self, proof: bytes) -> str:
        """What to keep of a proof."""
        return self._in_turn(lambda: self._hasher.hash(proof))

    def matches(self, kept: str | None, proof: bytes) -> bool:
        """Whether `proof` is the one `kept` was made of. None is nobody's: never, after the same work."""

        def compare() -> bool:
            try:
                return self._hasher.verify(kept or self._nobodys, proof)
            except (VerificationError, InvalidHashError):
                return False

        return self._in_turn(compare) and kept is not None

    def _in_turn(self, work: Callable[[], _T]) -> _T:
        if not self._admitted.acquire(blocking=False):
            raise HttpProblem(503, "busy", retry_after=1)
        try:
            turn = self._pool.submit(work)
            try:
                return turn.result(_WAIT_SECONDS)
            except TimeoutError:
                turn.cancel()
                raise HttpProblem(503, "busy", retry_after=1) from None
        finally:
            self._admitted.release()


def _unpadded(octets: bytes) -> str:
    return base64.b64encode(octets).decode().rstrip("=")
