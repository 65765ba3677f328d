"""One relay stream: a bounded one-way pipe where any two kinds of ends meet.

The source pushes with `feed` and is paused while the sink cannot take more; what arrives meanwhile (at most
what the source had read already) waits here. No clock and no loop of its own.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final, Protocol

from peerseal.wire.limits import KIB

#: Of one that shares with few: enough for 40 MB/s over 100 ms, about what Linux gives unasked.
WINDOW: Final = 4 * 1024 * KIB


class Source(Protocol):
    """The send end of a stream, as the stream sees it."""

    def pause(self) -> None:
        """Feed nothing more until `resume`. What was read already may still come."""

    def resume(self) -> None:
        """There is room again."""

    def finished(self) -> None:
        """Everything was handed to the sink; the end may close."""

    def cut(self) -> None:
        """The stream is dead; close so that the client can tell."""


class Sink(Protocol):
    """The receive end of a stream, as the stream sees it. Calls `Stream.full` and `Stream.ready`."""

    def write(self, piece: bytes) -> None:
        """Take these bytes; call `Stream.full` when enough is waiting."""

    def finish(self) -> None:
        """No more bytes will come: a clean end."""

    def cut(self) -> None:
        """The stream is dead; close so that the client can tell this from a clean end."""


class EndTaken(Exception):
    """Somebody already opened this end of the stream."""


class Stream:
    """A pipe between one `Source` and one `Sink`. `gone` is called once, when it is over either way.

    `window`: bytes the source may be ahead of us, on the network and in the system.
    """

    def __init__(self, room: str, opened: float, gone: Callable[[], None], window: int = WINDOW) -> None:
        self.room = room
        self.opened = opened
        self.window = window
        self.over = False
        self.was_cut = False
        self._gone = gone
        self._source: Source | None = None
        self._sink: Sink | None = None
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        #: Bytes that came from the source so far.
        self.carried = 0
        self._full = True  # until there is a sink
        self._paused = False
        self._ended = False

    @classmethod
    def ended(cls, room: str) -> Stream:
        """One that was cut before anybody came: its ends learn so when they attach."""
        stream = cls(room, 0, lambda: None)
        stream.cut()
        return stream

    @property
    def complete(self) -> bool:
        """Whether both ends have come."""
        return self._source is not None and self._sink is not None

    @property
    def has_room(self) -> bool:
        """Whether the next `feed` goes straight to the sink."""
        return not self._full and not self._waiting

    @property
    def waiting_bytes(self) -> int:
        """Bytes fed and not yet taken by the sink."""
        return self._waiting_bytes

    def has(self, end: str) -> bool:
        """Whether that end (`send` or `receive`) was opened."""
        return (self._source if end == "send" else self._sink) is not None

    def attach_source(self, source: Source) -> None:
        """The send end is here; it is paused until there is a sink that can take something."""
        if self._source is not None:
            raise EndTaken
        self._source = source
        if self.over:
            source.cut()
        elif self._full:
            self._pause()

    def attach_sink(self, sink: Sink) -> None:
        """The receive end is here."""
        if self._sink is not None:
            raise EndTaken
        self._sink = sink
        if self.over:
            sink.cut()
        else:
            self.ready()

    def feed(self, piece: bytes) -> None:
        """Bytes from the source, in order."""
        if self.over or self._ended:
            return
        self.carried += len(piece)
        if self._full or self._waiting or self._sink is None:
            self._waiting.append(piece)
            self._waiting_bytes += len(piece)
            self._pause()
        else:
            self._sink.write(piece)

    def end(self) -> None:
        """The source has nothing more: a clean end, once everything is through."""
        self._ended = True
        self._move()

    def full(self) -> None:
        """The sink cannot take more for now."""
        self._full = True
        self._pause()

    def ready(self) -> None:
        """The sink can take more."""
        self._full = False
        self._move()

    def cut(self) -> None:
        """Both ends learn that nothing more will come and that it was no clean end."""
        if self.over:
            return
        self.was_cut = True
        self._close()
        for end in (self._source, self._sink):
            if end is not None:
                end.cut()

    def _move(self) -> None:
        if self.over or self._sink is None:
            return
        while self._waiting and not self._full:
            piece = self._waiting.popleft()
            self._waiting_bytes -= len(piece)
            self._sink.write(piece)
        if self._waiting or (self._full and not self._ended):
            return
        if self._ended:
            self._close()
            self._sink.finish()
            if self._source is not None:
                self._source.finished()
        elif self._paused and self._source is not None:
            self._paused = False
            self._source.resume()

    def _pause(self) -> None:
        if not self._paused and self._source is not None:
            self._paused = True
            self._source.pause()

    def _close(self) -> None:
        self.over = True
        self._waiting.clear()
        self._waiting_bytes = 0
        self._gone()
