"""The JSON API as calls: shapes and addresses from the table of `wire/api`, refusals as typed errors.

One connection for each thread, kept open between calls. What the server may already have done is never sent twice.
"""

from __future__ import annotations

import contextlib
import select
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final, TypeVar

from peerseal.client.http import HttpConnection, Response, not_peerseal
from peerseal.client.refusals import refusal, wants_pass
from peerseal.client.settings import ServerUrl
from peerseal.errors import IntegrityFailed, Interrupted
from peerseal.wire import fields as f
from peerseal.wire import limits
from peerseal.wire.api import ENDPOINTS, Endpoint
from peerseal.wire.parks import PARKING, Parking
from peerseal.wire.stored import NEWS, News
from peerseal.wire.strict_json import dumps, loads, loads_object
from peerseal.wire.value import Value

_Kind = TypeVar("_Kind", bound=Value)
_TIMEOUT: Final = 60.0
#: A byte now and then is no answer.
_WHOLE_SECONDS: Final = 60.0
#: The server closes what was unused for longer; a request on its way then would be lost.
_IDLE_SECONDS: Final = 3.0
_BUSY_TRIES: Final = 2
_BUSY_MAX_SECONDS: Final = 5
#: Not Flask's, so not in the table of endpoints.
_NEWS: Final = Endpoint("GET", "/news", "account", None, NEWS, 200, ())
_LOGIN: Final = ENDPOINTS["login"]
_UNRESERVED: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


class ServerInfo(Value):
    """What a server says of itself: its id (16 B), whether it takes new accounts (`open`, `invite` or `closed`), its parks.

    `parking` is None if it parks nothing.
    """

    server: bytes
    registration: str
    parking: Parking | None = None


class Api:
    """Calls to one server, as one account (`token`) or as nobody. Safe to use from any thread.

    Every call raises ServerUnreachable, Interrupted, or what `client.refusals` makes of the server's answer.
    """

    def __init__(
        self, server: ServerUrl, token: str | None = None, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.server: Final = server
        self.token = token
        #: The running server's operator token (docs/guard.md §6), for the operator's endpoints instead of `token`.
        self.operator: str | None = None
        #: What makes this device known to the account that signs in (docs/guard.md §5).
        self.device: str | None = None
        self._sleep = sleep
        self._pass: dict[str, str] = {}
        self._mine = threading.local()
        self._all: list[_Line] = []
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"Api({self.server})"

    def call(
        self,
        name: str,
        body: Value | None = None,
        /,
        *,
        if_match: int | None = None,
        query: Mapping[str, str | int] | None = None,
        **parts: str | int,
    ) -> Value | None:
        """Call the endpoint `name` of `wire.api.ENDPOINTS`; what it gives, None where it gives nothing.

        `parts` fill the `{…}` of its path, `query` its query, `if_match` is the number of its If-Match.
        """
        endpoint = ENDPOINTS[name]
        path = _path(endpoint, parts, query or {})
        headers, content = self._head(endpoint, if_match), _content(endpoint, body)
        response = self._request(endpoint.method, path, headers, content)
        for _ in range(_BUSY_TRIES):
            wait = _busy_seconds(response)
            if wait is None:
                break
            self._sleep(wait)
            response = self._request(endpoint.method, path, headers, content)
        if response.status != endpoint.status:
            raise refusal(self.server, response, name, parts)
        return self._read(endpoint, response)

    def ask(
        self,
        kind: type[_Kind],
        name: str,
        body: Value | None = None,
        /,
        *,
        if_match: int | None = None,
        query: Mapping[str, str | int] | None = None,
        **parts: str | int,
    ) -> _Kind:
        """`call` for endpoints that give something: `kind` is its class, for the reader and the type checker."""
        given = self.call(name, body, if_match=if_match, query=query, **parts)
        if not isinstance(given, kind):
            raise TypeError(f"{name} gives {type(given).__name__}, not {kind.__name__}")
        return given

    def info(self) -> ServerInfo:
        """Which server this is."""
        response = self._request("GET", limits.INFO_PATH, {}, None)
        if response.status == limits.MISDIRECTED:
            raise refusal(self.server, response, "info", {})
        try:
            said = loads_object(response.body)
            return ServerInfo(
                f.octets(limits.SERVER_ID_BYTES, limits.SERVER_ID_BYTES).read(said.get("server")),
                f.text(1, 64).read(said.get("registration")),
                f.nullable(PARKING).read(said.get("parking")),
            )
        except IntegrityFailed:
            raise not_peerseal(self.server) from None

    def news(self, after: int | None, wait: int) -> News:
        """What changed since `after`, waiting up to `wait` seconds (at most 20) for a change."""
        query = "" if after is None else f"?after={after}&wait={wait}"
        headers = self._head(_NEWS, None)
        response = self._request("GET", limits.NEWS_PATH + query, headers, None)
        if response.status != _NEWS.status:
            raise refusal(self.server, response, "news", {})
        given = self._read(_NEWS, response)
        if not isinstance(given, News):
            raise not_peerseal(self.server)
        return given

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Close the connections if the block fails: whoever was to keep them never gets them."""
        try:
            yield
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the connections of all threads; the next call opens a new one."""
        with self._lock:
            lines, self._all = self._all, []
        for line in lines:
            line.close()

    def _head(self, endpoint: Endpoint, if_match: int | None) -> dict[str, str]:
        headers = {"Accept": "application/json"}
        if endpoint.takes is not None:
            headers["Content-Type"] = "application/json"
        if if_match is not None:
            headers["If-Match"] = f'"{if_match}"'
        if self.operator is not None and endpoint.access == "operator":
            headers["Authorization"] = f"Operator {self.operator}"
        elif self.token is not None and endpoint.access != "anyone":
            headers["Authorization"] = f"Bearer {self.token}"
        if self.device is not None and endpoint is _LOGIN:
            headers["Peerseal-Device"] = self.device
        return headers

    def _request(self, method: str, path: str, headers: Mapping[str, str], content: bytes | None) -> Response:
        """One request, once more with a pass if the server wants the challenge solved first."""
        response = self._send(method, path, {**headers, **self._pass}, content)
        if not wants_pass(response):
            return response
        from peerseal.client.challenge import earn_pass

        self._pass = earn_pass(self.server, self._send)
        return self._send(method, path, {**headers, **self._pass}, content)

    def _send(self, method: str, path: str, headers: Mapping[str, str], content: bytes | None) -> Response:
        """One request. If a line that was used before breaks, reading is tried again on a new one."""
        line = self._line()
        used = line.used
        try:
            return line.request(method, path, headers, content)
        except Interrupted:
            if not used or method != "GET":
                raise
        return self._line().request(method, path, headers, content)

    def _line(self) -> _Line:
        line: _Line | None = getattr(self._mine, "line", None)
        if line is not None and line.usable():
            return line
        fresh = _Line(HttpConnection(self.server, _TIMEOUT, _WHOLE_SECONDS))
        with self._lock:
            if line is not None:
                line.close()
                with contextlib.suppress(ValueError):
                    self._all.remove(line)
            self._all.append(fresh)
        self._mine.line = fresh
        return fresh

    def _read(self, endpoint: Endpoint, response: Response) -> Value | None:
        if endpoint.gives is None:
            return None
        try:
            given: Value = endpoint.gives.read(loads(response.body, _most(endpoint)))
        except IntegrityFailed:
            raise not_peerseal(self.server) from None
        return given


class _Line:
    """A connection and whether it can still be used."""

    def __init__(self, connection: HttpConnection) -> None:
        self._connection = connection
        self._last: float | None = None
        self._closed = False

    @property
    def used(self) -> bool:
        return self._last is not None

    def request(self, method: str, path: str, headers: Mapping[str, str], content: bytes | None) -> Response:
        try:
            response = self._connection.request(method, path, headers, content)
        except BaseException:  # Ctrl-C too: an answer that comes later must not answer something else
            self.close()
            raise
        if response.headers.get("connection", "").lower() == "close":
            self.close()
        self._last = time.monotonic()
        return response

    def usable(self) -> bool:
        """Open, used a moment ago, and nothing (an end, bytes nobody asked for) has come since."""
        if self._closed or (self._last is not None and time.monotonic() - self._last > _IDLE_SECONDS):
            return False
        waiting = select.poll()  # not select: it refuses descriptors above 1023
        waiting.register(self._connection.sock, select.POLLIN)
        return not waiting.poll(0)

    def close(self) -> None:
        self._closed = True
        self._connection.close()


def _path(endpoint: Endpoint, parts: Mapping[str, str | int], query: Mapping[str, str | int]) -> str:
    path = endpoint.path
    for name, value in parts.items():
        path = path.replace(f"{{{name}}}", _escaped(str(value)))
    asked = "&".join(f"{name}={_escaped(str(value))}" for name, value in query.items())
    return f"/api/v1{path}" + (f"?{asked}" if asked else "")


def _escaped(text: str) -> str:
    """Percent-encoded (RFC 3986 §2.1), everything but unreserved characters. urllib.parse costs more to import."""
    return "".join(chr(byte) if byte in _UNRESERVED else f"%{byte:02X}" for byte in text.encode())


def _content(endpoint: Endpoint, body: Value | None) -> bytes | None:
    if endpoint.takes is None:
        return None
    return dumps(endpoint.takes.write(body)).encode()


def _most(endpoint: Endpoint) -> int:
    """How long an answer may be: lists are longer than what is sent."""
    return max(endpoint.most, 8 * limits.MIB)


def _busy_seconds(response: Response) -> float | None:
    """How long to wait before asking again: only for a server that says it has done nothing and when to come back."""
    after = response.headers.get("retry-after", "")
    if response.status != 503 or not (after.isascii() and after.isdigit() and len(after) <= 3):
        return None
    seconds = int(after)
    return max(0.2, float(seconds)) if seconds <= _BUSY_MAX_SECONDS else None
