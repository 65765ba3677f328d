"""Whole bodies before Flask: a request that drips must not hold one of its threads, nor many fill the memory."""

from __future__ import annotations

import re
from typing import Final

from peerseal.server.asgi_types import Event, Receive, Scope
from peerseal.server.guard.origin import header_values
from peerseal.server.guard.problems import HttpProblem
from peerseal.server.http import read_body
from peerseal.wire.api import ENDPOINTS
from peerseal.wire.limits import JSON_MAX_BYTES, MIB

#: Of all big bodies together that are being read or worked on.
_TOGETHER_BYTES: Final = 64 * MIB
#: The slowest line a big body is waited for.
_BYTES_PER_SECOND: Final = 50_000
_DIGITS_MAX: Final = 15
_BIG: Final = tuple(
    (endpoint.method, re.compile("/api/v1" + re.sub(r"\{[a-z]+\}", "[^/]+", endpoint.path)), endpoint.most)
    for endpoint in ENDPOINTS.values()
    if endpoint.takes is not None and endpoint.most > JSON_MAX_BYTES
)


class WholeBodies:
    """Reads a body to its end and gives it to the application at once."""

    def __init__(self) -> None:
        self._held = 0

    async def read(self, scope: Scope, receive: Receive) -> tuple[Receive, int]:
        """A `receive` that has the whole body, and what to give `release` afterwards.

        Raises HttpProblem 413, 408, 503, 400, or ClientGone.
        """
        length = _length(scope)
        if length == 0:
            return receive, 0
        if length > _most(scope):
            raise HttpProblem(413)
        held = length if length > JSON_MAX_BYTES else 0
        if self._held + held > _TOGETHER_BYTES:
            raise HttpProblem(503, "busy", retry_after=5)
        self._held += held
        try:
            body = await read_body(receive, length, length / _BYTES_PER_SECOND)
        except BaseException:
            self._held -= held
            raise
        return _given(body, receive), held

    def release(self, held: int) -> None:
        """The application is done with it."""
        self._held -= held


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
