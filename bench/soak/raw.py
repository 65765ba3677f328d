"""Bare asyncio clients: one request, one WebSocket; no library's cost or kindness in between."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any, Self

Pair = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def ask(  # noqa: PLR0917 - a request has so many parts
    port: int,
    source: str,
    method: str,
    path: str,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    seconds: float = 20,
) -> tuple[int, bytes]:
    """One request on a connection of its own: status and body; status 0 if no answer came."""
    try:
        async with asyncio.timeout(seconds):
            reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0))
            try:
                writer.write(head(method, path, port, headers, body) + (body or b""))
                answer = await reader.read()
            finally:
                writer.transport.abort()
    except (OSError, TimeoutError):
        return 0, b""
    first, _, rest = answer.partition(b"\r\n\r\n")
    return (int(first.split(b" ", 2)[1]) if first else 0), rest


def head(method: str, path: str, port: int, headers: Mapping[str, str] | None, body: bytes | None) -> bytes:
    """Its first bytes; the connection closes after it."""
    lines = {"Host": f"127.0.0.1:{port}", "Connection": "close", **(headers or {})}
    if body is not None:
        lines = {"Content-Type": "application/json", "Content-Length": str(len(body)), **lines}
    named = "".join(f"{key}: {value}\r\n" for key, value in lines.items())
    return f"{method} {path} HTTP/1.1\r\n{named}\r\n".encode()


class Socket:
    """A WebSocket client that masks with zeros (RFC 6455) and knows text, ping and close."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self._refs = 0

    @classmethod
    async def open(cls, port: int, path: str, source: str, protocol: str = "", origin: bool = False) -> Self:
        """Past its handshake. Raises OSError if it is refused."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0))
        lines = {
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
            "Upgrade": "websocket",
        }
        if protocol:
            lines["Sec-WebSocket-Protocol"] = protocol
        if origin:
            lines["Origin"] = f"http://127.0.0.1:{port}"
        writer.write(head("GET", path, port, {**lines, "Connection": "Upgrade"}, None))
        try:
            answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30)
        except (asyncio.IncompleteReadError, TimeoutError) as gone:
            raise OSError("no handshake") from gone
        if not answer.startswith(b"HTTP/1.1 101 "):
            raise OSError(answer.split(b"\r\n", 1)[0])
        return cls(reader, writer)

    def send(self, text: str) -> None:
        """One text frame."""
        content = text.encode()
        length = len(content)
        size = bytes([0x80 | length]) if length < 126 else bytes([0xFE]) + length.to_bytes(2, "big")
        self.writer.write(b"\x81" + size + bytes(4) + content)

    async def receive(self) -> str:
        """The next text. Raises OSError when it is over."""
        while True:
            try:
                first, length = await self.reader.readexactly(2)
                if length == 126:
                    length = int.from_bytes(await self.reader.readexactly(2), "big")
                elif length == 127:
                    length = int.from_bytes(await self.reader.readexactly(8), "big")
                content = await self.reader.readexactly(length)
            except asyncio.IncompleteReadError as over:
                raise OSError("closed") from over
            opcode = first & 15
            if opcode == 1:
                return content.decode()
            if opcode == 8:
                raise OSError("closed by the server")
            if opcode == 9:
                self.writer.write(bytes([0x8A, 0x80 | len(content)]) + bytes(4) + content)

    async def call(self, kind: str, **fields: object) -> dict[str, Any]:
        """A message of the meeting; its reply. Others are dropped."""
        self._refs += 1
        self.send(json.dumps({"type": kind, "ref": self._refs, **fields}))
        while True:
            message: dict[str, Any] = json.loads(await self.receive())
            if message["type"] == "reply" and message["ref"] == self._refs:
                return message

    async def hear(self, kind: str) -> dict[str, Any]:
        """The next message of a type."""
        while True:
            message: dict[str, Any] = json.loads(await self.receive())
            if message["type"] == kind:
                return message
            if message["type"] == "ping":
                self.send('{"type":"ping","ref":0}')

    def close(self) -> None:
        """Without a word."""
        self.writer.transport.abort()


async def closed_after(reader: asyncio.StreamReader, seconds: float) -> float | None:
    """How long until the server closes it; None if it does not within that time."""
    begun = asyncio.get_running_loop().time()
    try:
        async with asyncio.timeout(seconds):
            while await reader.read(65_536):
                pass
    except TimeoutError:
        return None
    except OSError:
        pass
    return asyncio.get_running_loop().time() - begun
