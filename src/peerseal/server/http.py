"""Reading requests and writing responses of the endpoints that are plain ASGI."""

from __future__ import annotations

import asyncio
from typing import Final

from peerseal.server.asgi_types import Receive, Scope, Send
from peerseal.server.guard.origin import header_values
from peerseal.server.guard.problems import HttpProblem
from peerseal.wire.limits import JSON_MAX_BYTES
from peerseal.wire.strict_json import JsonObject, dumps, loads_object

BODY_SECONDS: Final = 10.0


class ClientGone(Exception):
    """The client went away in the middle of its request."""


async def read_body(receive: Receive, most: int, seconds: float = BODY_SECONDS) -> bytes:
    """The whole body, at most `most` bytes, within `seconds`. Raises `HttpProblem` 413, 408, or `ClientGone`."""
    pieces: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(seconds):
            more = True
            while more:
                event = await receive()
                if event["type"] == "http.disconnect":
                    raise ClientGone
                piece: bytes = event.get("body", b"")
                size += len(piece)
                if size > most:
                    raise HttpProblem(413)
                pieces.append(piece)
                more = event.get("more_body", False)
    except TimeoutError as late:
        raise HttpProblem(408) from late
    return b"".join(pieces)


async def read_json(scope: Scope, receive: Receive) -> JsonObject:
    """The body as a strict JSON object. Raises `HttpProblem` 415, 413, or `IntegrityFailed`."""
    kinds = header_values(scope["headers"], b"content-type")
    if [kind.partition(";")[0].strip().lower() for kind in kinds] != ["application/json"]:
        raise HttpProblem(415)
    return loads_object(await read_body(receive, JSON_MAX_BYTES))


def authorization(scope: Scope, scheme: str) -> str:
    """The credential of that scheme in the one `Authorization` header, or an empty text."""
    values = header_values(scope["headers"], b"authorization")
    if len(values) != 1:
        return ""
    given, _, credential = values[0].partition(" ")
    return credential.strip() if given.lower() == scheme.lower() else ""


async def respond(
    send: Send, status: int, body: bytes = b"", headers: list[tuple[bytes, bytes]] | None = None
) -> None:
    """One whole response."""
    lines = [*(headers or []), (b"content-length", str(len(body)).encode())]
    if status == 204:
        lines.pop()
    await send({"type": "http.response.start", "status": status, "headers": lines})
    await send({"type": "http.response.body", "body": body})


async def respond_json(send: Send, status: int, value: JsonObject) -> None:
    """One whole JSON response."""
    await respond(send, status, dumps(value).encode(), [(b"content-type", b"application/json")])
