"""A connected socket as one end of a path: what the relay's raw pipe and a direct connection have in common."""

from __future__ import annotations

import contextlib
import select
import socket
from typing import Final

from peerseal.transport.transport import cut, truncated

_MOST_BUFFERS: Final = 16


class ByteStream:
    """Both ends of a path over one socket. Blocking; the kernel fills a whole record in one call."""

    def __init__(self, sock: socket.socket, early: bytes = b"", *, plain: bool = True) -> None:
        """`early`: bytes of the stream that were read already. `plain`: no TLS, whose sockets know no flags."""
        self._aborted = False
        self._sock = sock
        # Blocking, so that the kernel fills a whole record in one call; silence is noticed by the meeting.
        self._sock.settimeout(None)
        self._early = memoryview(early)
        self._plain = plain
        self._wait_all = socket.MSG_WAITALL if plain else 0

    def send(self, *content: memoryview) -> None:
        """See `SendEnd.send`."""
        try:
            if len(content) > 1 and self._plain and hasattr(self._sock, "sendmsg"):
                content = self._gathered(content)
            for one in content:
                self._sock.sendall(one)
        except OSError:
            raise cut() from None

    def finish(self) -> None:
        """See `SendEnd.finish`: a half-close."""
        try:
            socket.socket.shutdown(self._sock, socket.SHUT_WR)
        except OSError:
            raise cut() from None

    def receive_into(self, view: memoryview) -> None:
        """See `ReceiveEnd.receive_into`."""
        filled = min(len(view), len(self._early))
        if filled:
            view[:filled] = self._early[:filled]
            self._early = self._early[filled:]
        while filled < len(view):
            try:
                step = self._sock.recv_into(view[filled:], 0, self._wait_all)
            except OSError:
                raise cut() from None
            if step == 0:
                raise cut() if self._aborted else truncated(filled)
            filled += step

    def has_more(self) -> bool:
        """See `ReceiveEnd.has_more`."""
        if self._early:
            return True
        poll = select.poll()
        try:
            poll.register(self._sock, select.POLLIN)
            return bool(poll.poll(0)) and bool(self._sock.recv(1))
        except (OSError, ValueError):
            return False

    def abort(self) -> None:
        """See `SendEnd.abort`. Shutting down wakes a thread that is blocked here; closing alone would not."""
        self._aborted = True
        with contextlib.suppress(OSError):
            socket.socket.shutdown(self._sock, socket.SHUT_RDWR)

    def close(self) -> None:
        """Give the socket back; only by the thread that uses this end."""
        self.abort()
        with contextlib.suppress(OSError):
            self._sock.close()

    def _gathered(self, content: tuple[memoryview, ...]) -> tuple[memoryview, ...]:
        """Several buffers leave in one call; what the kernel did not take of them is returned."""
        taken = self._sock.sendmsg(content[:_MOST_BUFFERS])
        left = []
        for one in content:
            if taken < len(one):
                left.append(one[taken:] if taken else one)
                taken = 0
            else:
                taken -= len(one)
        return tuple(left)
