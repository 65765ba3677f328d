"""The raw pipe: one TCP connection of a command line, turned into one end of a stream.

Bytes go from transport to transport without a task or a queue in between: 0.4 CPU seconds a GiB.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable
from typing import Final

from peerseal.server.relay.kernel import bound_sink, bound_source
from peerseal.server.relay.stream import Stream
from peerseal.wire.limits import KIB

#: When the receiver's socket has this much waiting, the sender is paused. With the 256 KiB a transport reads
#: at a time, a stream stays under 1 MiB.
HIGH_WATER: Final = 512 * KIB
LOW_WATER: Final = 128 * KIB
#: How long a receiver may take to close after the clean end.
LINGER_SECONDS: Final = 30


class Pipe(asyncio.Protocol):
    """What both ends share: a transport that dies without harm, and one call when it is gone."""

    def __init__(self, stream: Stream, transport: asyncio.Transport, lost: Callable[[Pipe], None]) -> None:
        self._stream = stream
        self._transport = transport
        self._lost = lost

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone; unless the stream was over already, that cuts it."""
        del exc
        self._lost(self)
        self._stream.cut()

    def cut(self) -> None:
        """Close with a reset, which no client can take for a clean end."""
        sock: socket.socket | None = self._transport.get_extra_info("socket")
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()

    def shutdown(self) -> None:
        """Asked by the server when it stops and the time to drain is over."""
        self._stream.cut()


class SourcePipe(Pipe):
    """The send end: what the client writes is fed into the stream; its FIN is the end of the stream."""

    def begin(self, early: bytes) -> None:
        """Take the transport over; `early` bytes came before that."""
        bound_source(self._transport, self._stream.window)
        self._transport.set_protocol(self)
        self._stream.attach_source(self)
        if early:
            self._stream.feed(early)

    def data_received(self, data: bytes) -> None:
        self._stream.feed(data)

    def eof_received(self) -> bool:
        self._stream.end()
        return True

    def pause(self) -> None:
        self._transport.pause_reading()

    def resume(self) -> None:
        if not self._transport.is_closing():
            self._transport.resume_reading()

    def finished(self) -> None:
        self._transport.close()


class SinkPipe(Pipe):
    """The receive end: the stream is written to the client; the clean end is a FIN."""

    def __init__(self, stream: Stream, transport: asyncio.Transport, lost: Callable[[Pipe], None]) -> None:
        super().__init__(stream, transport, lost)
        transport.set_write_buffer_limits(high=HIGH_WATER, low=LOW_WATER)
        bound_sink(transport)
        self._linger: asyncio.TimerHandle | None = None

    def begin(self, early: bytes) -> None:
        """Take the transport over; nothing flows from this end, so what came before is nobody's."""
        del early
        self._transport.set_protocol(self)
        self._stream.attach_sink(self)

    def write(self, piece: bytes) -> None:
        self._transport.write(piece)

    def data_received(self, data: bytes) -> None:
        """Nothing flows from the receive end."""
        del data
        self._stream.cut()
        self.cut()

    def eof_received(self) -> bool:
        return True

    def pause_writing(self) -> None:
        self._stream.full()

    def resume_writing(self) -> None:
        self._stream.ready()

    def finish(self) -> None:
        if self._transport.is_closing():
            return
        self._transport.write_eof()
        self._linger = asyncio.get_running_loop().call_later(LINGER_SECONDS, self._transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._linger is not None:
            self._linger.cancel()
        super().connection_lost(exc)
