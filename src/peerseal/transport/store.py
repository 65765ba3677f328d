"""Chunks of stored files, up and down, by ticket over kept connections (docs/api.md §4.1).

A chunk goes out of the caller's buffer and comes into it without a copy. A lost connection, a busy server and a
ticket that has run out are met here; what the server refuses for good is a typed error.
"""

from __future__ import annotations

import socket
import struct
import sys
import threading
import time
from collections.abc import Callable
from typing import Final, Literal, NoReturn

from peerseal.client.http import HttpConnection, Response, not_peerseal
from peerseal.client.refusals import refusal
from peerseal.client.settings import ServerUrl
from peerseal.crypto_engine import Stream
from peerseal.errors import IntegrityFailed, Interrupted, NotFound, PeersealError, Refused, ServerUnreachable
from peerseal.wire.limits import CHUNKS_PATH, STORE_TICKET_SECONDS
from peerseal.wire.stored import StoreTicket
from peerseal.wire.strict_json import JsonObject, loads_object

PATIENCE_SECONDS: Final = 60.0
"""How long one chunk is tried again before the transfer counts as interrupted."""
_SILENCE_SECONDS: Final = 45
"""A server that waits for a chunk answers after 20 s at the latest."""
_PAUSES: Final = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
_TRIES_UNSAID: Final = 2
"""A connection that breaks now and then is no server out of reach."""
_IDLE_SECONDS: Final = 3.0
"""The server closes a connection that was unused for longer."""
_FRESH_SECONDS: Final = STORE_TICKET_SECONDS * 2 / 3
_DRAIN_SECONDS: Final = 2.0


class Tickets:
    """The ticket all connections of one transfer share. `ask` gets a new one from the server; any thread may."""

    def __init__(
        self,
        ask: Callable[[], StoreTicket],
        first: StoreTicket | None = None,
        *,
        lasting: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`lasting`: keep a ticket as long as the server takes it; a link's counts as one download each."""
        self._ask = ask
        self._lasting = lasting
        self._clock = clock
        self._lock = threading.Lock()
        self._ticket = first
        self._since = clock()
        #: Whether the connections that share this find no server at present; for whoever tells the person.
        self.out_of_reach = False

    def current(self) -> str:
        """A ticket that should hold for a while."""
        with self._lock:
            old = not self._lasting and self._clock() - self._since > _FRESH_SECONDS
            if self._ticket is None or old:
                self._renew()
            return self._value()

    def replace(self, refused: str) -> str:
        """Another ticket than the one the server refused."""
        with self._lock:
            if self._value() == refused:
                self._renew()
            return self._value()

    def _renew(self) -> None:
        self._ticket = self._ask()
        self._since = self._clock()

    def _value(self) -> str:
        return "" if self._ticket is None else self._ticket.ticket


class ChunkStore:
    """One connection for chunks, used by one thread; `abort` may be called by any."""

    def __init__(self, server: ServerUrl, tickets: Tickets, patience: float = PATIENCE_SECONDS) -> None:
        """`patience`: for how many seconds a chunk is tried again. Opens nothing yet."""
        self._server = server
        self._tickets = tickets
        self._patience = patience
        self._connection: HttpConnection | None = None
        self._used_at = 0.0
        self._stopped = threading.Event()

    def put(self, stream: Stream, number: int, chunk: memoryview) -> None:
        """Store a chunk; returns once it is durable on the server.

        Raises IntegrityFailed (`chunk_differs`) if the server holds other bytes, Interrupted after the patience,
        Refused (`quota`, `disk_full`), NotFound once the upload is gone.
        """
        response, _ = self._patiently("PUT", stream, number, chunk)
        if response.status not in (200, 201):
            self._refuse(response, number)

    def get_into(self, stream: Stream, number: int, buffer: memoryview) -> int | None:
        """Fetch a chunk to the start of `buffer`: its length, or None if the server does not have it yet.

        The server waits up to 20 s before it says so. Raises Interrupted after the patience, NotFound once the file
        is gone or no longer for this reader.
        """
        response, length = self._patiently("GET", stream, number, buffer)
        if response.status == 204:
            return None
        if response.status != 200:
            self._refuse(response, number)
        return length

    def abort(self) -> None:
        """Cut what is under way and stop trying; may be called twice."""
        self._stopped.set()
        connection = self._connection
        if connection is not None:
            try:
                connection.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                return

    def close(self) -> None:
        """Give the connection back; only by the thread that uses it."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _patiently(
        self, method: Literal["GET", "PUT"], stream: Stream, number: int, buffer: memoryview
    ) -> tuple[Response, int]:
        """One exchange, again after what may pass: a lost connection, a busy server, once a dead ticket."""
        path = f"{CHUNKS_PATH}/{stream}/{number}"
        began: float | None = None
        tries, renewed = 0, False
        ticket = self._tickets.current()
        while True:
            failed: PeersealError
            try:
                response, length = self._exchange(method, path, ticket, buffer)
            except (Interrupted, ServerUnreachable) as error:
                if not error.retryable:
                    raise
                failed = error
                self._tickets.out_of_reach = tries >= _TRIES_UNSAID
            else:
                self._tickets.out_of_reach = False
                if response.status == 401 and not renewed:
                    ticket, renewed = self._tickets.replace(ticket), True
                    continue
                if response.status not in (429, 503):
                    return response, length
                failed = refusal(self._server, response, "chunk", {})
            now = time.monotonic()
            began = now if began is None else began
            pause = _PAUSES[min(tries, len(_PAUSES) - 1)]
            tries += 1
            if self._stopped.is_set() or now + pause > began + self._patience:
                raise _given_up(failed)
            self._stopped.wait(pause)

    def _exchange(
        self, method: Literal["GET", "PUT"], path: str, ticket: str, buffer: memoryview
    ) -> tuple[Response, int]:
        if self._stopped.is_set():
            raise _stopped()
        connection = self._connected()
        try:
            answer = self._ask(connection, method, path, ticket, buffer)
        except BaseException:
            self.close()
            raise
        if answer[0].headers.get("connection", "").lower() == "close":
            self.close()
        self._used_at = time.monotonic()
        return answer

    def _ask(
        self,
        connection: HttpConnection,
        method: Literal["GET", "PUT"],
        path: str,
        ticket: str,
        buffer: memoryview,
    ) -> tuple[Response, int]:
        headers = {"Authorization": f"Ticket {ticket}"}
        if method == "GET":
            connection.send_head("GET", path, headers)
            return connection.read_response_into(buffer)
        headers["Content-Type"] = "application/octet-stream"
        connection.send_head("PUT", path, headers, len(buffer))
        try:
            connection.sock.sendall(buffer)
        except OSError as error:
            return self._early_answer(connection, error), 0
        return connection.read_response("PUT"), 0

    def _early_answer(self, connection: HttpConnection, error: OSError) -> Response:
        """A server may refuse before it has read everything and close: its answer can still be there."""
        if not isinstance(error, TimeoutError | BlockingIOError):
            try:
                connection.sock.settimeout(_DRAIN_SECONDS)
                response = connection.read_response("PUT")
            except (Interrupted, OSError):
                pass
            else:
                self.close()
                return response
        raise Interrupted("The connection to the server broke.", code="connection_lost", retryable=True)

    def _connected(self) -> HttpConnection:
        if self._connection is not None and time.monotonic() - self._used_at > _IDLE_SECONDS:
            self.close()
        if self._connection is None:
            self._connection = connection = HttpConnection(self._server, _SILENCE_SECONDS)
            _let_the_kernel_wait(connection.sock, tls=self._server.tls)
            if self._stopped.is_set():
                raise _stopped()
        return self._connection

    def _refuse(self, response: Response, number: int) -> NoReturn:
        code = _code_of(response)
        if code == "chunk_differs":
            raise IntegrityFailed(
                f"The server holds other bytes for part {number} of this upload.",
                code="chunk_differs",
                hint="Somebody else wrote to this upload. Start it again.",
            )
        if code == "ticket":
            raise Refused("The server takes no ticket for this any more.", code="ticket", retryable=True)
        if response.status == 404:
            raise NotFound(
                "The file is gone while it was under way: deleted, expired, revoked, or its upload was abandoned.",
                hint="`peerseal files` lists what is there.",
            )
        if response.status in (200, 201, 204, 206):
            raise not_peerseal(self._server)
        raise refusal(self._server, response, "chunk", {})


def _let_the_kernel_wait(sock: socket.socket, *, tls: bool) -> None:
    """Deadlines kept by the kernel instead of by polling: a whole chunk then takes one call each way."""
    if tls or sys.platform == "win32":
        return
    limit = struct.pack("ll", _SILENCE_SECONDS, 0)
    sock.settimeout(None)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)


def _code_of(response: Response) -> str:
    try:
        problem: JsonObject = loads_object(response.body)
    except IntegrityFailed:
        return ""
    code = problem.get("code")
    return code if isinstance(code, str) else ""


def _given_up(cause: PeersealError) -> PeersealError:
    if cause.code == "stopped":
        return cause
    return Interrupted(
        f"{cause.message} Trying again did not help.", code="connection_lost", hint=cause.hint, retryable=True
    )


def _stopped() -> Interrupted:
    return Interrupted("It was stopped.", code="stopped", retryable=False)
