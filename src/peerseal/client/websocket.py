"""A small, exact WebSocket client (RFC 6455): text messages over a plain or TLS socket.

Importing a library costs more than the command line's whole import budget. No extensions, so no compression.
One thread may receive while others send; a lock keeps the socket's calls apart, which TLS needs.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import select
import socket
import threading
import time
from collections.abc import Mapping
from typing import Final

from peerseal.client.http import HttpConnection, Response
from peerseal.client.settings import ServerUrl
from peerseal.errors import Interrupted, PeersealError, ServerUnreachable
from peerseal.wire.limits import JSON_MAX_BYTES

_TEXT: Final = 0x1
_CLOSE: Final = 0x8
_PING: Final = 0x9
_PONG: Final = 0xA
_GUID: Final = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_PIECE: Final = 64 * 1024
_SEND_SECONDS: Final = 30.0
_MAX_CONTROL: Final = 125


class UpgradeRefused(ServerUnreachable):
    """The server, or something in front of it, does not let WebSocket through."""

    default_code = "no_websocket"

    def __init__(self, response: Response) -> None:
        super().__init__(f"The server answered {response.status} instead of opening a WebSocket.")
        self.response: Final = response


class WebSocketClosed(Interrupted):
    """The other side closed the WebSocket; `close_code` is 1005 if it gave none, `reason` its word for it."""

    default_code = "connection_lost"

    def __init__(self, close_code: int, reason: str = "") -> None:
        super().__init__(
            "The server has ended the connection.",
            hint="It was stopped or started anew, or a proxy cut a long silence. Run this again once it is there.",
            retryable=True,
        )
        self.close_code: Final = close_code
        self.reason: Final = reason


class WebSocket:
    """An open WebSocket. Raises Interrupted (or WebSocketClosed) once it is gone."""

    def __init__(self, sock: socket.socket, buffered: bytes = b"", max_message: int = JSON_MAX_BYTES) -> None:
        """`sock` has finished the opening handshake and belongs to this object from now on."""
        sock.setblocking(False)
        self._sock = sock
        self._lock = threading.Lock()
        self._send_lock = threading.Lock()
        self._buffer = bytearray(buffered)
        self._message = bytearray()
        self._in_message = False
        self._max_message = max_message
        self._closing = False

    @classmethod
    def connect(
        cls,
        server: ServerUrl,
        path: str,
        subprotocol: str,
        headers: Mapping[str, str] | None = None,
        timeout: float = 15.0,
    ) -> WebSocket:
        """Open one; `headers` go with the request. Raises UpgradeRefused if anything but a correct 101 comes back."""
        connection = HttpConnection(server, timeout)
        try:
            key = base64.b64encode(os.urandom(16)).decode("ascii")
            lines = {
                **(headers or {}),
                "Connection": "Upgrade",
                "Upgrade": "websocket",
                "Sec-WebSocket-Version": "13",
                "Sec-WebSocket-Key": key,
                "Sec-WebSocket-Protocol": subprotocol,
            }
            connection.send_head("GET", path, lines)
            _check_upgrade(connection.read_response(), key, subprotocol)
        except BaseException:
            connection.close()
            raise
        return cls(connection.sock, connection.take_buffered())

    def send_text(self, text: str) -> None:
        """Send one message."""
        self._send(_TEXT, text.encode())

    def receive(self, timeout: float) -> str | None:
        """The next message, or None if none came within `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while True:
            message = self._next_message()
            if message is not None:
                return message
            left = deadline - time.monotonic()
            if left < 0 or not self._fill(left):
                return None

    def goodbye(self, code: int = 1000) -> None:
        """Start the closing handshake. A thread that receives gets WebSocketClosed when the other side has answered.

        Closing at once instead would reset the connection if anything is unread, and could lose what was sent last.
        """
        if not self._closing:
            self._closing = True
            with contextlib.suppress(PeersealError):
                self._send(_CLOSE, code.to_bytes(2, "big"))

    def close(self, code: int = 1000) -> None:
        """Close without waiting for an answer; may be called twice and from any thread."""
        self.goodbye(code)
        with contextlib.suppress(OSError):
            socket.socket.shutdown(self._sock, socket.SHUT_RDWR)
        with contextlib.suppress(OSError):
            self._sock.close()

    def _next_message(self) -> str | None:
        while (frame := self._next_frame()) is not None:
            final, opcode, payload = frame
            if opcode >= _CLOSE:
                self._control(final, opcode, payload)
                continue
            if (opcode == 0) is not self._in_message or opcode > _TEXT:
                self._fail(1002)
            self._message += payload
            if len(self._message) > self._max_message:
                self._fail(1009)
            self._in_message = not final
            if final:
                text, self._message = self._message, bytearray()
                try:
                    return text.decode()
                except UnicodeDecodeError:
                    self._fail(1007)
        return None

    def _next_frame(self) -> tuple[bool, int, bytes] | None:
        """FIN, opcode and payload of the next whole frame in the buffer (RFC 6455 §5.2)."""
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        if buffer[0] & 0x70 or buffer[1] & 0x80:  # no extension was agreed; a server never masks
            self._fail(1002)
        length, start = buffer[1], 2
        if length >= 126:
            start = 4 if length == 126 else 10
            if len(buffer) < start:
                return None
            length = int.from_bytes(buffer[2:start], "big")
        if length > self._max_message:
            self._fail(1009)
        if len(buffer) < start + length:
            return None
        payload = bytes(buffer[start : start + length])
        first = buffer[0]
        del buffer[: start + length]
        return bool(first & 0x80), first & 0x0F, payload

    def _control(self, final: bool, opcode: int, payload: bytes) -> None:
        if not final or len(payload) > _MAX_CONTROL or opcode > _PONG:
            self._fail(1002)
        if opcode == _PING:
            self._send(_PONG, payload)
        elif opcode == _CLOSE:
            code = int.from_bytes(payload[:2], "big") if len(payload) >= 2 else 1005
            self.close(1000 if code == 1005 else code)
            raise WebSocketClosed(code, payload[2:].decode("ascii", "replace"))

    def _fail(self, code: int) -> None:
        self.close(code)
        raise WebSocketClosed(code)

    def _send(self, opcode: int, payload: bytes) -> None:
        frame = memoryview(_client_frame(opcode, payload))
        deadline = time.monotonic() + _SEND_SECONDS
        with self._send_lock:
            while frame:
                with self._lock:
                    frame = frame[self._try_send(frame) :]
                if frame and not _wait(self._sock, select.POLLOUT, deadline - time.monotonic()):
                    raise _lost()

    def _try_send(self, frame: memoryview) -> int:
        try:
            return self._sock.send(frame)
        except OSError as error:
            if _would_block(error):
                return 0
            raise _lost() from None

    def _fill(self, timeout: float) -> bool:
        """Read what is there, waiting up to `timeout`; False if nothing came."""
        deadline = time.monotonic() + timeout
        while True:
            try:
                with self._lock:
                    piece = self._sock.recv(_PIECE)
            except OSError as error:
                if not _would_block(error):
                    raise _lost() from None
                if not _wait(self._sock, select.POLLIN, deadline - time.monotonic()):
                    return False
                continue
            if not piece:
                raise WebSocketClosed(1006)
            self._buffer += piece
            return True


def _check_upgrade(response: Response, key: str, subprotocol: str) -> None:
    """Refuse anything but the 101 that answers this very request (RFC 6455 §4.1)."""
    digest = hashlib.sha1((key + _GUID).encode(), usedforsecurity=False).digest()
    headers = response.headers
    accepted = (
        response.status == 101
        and headers.get("upgrade", "").lower() == "websocket"
        and "upgrade" in headers.get("connection", "").lower()
        and headers.get("sec-websocket-accept") == base64.b64encode(digest).decode("ascii")
        and headers.get("sec-websocket-protocol") == subprotocol
        and "sec-websocket-extensions" not in headers
    )
    if not accepted:
        raise UpgradeRefused(response)


def _client_frame(opcode: int, payload: bytes) -> bytes:
    """One whole masked frame (RFC 6455 §5.2, §5.3)."""
    length = len(payload)
    if length < 126:
        head = bytes([0x80 | opcode, 0x80 | length])
    elif length < 65536:
        head = bytes([0x80 | opcode, 0xFE]) + length.to_bytes(2, "big")
    else:
        head = bytes([0x80 | opcode, 0xFF]) + length.to_bytes(8, "big")
    mask = os.urandom(4)
    pattern = (mask * (length // 4 + 1))[:length]
    masked = int.from_bytes(payload, "big") ^ int.from_bytes(pattern, "big")
    return head + mask + masked.to_bytes(length, "big")


def _would_block(error: OSError) -> bool:
    # TLS says so in its own way: SSLWantReadError and SSLWantWriteError, without importing ssl.
    return isinstance(error, BlockingIOError) or type(error).__name__ in (
        "SSLWantReadError",
        "SSLWantWriteError",
    )


def _wait(sock: socket.socket, event: int, timeout: float) -> bool:
    if timeout <= 0 or sock.fileno() < 0:
        return False
    poll = select.poll()
    poll.register(sock, event)
    return bool(poll.poll(timeout * 1000))


def _lost() -> Interrupted:
    return Interrupted("The connection to the server broke.", code="connection_lost", retryable=True)
