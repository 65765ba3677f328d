"""Whole bodies before Flask: a request that drips must not hold one of its threads, nor many fill the memory.

A body over 64 KiB is read only from somebody who is signed in, and few of them at once from one account or network.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from typing import Final, TypeAlias

from peerseal.server.asgi_types import Event, Receive, Scope
from peerseal.server.guard.origin import header_values
from peerseal.server.guard.problems import HttpProblem
from peerseal.server.http import read_body
from peerseal.wire.api import ENDPOINTS
from peerseal.wire.limits import JSON_MAX_BYTES, MIB

#: The number of the account that asks, None for nobody. Raises HttpProblem 403 `csrf`.
Identify: TypeAlias = Callable[[Scope], Awaitable[int | None]]

#: What has come of all big bodies together that are being read or worked on.
TOGETHER_BYTES: Final = 64 * MIB
#: Big bodies of one account, and of one source network, that are being read or worked on.
PER_ACCOUNT: Final = 2
PER_SOURCE: Final = 4
#: Big bodies the application works on at a time: taking one apart costs a multiple of its size.
_WORKED_ON: Final = 2
#: So long may a big body take.
BIG_BODY_SECONDS: Final = 30.0
_TURN_SECONDS: Final = 10.0
_RETRY_SECONDS: Final = 5
_DIGITS_MAX: Final = 15
_BIG: Final = tuple(
    (endpoint.method, re.compile("/api/v1" + re.sub(r"\{[a-z]+\}", "[^/]+", endpoint.path)), endpoint.most)
    for endpoint in ENDPOINTS.values()
    if endpoint.takes is not None and endpoint.most > JSON_MAX_BYTES
)


class WholeBodies:
    """Reads a body to its end and gives it to the application at once."""

    def __init__(self, identify: Identify) -> None:
        self._identify = identify
        self._held = 0
        self._of: Counter[str] = Counter()
        self._turns = asyncio.Semaphore(_WORKED_ON)

    @contextlib.asynccontextmanager
    async def whole(self, scope: Scope, receive: Receive) -> AsyncGenerator[Receive]:
        """A `receive` that has the whole body; the block is the application's work on it.

        Raises HttpProblem 413, 408, 400, ClientGone; for a big one also 401, 403, 429, 503.
        """
        length = _length(scope)
        if length > _most(scope):
            raise HttpProblem(413)
        if length == 0:
            yield receive
        elif length <= JSON_MAX_BYTES:
            yield _given(await read_body(receive, length), receive)
        else:
            # Nobody's is not waited for: whoever wants to hold places must at least have an account.
            account = await self._identify(scope)
            if account is None:
                raise HttpProblem(401, "not_signed_in")
            source: str = scope.get("peerseal.source", "")
            with self._among(f"account {account}", PER_ACCOUNT), self._among(f"source {source}", PER_SOURCE):
                async with self._read(receive, length) as body, self._turn():
                    yield _given(body, receive)

    @contextlib.contextmanager
    def _among(self, whose: str, most: int) -> Generator[None]:
        if self._of[whose] >= most:
            raise HttpProblem(429, retry_after=1)
        self._of[whose] += 1
        try:
            yield
        finally:
            self._of[whose] -= 1
            if not self._of[whose]:
                del self._of[whose]

    @contextlib.asynccontextmanager
    async def _read(self, receive: Receive, length: int) -> AsyncGenerator[bytes]:
        """Counts what has come, not what was announced: announcing costs nobody anything."""
        came = 0

        async def counted() -> Event:
            nonlocal came
            event = await receive()
            size = len(event.get("body", b""))
            if self._held + size > TOGETHER_BYTES:
                raise HttpProblem(503, "busy", retry_after=_RETRY_SECONDS)
            came += size
            self._held += size
            return event

        try:
            yield await read_body(counted, length, BIG_BODY_SECONDS)
        finally:
            self._held -= came

    @contextlib.asynccontextmanager
    async def _turn(self) -> AsyncGenerator[None]:
        try:
            async with asyncio.timeout(_TURN_SECONDS):
                await self._turns.acquire()
        except TimeoutError as late:
            raise HttpProblem(503, "busy", retry_after=_RETRY_SECONDS) from late
        try:
            yield
        finally:
            self._turns.release()


def _given(body: bytes, receive: Receive) -> Receive:
    first = True

    async def replay() -> Event:
        nonlocal first
        if not first:
            return await receive()
        first = False
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


def _most(scope: Scope) -> int:
    for method, path, most in _BIG:
        if scope["method"] == method and path.fullmatch(scope["path"]):
            return most
    return JSON_MAX_BYTES


def _length(scope: Scope) -> int:
    values = header_values(scope["headers"], b"content-length")
    if not values:
        return 0
    if len(values) > 1 or not values[0].isascii() or not values[0].isdigit():
        raise HttpProblem(400)
    if len(values[0]) > _DIGITS_MAX:
        raise HttpProblem(413)
    return int(values[0])
