"""What floods a meeting's WebSocket: endless pieces of bytes, each kind of its own (RFC 6455)."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from typing import Final

from websockets.frames import Opcode


def frame(opcode: int, content: bytes, *, fin: bool = True, rsv1: bool = False) -> bytes:
    """One masked WebSocket frame (RFC 6455 §5.2); the mask is zero."""
    length = len(content)
    head = bytes([0x80 * fin | 0x40 * rsv1 | opcode])
    if length < 126:
        size = bytes([0x80 | length])
    elif length < 65_536:
        size = bytes([0x80 | 126]) + length.to_bytes(2, "big")
    else:
        size = bytes([0x80 | 127]) + length.to_bytes(8, "big")
    return head + size + bytes(4) + content


def messages() -> Iterator[bytes]:
    ping = frame(Opcode.TEXT, b'{"type":"ping","ref":1}')
    while True:
        yield ping * 500


def rubbish() -> Iterator[bytes]:
    while True:
        yield frame(Opcode.TEXT, b"[" * 60) * 100


def one_big_frame() -> Iterator[bytes]:
    yield frame(Opcode.TEXT, b"")[:1] + bytes([0x80 | 127]) + (60 * 2**20).to_bytes(8, "big") + bytes(4)
    while True:
        yield b"x" * 65_536


def fragments() -> Iterator[bytes]:
    yield frame(Opcode.TEXT, b"{", fin=False)
    while True:
        yield frame(Opcode.CONT, b"x", fin=False) * 2000


def pings() -> Iterator[bytes]:
    while True:
        yield frame(Opcode.PING, b"x" * 125) * 500


def compressed_zeros() -> Iterator[bytes]:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(bytes(64 * 2**20)) + packer.flush(zlib.Z_SYNC_FLUSH)
    yield frame(Opcode.TEXT, packed[:-4], rsv1=True)


def unmasked() -> Iterator[bytes]:
    yield b"\x81\x02{}"


def endless_control() -> Iterator[bytes]:
    yield frame(Opcode.PING, b"x" * 126)


FLOODS: Final[dict[str, Callable[[], Iterator[bytes]]]] = {
    "messages": messages,
    "rubbish": rubbish,
    "a frame of 60 MiB": one_big_frame,
    "a message of endless fragments": fragments,
    "compressed zeros": compressed_zeros,
    "a frame without its mask": unmasked,
    "a control frame that is too long": endless_control,
}
