"""Downloads one version of a stored file: verify its heads, carry its chunks, verify the end, then give it its names.

Works while the file is still being uploaded: it waits, and nothing has its final name before the closing head holds.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Final

from peerseal.client.settings import ServerUrl
from peerseal.crypto_engine import root_of_leaves
from peerseal.errors import (
    IntegrityFailed,
    Interrupted,
    LocalFileFailed,
    PeersealError,
    TimedOut,
    UsageError,
    VerificationFailed,
)
from peerseal.files.sink import MemorySink, Sink
from peerseal.protocol.entries import Entry
from peerseal.protocol.heads import ClosingHead
from peerseal.transfer.cancel import Cancel
from peerseal.transfer.chunks_down import ARRIVING_SECONDS, ContentDown, ManifestDown
from peerseal.transfer.download_notes import DownloadNotes, Held, Keeping
from peerseal.transfer.events import Complete, Event, FileDone, Notice, Path, Text
from peerseal.transfer.progress import Meter
from peerseal.transfer.trust import Sealed, accusing, check_card
from peerseal.transport.store import ChunkStore, Tickets
from peerseal.wire.limits import MIB
from peerseal.wire.value import Value

_LOOK_SECONDS: Final = 1.0
_TEXT_MAX_BYTES: Final = MIB
GO_ON: Final = "Run the same command again, or `peerseal transfers resume`: it goes on where it stopped."
_FOR_GOOD: Final = (IntegrityFailed, VerificationFailed, LocalFileFailed, UsageError)


class Origin(Value):
    """Where a version comes from. `again` looks whether it is complete by now: the closing head, None if not yet."""

    server: ServerUrl
    tickets: Tickets
    again: Callable[[], ClosingHead | None]


class Target(Value):
    """Where to: the folder, or a descriptor. `unhide`: hidden names get `_` in front. `keeping`: who keeps a journal."""

    folder: str = "."
    fd: int | None = None
    unhide: bool = True
    keeping: Keeping | None = None


class DownloadResult(Value):
    """What is here now: final paths of the top-level items, or the text; and the closing head that was verified."""

    paths: tuple[str, ...]
    text: str | None
    files: int
    bytes: int
    seconds: float
    closing: ClosingHead


def download(
    sealed: Sealed, origin: Origin, target: Target, on_event: Callable[[Event], None], cancel: Cancel
) -> DownloadResult:
    """Carry it here. Raises PeersealError, and then nothing of it is left, unless a journal keeps it for a later run.

    Events come on the calling thread.
    """
    return _Downloading(sealed, origin, target, on_event, cancel).run()


class _Downloading:
    def __init__(
        self,
        sealed: Sealed,
        origin: Origin,
        target: Target,
        on_event: Callable[[Event], None],
        cancel: Cancel,
    ) -> None:
        self._sealed = sealed
        self._origin = origin
        self._target = target
        self._tell = on_event
        self._cancel = cancel
        folder = os.path.abspath(target.folder)  # noqa: PTH100 - pathlib costs start-up time
        # Standard output and texts have no place to go on in.
        keeping = None if target.fd is not None or sealed.card.text else target.keeping
        self._notes = DownloadNotes(sealed, folder, keeping, unhide=target.unhide)
        self._held = Held()

    def run(self) -> DownloadResult:
        try:
            return self._run_once()
        except Interrupted as error:
            if self._notes.keeps:
                raise Interrupted(error.message, code=error.code, hint=GO_ON, retryable=True) from None
            raise
        finally:
            self._notes.close()

    def _run_once(self) -> DownloadResult:
        store = ChunkStore(self._origin.server, self._origin.tickets)
        self._cancel.on_cancel(store.abort)
        try:
            return self._run(ManifestDown(self._sealed, store, self._still))
        except Interrupted as error:
            if self._cancel.cancelled:
                raise Interrupted("You stopped it.", code="cancelled") from None
            raise Interrupted(
                error.message, code=error.code, hint=error.hint or "Run it again.", retryable=True
            ) from None
        finally:
            store.close()

    def _run(self, manifest: ManifestDown) -> DownloadResult:
        sealed = self._sealed
        entries = manifest.head()
        if not manifest.reader.open:
            check_card(sealed, entries)
        meter = Meter(sealed.card.bytes, self._tell)
        self._tell(Path("store", "chunks"))
        if sealed.closing is None:
            self._tell(Notice("It is still being uploaded; what is missing is waited for."))
        sink = self._sink(entries)
        try:
            sink.check_space(manifest.reader.disk_bytes - self._held.bytes)
            if self._held.bytes:
                meter.go_back(self._held.bytes)
            content = self._carry(manifest, sink, meter)
            closing = self._closing()
            with accusing(sealed.owner.name):
                closing.check_content(
                    manifest.records,
                    content.records,
                    root_of_leaves(manifest.leaves),
                    root_of_leaves(content.leaves),
                )
            with self._cancel.shield():
                placed = sink.finish()
                self._notes.discard()
            meter.finish("")
            return self._result(entries, sink, placed, meter, closing)
        except BaseException as error:
            self._keep_or_discard(sink, error)
            raise
        finally:
            sink.abort()

    def _keep_or_discard(self, sink: Sink, error: BaseException) -> None:
        """What broke off can go on; what does not hold, or does not fit on this disk, never."""
        if not self._notes.keeps:
            return
        if isinstance(error, _FOR_GOOD):
            self._notes.discard()
            return
        sink.kept()
        if not isinstance(error, PeersealError):  # Ctrl-C, SIGTERM
            self._tell(Notice(GO_ON))

    def _carry(self, manifest: ManifestDown, sink: Sink, meter: Meter) -> ContentDown:
        sealed, reader = self._sealed, manifest.reader
        content = ContentDown(
            sealed,
            self._origin.server,
            self._origin.tickets,
            self._still,
            held=self._held.leaves,
            on_leaves=self._notes.placed,
        )
        reader.place(self._held.bytes)

        def place(plain: memoryview) -> None:
            with accusing(sealed.owner.name):
                reader.place(len(plain))
            sink.write(plain)

        def on_bytes(count: int) -> None:
            if self._cancel.cancelled:
                raise Interrupted("You stopped it.", code="cancelled")
            meter.advance(count, sink.current)

        # What the server says about sizes is a hint until the closing head; an open upload still grows.
        known = sealed.closing is not None or not reader.open
        if known:
            sealed.content.check()
        content.run(sealed.content if known else None, place, on_bytes)
        later = next((n for n, entry in enumerate(reader.entries) if entry.size is None), None)
        manifest.rest()
        if later is not None:
            sink.size_given(later, reader.entries[later].size or 0)
        with accusing(sealed.owner.name):
            reader.check(content.size)
        check_card(sealed, reader.entries)
        return content

    def _sink(self, entries: list[Entry]) -> Sink:
        if self._target.fd is not None:
            if len(entries) != 1 or entries[0].kind == "directory":
                raise UsageError("Only one file or text can go to standard output.", code="stdout_single")
            from peerseal.files.spool_sink import (
                SpoolSink,  # only where it is needed: tempfile is slow to import
            )

            return _expecting(SpoolSink(self._target.fd), entries)
        if len(entries) == 1 and entries[0].kind == "text":
            return _expecting(MemorySink(_TEXT_MAX_BYTES), entries)
        sink, self._held = self._notes.sink(entries, check=self._still)
        return sink

    # --- a file that is still arriving ---

    def _still(self) -> None:
        if self._cancel.cancelled:
            raise Interrupted("You stopped it.", code="cancelled")

    def _closing(self) -> ClosingHead:
        """The closing head: known from the start, or given once the upload was committed."""
        if self._sealed.closing is not None:
            return self._sealed.closing
        until = time.monotonic() + ARRIVING_SECONDS
        while True:
            closing = self._origin.again()
            if closing is not None:
                return closing
            self._still()
            if time.monotonic() > until:
                raise TimedOut(
                    "The upload was never completed.",
                    code="stands_still",
                    hint="Try again later.",
                    retryable=True,
                )
            time.sleep(_LOOK_SECONDS)

    # --- the end ---

    def _result(
        self, entries: list[Entry], sink: Sink, placed: list[str], meter: Meter, closing: ClosingHead
    ) -> DownloadResult:
        text = None
        if isinstance(sink, MemorySink):
            text = sink.content.decode(errors="replace")
            self._tell(Text(text))
        for notice in sink.notices():
            self._tell(Notice(notice))
        for path in sink.placed():
            self._tell(FileDone(path))
        files = sum(1 for entry in entries if entry.kind != "directory")
        final = tuple(placed)
        is_text = any(entry.kind == "text" for entry in entries)
        self._tell(
            Complete(
                files,
                meter.done,
                meter.seconds,
                "store",
                self._sealed.owner.name,
                received=True,
                paths=final,
                text=is_text,
            )
        )
        return DownloadResult(final, text, files, meter.done, meter.seconds, closing)


def _expecting(sink: Sink, entries: list[Entry]) -> Sink:
    try:
        for entry in entries:
            sink.expect(entry)
    except BaseException:
        sink.abort()
        raise
    return sink
