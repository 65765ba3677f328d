"""The answer to a connection that is refused before, or instead of, reaching the application."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from http import HTTPStatus
from typing import Final

from peerseal.server.guard.headers import secured
from peerseal.server.guard.origin import header_values
from peerseal.server.guard.problems import PROBLEM_TYPE, code_of, problem_body

#: When to come again, for those who are too many.
RETRY_SECONDS: Final = 5
_POINTS: Final = {400: "malformed", 408: "slow_client", 431: "csrf"}
#: How TLS begins, here spoken to a port without it (RFC 8446 §5.1: a handshake record, version 3.x).
_TLS: Final = b"\x16\x03"
#: How a request begins (RFC 9112 §3).
_REQUEST: Final = re.compile(rb"[A-Z]{3,10} ")


def point_of(status: int, first: bytes) -> str | None:
    """What a refusal is a sign of (docs/guard.md §1); `first` are the first bytes of what could not be read.

    `https://` before the address of a server without TLS is anybody's mistake. A page of elsewhere can have its
    visitor's browser ask for addresses far too long, and send what is no HTTP at all (`turn:` of WebRTC), but not
    begin a request and break the rules of HTTP.
    """
    if first.startswith(_TLS):
        return None
    point = _POINTS.get(status)
    return "csrf" if point == "malformed" and not _REQUEST.match(first) else point


def refusal(
    status: int,
    asked: list[tuple[bytes, bytes]],
    defaults: Iterable[tuple[bytes, bytes]],
    *,
    secure: bool,
) -> bytes:
    """A whole answer of this status, after which the connection closes.

    `asked`: the request's headers, as far as they came; `defaults`: those every answer has; `secure`: over TLS.
    """
    request_id = secrets.token_hex(8)
    body = problem_body(status, code_of(status), request_id)
    hosts = header_values(asked, b"host")
    headers = [
        *defaults,
        (b"content-type", PROBLEM_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    if status in (429, 503):
        headers.append((b"retry-after", str(RETRY_SECONDS).encode()))
    head = b"".join(
        name + b": " + value + b"\r\n"
        for name, value in secured(headers, hosts[0] if hosts else "", request_id, secure=secure)
    )
    return f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n".encode() + head + b"\r\n" + body
