"""The contract of a path: a one-way byte stream between two peers that carries frames (docs/protocol.md §8).

Both ends block, and blocking is the back-pressure: a receiver that does not read stops the sender. `abort` may be
called from any thread and makes a blocked call of the other thread raise Interrupted.
"""

from __future__ import annotations

from typing import Literal, Protocol

from peerseal.errors import IntegrityFailed, Interrupted

PathKind = Literal["relay", "direct", "store"]


class SendEnd(Protocol):
    """The end that bytes go into."""

    kind: PathKind
    detail: str

    def send(self, *content: memoryview) -> None:
        """Send all of it, in this order. The buffers may be reused afterwards. Raises Interrupted."""

    def finish(self) -> None:
        """End the stream after everything sent so far. Raises Interrupted."""

    def abort(self) -> None:
        """Cut the stream and close; may be called twice."""

    def close(self) -> None:
        """Give it back; only by the thread that uses this end."""


class ReceiveEnd(Protocol):
    """The end that bytes come out of."""

    kind: PathKind
    detail: str

    def receive_into(self, view: memoryview) -> None:
        """Fill `view` exactly.

        Raises Interrupted if the stream breaks, PathEnded if it ends before the first byte of `view`, and
        IntegrityFailed (`truncated`) if it ends after that.
        """

    def has_more(self) -> bool:
        """True if further bytes have already arrived; does not wait."""

    def abort(self) -> None:
        """Cut the stream and close; may be called twice."""

    def close(self) -> None:
        """Give it back; only by the thread that uses this end."""


class PathEnded(IntegrityFailed):
    """The path ended in order, and nothing of what was asked for had come: the end of a path, or a frame cut off."""

    default_code = "truncated"


def truncated(filled: int = 0) -> IntegrityFailed:
    """A clean end where there must be more: somebody says that this is all, and it is not."""
    kind = IntegrityFailed if filled else PathEnded
    return kind("The stream ended before everything was across.", code="truncated", retryable=True)


def cut() -> Interrupted:
    """A stream that broke: nobody says that this is all."""
    return Interrupted("The stream was cut before everything was across.", code="stream_cut", retryable=True)
