"""One connection to the server, speaking as much HTTP/1.1 (RFC 9112) as the client needs.

Plain or TLS sockets; proxies of the environment are ignored, because a client of a server on one's own network
must not hand its traffic to somebody else. The standard library's client costs 20 ms of start-up, this one 1.
"""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Mapping
from typing import Final

from peerseal.client.settings import ServerUrl
from peerseal.errors import Interrupted, ServerUnreachable
from peerseal.version import VERSION
from peerseal.wire.value import Value

MAX_HEAD: Final = 64 * 1024
MAX_BODY: Final = 8 * 1024 * 1024
CONNECT_SECONDS: Final = 10.0
_PIECE: Final = 64 * 1024
_STATUS_DIGITS: Final = 3
_SWITCHING: Final = 101
#: Answers before the answer that are read at most.
_INTERIM_MAX: Final = 8
_BLANKS: Final = " \t"
_LENGTH_DIGITS: Final = 10
_LEAST_SECONDS: Final = 0.001


class Response(Value):
    """An answer. Header names are lower case; a repeated header keeps its last value."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""


class HttpConnection:
    """A connection that sends one request at a time and can be taken over after a 101.

    Every method raises ServerUnreachable if nobody answers and Interrupted if the connection breaks.
    """

    def __init__(self, server: ServerUrl, timeout: float | None = 30.0, whole: float | None = None) -> None:
        """`timeout`: how long nothing may come; `whole`: how long the body of an answer may take, both in seconds."""
        self.server = server
        self._whole = whole
        self._deadline: float | None = None
        self.sock = open_socket(server)
        self.sock.settimeout(timeout)
        self._buffer = bytearray()

    def request(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | memoryview | None = None,
    ) -> Response:
        """Send a request and read its answer whole."""
        self.send_head(method, path, headers or {}, None if body is None else len(body))
        try:
            if body:
                self.sock.sendall(body)
            return self.read_response(method)
        except (TimeoutError, OSError) as error:
            raise _broken(error) from None

    def send_head(
        self, method: str, path: str, headers: Mapping[str, str], length: int | None = None
    ) -> None:
        """Send a request line and headers."""
        lines = [
            f"{method} {path} HTTP/1.1",
            f"Host: {self.server.authority}",
        ]
        if "User-Agent" not in headers:
            lines.append(f"User-Agent: peerseal/{VERSION}")
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if length is not None:
            lines.append(f"Content-Length: {length}")
        try:
            self.sock.sendall(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
        except (TimeoutError, OSError) as error:
            raise _broken(error) from None

    def read_response(self, method: str = "GET") -> Response:
        """Read one answer; after a 101 what follows stays in `take_buffered`."""
        status, headers = self._read_head()
        if self._whole is None:
            return self._read_body(method, status, headers)
        patience = self.sock.gettimeout()
        self._deadline = time.monotonic() + self._whole
        try:
            return self._read_body(method, status, headers)
        finally:
            self._deadline = None
            with contextlib.suppress(OSError):
                self.sock.settimeout(patience)

    def _read_body(self, method: str, status: int, headers: dict[str, str]) -> Response:
        if status in (_SWITCHING, 204, 304) or method == "HEAD":
            return Response(status, headers)
        if "chunked" in headers.get("transfer-encoding", "").lower():
            return Response(status, headers, self._read_chunked())
        length = headers.get("content-length")
        if length is None:
            return Response(status, headers, self._read_to_end())
        size = _number(length, _LENGTH_DIGITS, 10)
        if size is None or size > MAX_BODY:
            raise not_peerseal(self.server)
        return Response(status, headers, self._read_exactly(size))

    def read_response_into(self, buffer: memoryview) -> tuple[Response, int]:
        """Read one answer to a GET; the body of a 200 or 206 goes to the start of `buffer`, without a copy.

        Returns the answer, its body left empty then, and how many bytes came. More than `buffer` holds is no answer
        of a Peerseal server.
        """
        status, headers = self._read_head()
        if status not in (200, 206):
            return self._read_body("GET", status, headers), 0
        size = _number(headers.get("content-length", ""), _LENGTH_DIGITS, 10)
        if size is None or size > len(buffer):
            raise not_peerseal(self.server)
        self._fill(buffer[:size])
        return Response(status, headers), size

    def take_buffered(self) -> bytes:
        """Bytes that were read beyond the last answer."""
        taken = bytes(self._buffer)
        self._buffer.clear()
        return taken

    def close(self) -> None:
        """Close the connection; may be called twice."""
        with contextlib.suppress(OSError):
            self.sock.close()

    def _read_head(self) -> tuple[int, dict[str, str]]:
        """The head of the answer. What comes before it (RFC 9110 §15.2, such as 103) only adds what it would load."""
        before: dict[str, str] = {}
        for _ in range(_INTERIM_MAX):
            status, headers = self._read_one_head()
            if status == _SWITCHING or not 100 <= status < 200:
                return status, {**before, **headers}
            before.update((name, value) for name, value in headers.items() if name == "link")
        raise not_peerseal(self.server)

    def _read_one_head(self) -> tuple[int, dict[str, str]]:
        self._read_until_end_of_head()
        end = self._buffer.find(b"\r\n\r\n")
        lines = self._buffer[:end].decode("latin-1").split("\r\n")
        del self._buffer[: end + 4]
        parts = lines[0].split(" ", 2)
        status = _number(parts[1], _STATUS_DIGITS, 10) if len(parts) > 1 else None
        if status is None or not parts[0].startswith("HTTP/1."):
            raise not_peerseal(self.server)
        headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            # White space of HTTP alone: to others a name with any other blank in it is another name.
            headers[name.strip(_BLANKS).lower()] = value.strip(_BLANKS)
        return status, headers

    def _read_until_end_of_head(self) -> None:
        """One deadline for the whole head: a byte now and then is no answer."""
        patience = self.sock.gettimeout()
        deadline = None if patience is None else time.monotonic() + patience
        try:
            while self._buffer.find(b"\r\n\r\n") < 0:
                if len(self._buffer) > MAX_HEAD:
                    raise not_peerseal(self.server)
                if deadline is not None:
                    self.sock.settimeout(max(_LEAST_SECONDS, deadline - time.monotonic()))
                self._read_more()
                if deadline is not None and time.monotonic() > deadline:
                    raise _broken(TimeoutError())
        except OSError as error:
            raise _broken(error) from None
        finally:
            with contextlib.suppress(OSError):
                self.sock.settimeout(patience)

    def _read_chunked(self) -> bytes:
        body = bytearray()
        while True:
            size = _number(self._read_line().decode("latin-1").split(";")[0].strip(), _LENGTH_DIGITS, 16)
            if size is None or len(body) + size > MAX_BODY:
                raise not_peerseal(self.server)
            if size == 0:
                while self._read_line():
                    pass
                return bytes(body)
            body += self._read_exactly(size)
            self._read_line()

    def _read_line(self) -> bytes:
        while (end := self._buffer.find(b"\r\n")) < 0:
            if len(self._buffer) > MAX_HEAD:
                raise not_peerseal(self.server)
            self._read_more()
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 2]
        return line

    def _read_exactly(self, length: int) -> bytes:
        while len(self._buffer) < length:
            self._read_more()
        body = bytes(self._buffer[:length])
        del self._buffer[:length]
        return body

    def _fill(self, view: memoryview) -> None:
        """Fill `view` with what was read ahead and what comes."""
        filled = min(len(view), len(self._buffer))
        view[:filled] = self._buffer[:filled]
        del self._buffer[:filled]
        # A blocking plain socket fills all of it in one call; TLS sockets know no flags.
        flags = 0 if self.server.tls else socket.MSG_WAITALL
        while filled < len(view):
            try:
                step = self.sock.recv_into(view[filled:], 0, flags)
            except (TimeoutError, OSError) as error:
                raise _broken(error) from None
            if step == 0:
                raise _closed()
            filled += step

    def _read_to_end(self) -> bytes:
        with contextlib.suppress(Interrupted):
            while len(self._buffer) <= MAX_BODY:
                self._read_more()
        return self.take_buffered()

    def _read_more(self) -> None:
        try:
            self._mind_deadline()
            piece = self.sock.recv(_PIECE)
        except (TimeoutError, OSError) as error:
            raise _broken(error) from None
        if not piece:
            raise _closed()
        self._buffer += piece

    def _mind_deadline(self) -> None:
        """Wait no longer than the whole answer may take. Raises TimeoutError when that is over."""
        if self._deadline is None:
            return
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        patience = self.sock.gettimeout()
        self.sock.settimeout(left if patience is None else min(left, patience))


def open_socket(server: ServerUrl) -> socket.socket:
    """A connected socket, TLS if the address says https. Raises ServerUnreachable."""
    try:
        sock = socket.create_connection((server.host, server.port), CONNECT_SECONDS)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "it does not answer"
        raise ServerUnreachable(
            f"No server answers at {server} ({reason}).",
            hint="Is it running? `peerseal serve` starts one, `peerseal doctor` looks for the cause.",
            retryable=True,
        ) from None
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return _wrap_tls(sock, server) if server.tls else sock


def _number(text: str, digits: int, base: int) -> int | None:
    """A number of at most so many digits and nothing else; None for any other text (which `int` may choke on)."""
    if not 1 <= len(text) <= digits or not all(character in "0123456789abcdefABCDEF" for character in text):
        return None
    try:
        return int(text, base)
    except ValueError:
        return None


def not_peerseal(server: ServerUrl) -> ServerUnreachable:
    """The error for an answer no Peerseal server gives."""
    return ServerUnreachable(
        f"What answers at {server} is not a Peerseal server.",
        code="not_peerseal",
        hint="Check the address and port, or run `peerseal doctor`.",
    )


def _wrap_tls(sock: socket.socket, server: ServerUrl) -> socket.socket:
    import ssl  # only where it is needed: 10 ms of start-up

    try:
        return ssl.create_default_context().wrap_socket(sock, server_hostname=server.host)
    except ssl.SSLCertVerificationError as error:
        sock.close()
        raise ServerUnreachable(
            f"The certificate of {server} cannot be trusted: {error.verify_message}.",
            code="tls_failed",
            hint="SSL_CERT_FILE may name the certificate of your own authority.",
        ) from None
    except (ssl.SSLError, OSError) as error:
        sock.close()
        raise ServerUnreachable(
            f"{server} does not speak TLS ({error.strerror or 'handshake failed'}).",
            code="tls_failed",
            hint="Is it an http:// address?",
        ) from None


def _closed() -> Interrupted:
    return Interrupted("The server closed the connection.", code="connection_lost", retryable=True)


def _broken(error: OSError) -> Interrupted:
    what = (
        "The server stopped answering."
        if isinstance(error, TimeoutError)
        else "The connection to the server broke."
    )
    return Interrupted(what, code="connection_lost", retryable=True)
