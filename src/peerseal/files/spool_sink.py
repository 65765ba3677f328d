"""One file or text for standard output, kept in a nameless private file until all of it is verified."""

from __future__ import annotations

import tempfile
from typing import Final

from peerseal.files.sink import StreamSink, no_space, write_failed
from peerseal.protocol.entries import Entry
from peerseal.wire.limits import MIB

_PIECE: Final = MIB


class SpoolSink:
    """Like `StreamSink`, but the descriptor sees nothing before `finish`, which writes everything."""

    def __init__(self, fd: int) -> None:
        """`fd` stays open and belongs to the caller. Raises LocalFileFailed."""
        self._out = StreamSink(fd)
        try:
            self._spool = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `abort`
        except OSError as error:
            raise write_failed("the folder for temporary files", error) from None

    @property
    def current(self) -> str:
        """See `Sink.current`."""
        return self._out.current

    def expect(self, entry: Entry) -> None:
        """See `Sink.expect`."""
        self._out.expect(entry)

    def size_given(self, number: int, size: int) -> None:
        """See `Sink.size_given`: the manifest itself checks the sum."""

    def check_space(self, size: int) -> None:
        """See `Sink.check_space`: what the temporary folder has free."""
        import os

        free = os.fstatvfs(self._spool.fileno())
        if free.f_bavail * free.f_frsize < size:
            raise no_space("the folder for temporary files (TMPDIR)")

    def write(self, content: memoryview) -> None:
        """See `Sink.write`."""
        try:
            self._spool.write(content)
        except OSError as error:
            raise write_failed("a temporary file", error) from None

    def finish(self) -> list[str]:
        """See `Sink.finish`: now the bytes go out."""
        try:
            self._spool.seek(0)
            while piece := self._spool.read(_PIECE):
                self._out.write(memoryview(piece))
        except OSError as error:
            raise write_failed("a temporary file", error) from None
        self.abort()
        return []

    def placed(self) -> list[str]:
        """See `Sink.placed`."""
        return []

    def notices(self) -> list[str]:
        """See `Sink.notices`."""
        return []

    def abort(self) -> None:
        """See `Sink.abort`."""
        self._spool.close()

    def kept(self) -> None:
        """See `Sink.kept`: no later process can go on with it."""
        self.abort()
