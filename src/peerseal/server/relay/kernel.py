"""How much the system may hold of a stream on its way in and out, so that many streams leave memory for each other.

Besides what waits here, a stream waits in the receive queue of its source and the send queue of its sink. Linux lets
either grow to many MiB when the other end is slow, and all of TCP shares one pool (`tcp_mem`): with some hundred
streams it is empty, segments of everybody are dropped, and who came first keeps most. So each gets a share.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import Final

from peerseal.server.relay.stream import WINDOW
from peerseal.wire.limits import KIB

_MIB: Final = 1024 * KIB
#: Of all streams together, as far as the least for each allows.
_SHARED: Final = 256 * _MIB
_LEAST: Final = 256 * KIB
#: What may lie in a send queue and is not on its way yet.
_UNSENT: Final = 512 * KIB


def window_of(streams: int) -> int:
    """Bytes that the source of a stream may be ahead of us, when there are so many streams."""
    return max(_LEAST, min(WINDOW, _SHARED // max(1, streams)))


def bound_source(transport: asyncio.Transport, window: int) -> None:
    """Offer the client at most `window` bytes beyond what we read (Linux; nothing elsewhere)."""
    _set(transport, getattr(socket, "TCP_WINDOW_CLAMP", None), window)


def bound_sink(transport: asyncio.Transport) -> None:
    """Take no more from us while so much is not even on its way to the client (Linux, macOS; nothing elsewhere)."""
    _set(transport, getattr(socket, "TCP_NOTSENT_LOWAT", None), _UNSENT)


def _set(transport: asyncio.Transport, option: int | None, value: int) -> None:
    sock: socket.socket | None = transport.get_extra_info("socket")
    if sock is None or option is None or sock.family not in (socket.AF_INET, socket.AF_INET6):
        return
    with contextlib.suppress(OSError):  # a bound, not a need
        sock.setsockopt(socket.IPPROTO_TCP, option, value)
