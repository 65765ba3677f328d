"""Hashes of password proofs: Argon2id (RFC 9106) in a small bounded pool, the same effort for names nobody has.

What is hashed is no password but 32 bytes the client stretched from one: a guess at a hash costs two Argon2id runs
(one at a vault, docs/operations.md).
"""

from __future__ import annotations

import base64
import contextlib
import os
import secrets
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import HashingError, InvalidHashError, VerificationError, VerifyMismatchError

from peerseal.server.accounts.turns import Line, Turns

_MEMORY_KIB: Final = 19_456
_PASSES: Final = 2
_AT_ONCE: Final = 2
_WAIT_SECONDS: Final = 3.0
_NICE: Final = 5


class Passwords:
    """Hashes and checks proofs, two at a time, in turn; who would wait too long gets 503 `busy`.

    `source` is the network a proof comes from; `line` the one it waits in.
    """

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=_PASSES, memory_cost=_MEMORY_KIB, parallelism=1)
        # Threads of its own: the C library keeps the memory of a hash for each thread that ever made one.
        self._pool = ThreadPoolExecutor(_AT_ONCE, "passwords", _step_back)
        self._turns = Turns(_AT_ONCE, _WAIT_SECONDS)
        salt, tag = (_unpadded(secrets.token_bytes(length)) for length in (16, 32))
        self._nobodys = f"$argon2id$v=19$m={_MEMORY_KIB},t={_PASSES},p=1${salt}${tag}"

    def hash(self, proof: bytes, source: str, *, line: Line = "strangers") -> str:
        """What to keep of a proof. Raises MemoryError."""
        with self._turns.turn(source, line=line):
            try:
                return self._pool.submit(self._hasher.hash, proof).result()
            except HashingError as failed:
                raise MemoryError("no room for a password hash") from failed

    def matches(self, kept: str | None, proof: bytes, source: str, *, line: Line = "strangers") -> bool:
        """Whether `proof` is the one `kept` was made of. None is nobody's: never, after the same work.

        Raises MemoryError: no room to find out is no wrong password.
        """

        def compare() -> bool:
            try:
                return self._hasher.verify(kept or self._nobodys, proof)
            except (VerifyMismatchError, InvalidHashError):
                return False
            except VerificationError as failed:
                raise MemoryError("no room for a password hash") from failed

        with self._turns.turn(source, line=line):
            return self._pool.submit(compare).result() and kept is not None


def _step_back() -> None:
    """This thread lets all others go first: whoever hashes can wait, whoever serves everybody cannot."""
    if sys.platform == "linux":  # elsewhere it would be the whole process
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)


def _unpadded(octets: bytes) -> str:
    return base64.b64encode(octets).decode().rstrip("=")
