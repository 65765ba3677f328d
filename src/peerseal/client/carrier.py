"""How meeting messages reach the server: a WebSocket, or HTTP exchanges where WebSocket is blocked.

A carrier moves JSON texts and knows nothing of their meaning (docs/wire.md §1).
"""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Mapping
from typing import Final, Literal, Protocol

from peerseal.client.http import HttpConnection, Response, not_peerseal
from peerseal.client.settings import ServerUrl
from peerseal.client.websocket import UpgradeRefused, WebSocket, WebSocketClosed
from peerseal.errors import IntegrityFailed, Interrupted, PeersealError, Refused, ServerUnreachable
from peerseal.wire.limits import EXCHANGE_PATH, HTTP_WAIT_MAX_SECONDS, MEET_PATH, MEET_SUBPROTOCOL
from peerseal.wire.strict_json import JsonObject, JsonValue, dumps, loads_object

_EXCHANGE_MAX_BYTES: Final = 8 * 1024 * 1024
_EXCHANGE_MAX_DEPTH: Final = 10
ME_PATH: Final = "/api/v1/me"
_SESSION_ENDED: Final = "session_ended"
_LOBBY_FULL: Final = "lobby_full"
_DEFENCE: Final = ("blocked", "challenge", "wait", "misdirected")


class Carrier(Protocol):
    """A two-way pipe of JSON objects. Raises Interrupted once it is gone, Refused if that is by signing out or for others."""

    kind: Literal["websocket", "http"]

    def send(self, message: JsonObject) -> None:
        """Send one object; may be called from any thread."""

    def receive(self, timeout: float) -> list[JsonObject]:
        """What came, at most after `timeout` seconds; called by one thread only."""

    def goodbye(self) -> None:
        """Say that nothing more comes; `receive` then ends with Interrupted once the server has taken everything."""

    def close(self) -> None:
        """Close; may be called twice and from any thread."""


def open_carrier(server: ServerUrl, token: str | None = None) -> Carrier:
    """A WebSocket to the server's meeting or, if that is refused, HTTP; with a token, signed in.

    If the server wants its challenge solved first, it is. Raises ServerUnreachable, Refused (`not_signed_in` if the
    token does not hold any more, `blocked`).
    """
    signed = {} if token is None else {"Authorization": f"Bearer {token}"}
    try:
        return _open(server, signed)
    except _PassWanted:
        return _open(server, {**signed, **_earned(server)})


class _PassWanted(Refused):
    """The server wants its challenge solved before it opens a meeting."""


def _open(server: ServerUrl, headers: Mapping[str, str]) -> Carrier:
    try:
        return WebSocketCarrier(WebSocket.connect(server, MEET_PATH, MEET_SUBPROTOCOL, headers), server)
    except UpgradeRefused as refused:
        if refused.response.status in (403, 429):
            said = problem(refused.response, server)
            # A proxy's 403 is no word of the server's: there HTTP may be let through.
            if isinstance(said, Refused):
                raise said from None
        return HttpCarrier(server, headers)
    except Interrupted:
        # Some proxies do not answer a WebSocket request but drop it.
        return HttpCarrier(server, headers)


def _earned(server: ServerUrl) -> dict[str, str]:
    from peerseal.client.challenge import earn_pass  # hardly anybody ever needs one

    return earn_pass(server, functools.partial(_asked_alone, server))


def _asked_alone(
    server: ServerUrl, method: str, path: str, headers: Mapping[str, str], body: bytes | None
) -> Response:
    """On a connection of its own: while this machine computes, the server closes one that rests."""
    connection = HttpConnection(server)
    try:
        return connection.request(method, path, headers, body)
    finally:
        connection.close()


class WebSocketCarrier:
    """The meeting over a WebSocket: one object per text message."""

    kind: Literal["websocket", "http"] = "websocket"

    def __init__(self, websocket: WebSocket, server: ServerUrl) -> None:
        self._websocket = websocket
        self._server = server

    def send(self, message: JsonObject) -> None:
        """See `Carrier.send`."""
        self._websocket.send_text(dumps(message))

    def receive(self, timeout: float) -> list[JsonObject]:
        """See `Carrier.receive`."""
        try:
            text = self._websocket.receive(timeout)
        except WebSocketClosed as closed:
            if closed.reason == _SESSION_ENDED:
                raise _signed_out(self._server) from None
            if closed.reason == _LOBBY_FULL:
                raise _gave_way() from None
            raise
        return [] if text is None else [loads_object(text)]

    def goodbye(self) -> None:
        """See `Carrier.goodbye`."""
        self._websocket.goodbye()

    def close(self) -> None:
        """See `Carrier.close`."""
        self._websocket.close()


class HttpCarrier:
    """The meeting over HTTP: one exchange waits for messages while another carries them away."""

    kind: Literal["websocket", "http"] = "http"

    def __init__(self, server: ServerUrl, signed: Mapping[str, str] | None = None) -> None:
        """Open a session, `signed` in. Raises ServerUnreachable if the server knows no such thing."""
        self._server = server
        self._sending = HttpConnection(server)
        try:
            self._waiting = HttpConnection(server)
        except BaseException:
            self._sending.close()
            raise
        self._lock = threading.Lock()
        self._after = 0
        self._closed = False
        headers = {"Content-Type": "application/json"}
        try:
            session = self._open({**headers, **(signed or {})})
        except BaseException:
            self._sending.close()
            self._waiting.close()
            raise
        self._headers = {**headers, "Authorization": f"Meet {session}"}
        self._signed = signed

    def _open(self, headers: Mapping[str, str]) -> str:
        response = self._sending.request("POST", MEET_PATH, headers, b"{}")
        if response.status == 401 and "Authorization" in headers:
            raise _ended(self._server)
        if response.status != 201:
            raise problem(response, self._server)
        session = _read_object(response, self._server).get("session")
        if not isinstance(session, str) or not session.isascii() or not session.isprintable():
            raise not_peerseal(self._server)
        return session

    def send(self, message: JsonObject) -> None:
        """See `Carrier.send`."""
        with self._lock:
            # after 0: this exchange takes no messages away from the one that waits
            try:
                self._exchange(self._sending, [message], 0, 0)
            except Interrupted:
                self._stop_waiting()  # nobody knows whether it got there: who waits hears of it now
                raise

    def receive(self, timeout: float) -> list[JsonObject]:
        """See `Carrier.receive`."""
        wait = max(1, min(HTTP_WAIT_MAX_SECONDS, int(timeout)))
        answer = self._exchange(self._waiting, [], self._after, wait)
        messages, last = answer.get("messages"), answer.get("last")
        if not isinstance(messages, list) or not isinstance(last, int):
            raise not_peerseal(self._server)
        self._after = max(self._after, last)
        return [message for message in messages if isinstance(message, dict)]

    def goodbye(self) -> None:
        """See `Carrier.goodbye`: every exchange was answered already."""
        self.close()

    def close(self) -> None:
        """See `Carrier.close`."""
        if self._closed:
            return
        self._closed = True
        with self._lock, contextlib.suppress(PeersealError):
            self._sending.sock.settimeout(2.0)
            self._sending.request("DELETE", MEET_PATH, self._headers)
        self._sending.close()
        self._stop_waiting()
        self._waiting.close()

    def _stop_waiting(self) -> None:
        with contextlib.suppress(OSError):
            self._waiting.sock.shutdown(2)

    def _check_signed_in(self) -> None:
        """A forgotten connection may be one whose session has ended. Raises Refused (`not_signed_in`) then."""
        if self._signed is None or "Authorization" not in self._signed:
            return
        asking = HttpConnection(self._server)
        try:
            if asking.request("GET", ME_PATH, self._signed).status == 401:
                raise _signed_out(self._server)
        finally:
            asking.close()

    def _exchange(
        self, connection: HttpConnection, messages: list[JsonObject], after: int, wait: int
    ) -> JsonObject:
        items: list[JsonValue] = list(messages)
        body = dumps({"messages": items, "after": after, "wait": wait}).encode()
        response = connection.request("POST", EXCHANGE_PATH, self._headers, body)
        if response.status == 404:
            self._check_signed_in()
            raise Interrupted(
                "The server has forgotten this connection.", code="connection_lost", retryable=True
            )
        if response.status != 200:
            raise problem(response, self._server)
        return _read_object(response, self._server)


def _signed_out(server: ServerUrl) -> PeersealError:
    ended = _ended(server)
    message = "You are signed out here, so the server ended the connection."
    return Refused(message, code=ended.code, hint=ended.hint)


def _gave_way() -> PeersealError:
    return Refused(
        "The list of people is full, and many on it come from where you are: somebody else got the place.",
        code=_LOBBY_FULL,
        hint="Use a code, or run this again in a moment.",
        retryable=True,
    )


def problem(response: Response, server: ServerUrl) -> PeersealError:
    """The typed error for an answer that is none of those wanted (`application/problem+json` or anything)."""
    try:
        fields = loads_object(response.body)
    except IntegrityFailed:
        return not_peerseal(server)
    code, title = fields.get("code"), fields.get("title")
    if not isinstance(code, str) or not isinstance(title, str):
        return not_peerseal(server)
    if code in _DEFENCE:
        from peerseal.client.refusals import refusal, wants_pass  # only under attack

        said = refusal(server, response, "meet", {})
        return (
            _PassWanted(said.message, code=code, hint=said.hint, retryable=True)
            if wants_pass(response)
            else said
        )
    if response.status >= 500:
        return ServerUnreachable(f"The server cannot do it now: {title}.", code=code, retryable=True)
    return Refused(f"The server says no: {title}.", code=code, retryable=response.status == 429)


def _ended(server: ServerUrl) -> PeersealError:
    from peerseal.client.refusals import not_signed_in  # only who was signed in needs it

    return not_signed_in(server, ended=True)


def _read_object(response: Response, server: ServerUrl) -> JsonObject:
    try:
        return loads_object(response.body, _EXCHANGE_MAX_BYTES, _EXCHANGE_MAX_DEPTH)
    except IntegrityFailed:
        raise not_peerseal(server) from None
