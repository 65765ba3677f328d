"""The outermost layer: every HTTP request and WebSocket passes here before anything else looks at it.

It checks address, Host and Origin, remembers proxies, puts the fixed headers on every answer and gives every error the
one shape: JSON for programs, a page for a person in a browser.
"""

from __future__ import annotations

import logging
import re
import secrets
from datetime import UTC, datetime
from typing import Final

from peerseal.errors import PeersealError
from peerseal.server.asgi_types import AsgiApp, Event, Receive, Scope, Send
from peerseal.server.guard.headers import secured
from peerseal.server.guard.origin import header_values, is_own_name, origin_allowed, parse_host
from peerseal.server.guard.problems import (
    PROBLEM_TYPE,
    HttpProblem,
    code_of,
    is_failing_machine,
    kind_of,
    of_failing_machine,
    problem_body,
    retry_header,
)
from peerseal.server.guard.tls import is_secure
from peerseal.server.guard.told_page import CONTENT_TYPE, is_visit, told_page
from peerseal.server.http import ClientGone
from peerseal.server.live.discovery import SeenProxies

SOCKET_IO_PATH: Final = "/socket.io/"
_ENCODED_SLASH: Final = re.compile(rb"%2f|%5c", re.IGNORECASE)
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class Gate:
    """ASGI middleware around everything."""

    def __init__(
        self,
        app: AsgiApp,
        origins: tuple[str, ...],
        proxies: SeenProxies,
        log: logging.Logger,
        hosts: tuple[str, ...] = (),
    ) -> None:
        self._app = app
        self._hosts = hosts
        self._origins = origins
        self._proxies = proxies
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        scope["peerseal.secure"] = is_secure(scope, self._proxies.trusted)
        answer = _Answer(scope, send)
        scope["peerseal.request_id"] = answer.request_id
        try:
            client = scope.get("client")
            self._proxies.note(client[0] if client else "", scope["headers"])
            self._check(scope)
            # The watch may have decided that something else answers.
            await scope.get("peerseal.answerer", self._app)(scope, receive, answer)
        except HttpProblem as problem:
            await answer.problem(problem.status, problem.code, retry_header(problem))
        except ClientGone:
            return
        except PeersealError as error:
            await answer.problem(error.http_status, error.code)
        except Exception as failed:  # noqa: BLE001 - the last line of defence
            await self._failed(failed, answer)

    async def _failed(self, failed: Exception, answer: _Answer) -> None:
        """The log names the place of a defect; neither it nor the answer repeats the request."""
        if is_failing_machine(failed):
            # The disk, the descriptors or the memory: not for ever, so whoever asks may come again.
            self._log.error("the machine failed (%s), request %s", kind_of(failed), answer.request_id)
            told = of_failing_machine(failed)
            await answer.problem(told.status, told.code, retry_header(told))
        else:
            self._log.error("unhandled error, request %s", answer.request_id, exc_info=failed)
            await answer.problem(500, code_of(500))

    def _check(self, scope: Scope) -> None:
        headers = scope["headers"]
        # Addresses spelled so that a rule of a proxy in front may not know them: nobody needs them.
        if "//" in scope["path"] or _ENCODED_SLASH.search(scope.get("raw_path") or b""):
            raise HttpProblem(404)
        hosts = header_values(headers, b"host")
        called = parse_host(hosts[0]) if len(hosts) == 1 else None
        if called is None:
            raise HttpProblem(400)
        if not is_own_name(called, self._hosts):
            raise HttpProblem(421)
        if header_values(headers, b"transfer-encoding"):
            raise HttpProblem(411)
        lengths = header_values(headers, b"content-length")
        if scope.get("method") == "PUT" and not lengths:
            raise HttpProblem(411)
        sensitive = (
            scope["type"] == "websocket"
            or scope["method"] not in _SAFE
            or scope["path"].startswith(SOCKET_IO_PATH)
        )
        if sensitive:
            for origin in header_values(headers, b"origin"):
                if not origin_allowed(origin, hosts[0], self._origins):
                    raise HttpProblem(403)


class _Answer:
    """`send` with the fixed headers; replaces the body of an error that does not have the one shape."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self.request_id = secrets.token_hex(8)
        self._scope = scope
        self._send = send
        self._started = False
        self._swallow = False
        hosts = header_values(scope["headers"], b"host")
        self._host = hosts[0] if hosts else ""
        self._secure: bool = scope["peerseal.secure"]

    async def __call__(self, event: Event) -> None:
        kind = event["type"]
        if kind in ("http.response.start", "websocket.http.response.start"):
            await self._start(event)
        elif kind == "websocket.close" and not self._started:
            await self.problem(403, "refused")
        elif not self._swallow:
            self._started = True
            await self._send(event)

    async def _start(self, event: Event) -> None:
        status: int = event["status"]
        headers = [(bytes(name).lower(), bytes(value)) for name, value in event.get("headers", [])]
        types = header_values(headers, b"content-type")
        is_problem = any(kind.startswith(PROBLEM_TYPE) for kind in types)
        if status >= 400 and (not is_problem or is_visit(self._scope)):
            kept = [(name, value) for name, value in headers if name in (b"allow", b"retry-after")]
            code = self._scope.get("peerseal.code") if is_problem else None
            await self.problem(status, code or code_of(status), kept)
            self._swallow = True
            return
        self._started = True
        fixed = secured(headers, self._host, self.request_id, secure=self._secure)
        await self._send({**event, "headers": fixed})

    async def problem(self, status: int, code: str, more: list[tuple[bytes, bytes]] | None = None) -> None:
        """Answer with an error, unless an answer has begun."""
        if self._started:
            return
        self._started = True
        self._scope["peerseal.code"] = code
        prefix = "websocket." if self._scope["type"] == "websocket" else ""
        body, kind, policy = self._told(status, code, more or [])
        headers = [
            *(more or []),
            (b"content-type", kind.encode()),
            (b"content-length", str(len(body)).encode()),
        ]
        if status == 408:
            headers.append((b"connection", b"close"))  # the rest is not waited for
        await self._send(
            {
                "type": f"{prefix}http.response.start",
                "status": status,
                "headers": secured(headers, self._host, self.request_id, secure=self._secure, policy=policy),
            }
        )
        await self._send({"type": f"{prefix}http.response.body", "body": body})

    def _told(self, status: int, code: str, more: list[tuple[bytes, bytes]]) -> tuple[bytes, str, str | None]:
        """Body, type and policy of an error, for who asked: a program, or a person."""
        if not is_visit(self._scope):
            return problem_body(status, code, self.request_id), PROBLEM_TYPE, None
        waits = header_values(more, b"retry-after")
        seconds = int(waits[0]) if waits and waits[0].isdecimal() else None
        problem = HttpProblem(status, code, retry_after=seconds)
        page, policy = told_page(self._scope, problem, self.request_id, datetime.now(UTC))
        return page, CONTENT_TYPE, policy
