"""What several get from one sender, at one of them: taken from the server at its own pace, kept once it is proved.

All receivers share the file key, so a record that opens may still be another receiver's. Everything stays `.part`
until this receiver's closing, which only its own channel with the sender can open, says the same (protocol.md §17).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from peerseal.client.settings import ServerUrl
from peerseal.crypto_engine import (
    Leaves,
    Marks,
    ParkClosing,
    ParkSecret,
    Stream,
    root_of_leaves,
)
from peerseal.errors import IntegrityFailed, Interrupted, NotFound, PeersealError, ServerUnreachable
from peerseal.files.folder_sink import FolderSink
from peerseal.protocol.events import PathArrived
from peerseal.transfer.absence import RETURN_SECONDS, Absence, SenderGone
from peerseal.transfer.cancel import Cancel
from peerseal.transfer.conversation import Conversation
from peerseal.transfer.events import Event, Path
from peerseal.transfer.incoming import Incoming
from peerseal.transfer.parking import FoundPark

if TYPE_CHECKING:
    from peerseal.transfer.arrival import Collecting
    from peerseal.transfer.progress import Meter
    from peerseal.transport.park_down import ParkedEnd

KEY_SECONDS: Final = 60.0
"""How long a sender may take from the key to where it comes from."""
APPEAR_SECONDS: Final = 20.0
"""How long what was promised may take to appear on the server."""
_PAUSES: Final = (0.2, 0.5, 1.0, 2.0)
_TRIES_WITHOUT_A_RECORD: Final = 5


def collect_shared(work: Collecting, meter: Meter, tell: Callable[[Event], None]) -> list[str]:
    """Everything of a shared offer after the key, until it stands under its final names: those at the top.

    Says goodbye to the sender once it has said where: what follows is between this side and the server. The journal is
    kept or discarded, however it ends.
    """
    bond, keeping = work.bond, work.keeping
    receiving: SharedReceiving | None = None
    try:
        if bond.now is not None:
            _hear_where(bond.now, work.file.id)
            bond.finish()
        incoming = WitnessedIncoming(
            work.file,
            work.offer,
            work.sink,
            on_kept=lambda _kept: None,
            on_bytes=meter.advance,
            journal=keeping.journal,
        )
        if work.restore is not None:
            work.restore(incoming)
            meter.go_back(incoming.kept.bytes)
        absence = Absence(bond.name, incoming, work.offer.bytes, tell)
        receiving = SharedReceiving(
            bond.returning.server, work.park, incoming, bond.cancel, on_waited=absence.waited
        )
        tell(Path("store", "park"))
        receiving.run()
        placed = work.sink.finish()
        keeping.done()
        receiving.done()
    except PeersealError as error:
        raise keeping.stopped(error, bond, parked=receiving is not None and receiving.misses) from None
    except BaseException:
        keeping.interrupted(bond)
        raise
    finally:
        if receiving is not None:
            receiving.close()
    return placed


def _hear_where(conversation: Conversation, file_id: bytes) -> None:
    """The sender says that it comes from the server. Raises `out_of_order` for anything else."""
    path = conversation.wait(PathArrived, time.monotonic() + KEY_SECONDS)
    if path.id != file_id or path.kind != "store":
        raise IntegrityFailed("What several get comes from the server.", code="out_of_order")


class WitnessedIncoming(Incoming):
    """An Incoming that keeps the leaf of every record it takes (§13.1)."""

    _leaves: dict[Stream, tuple[Leaves, bytearray]] | None = None

    def matches(self, closing: ParkClosing) -> bool:
        """Whether what is kept is what the sender sealed."""
        hashes = {stream: root_of_leaves(bytes(kept)) for stream, (_, kept) in self._witnessed().items()}
        return closing == ParkClosing(
            hashes["manifest"], hashes["content"], self.kept.manifest, self.kept.content
        )

    def restore(
        self, manifest: Sequence[tuple[bytes, bool]], content: int, size: int, *, ended: bool, marks: Marks
    ) -> None:
        """See `Incoming.restore`; what lies on the disk is read once more for its leaves."""
        super().restore(manifest, content, size, ended=ended, marks=marks)
        for piece, _ in manifest:
            self.saw("manifest", piece)
        sink, full = self._sink, self.file.record_size
        view = memoryview(bytearray(full))
        for index in range(content):
            length = min(full, size - index * full)
            if not isinstance(sink, FolderSink) or sink.read_back(index * full, view[:length]) != length:
                raise IntegrityFailed("What was kept is no longer there.", code="content_differs")
            self.saw("content", view[:length])

    def saw(self, stream: Stream, plaintext: bytes | memoryview) -> None:
        """The next record of a stream, in order: also for what a former process kept, as it is read again."""
        leaves, kept = self._witnessed()[stream]
        kept += leaves.leaf(plaintext)

    def _take_manifest(self, index: int, plaintext: memoryview, final: bool) -> None:
        self.saw("manifest", plaintext)
        super()._take_manifest(index, plaintext, final)

    def _take_content(self, plaintext: memoryview, final: bool) -> None:
        self.saw("content", plaintext)
        super()._take_content(plaintext, final)

    def _witnessed(self) -> dict[Stream, tuple[Leaves, bytearray]]:
        if self._leaves is None:
            file = self.file
            streams: tuple[Stream, Stream] = ("manifest", "content")
            self._leaves = {
                stream: (Leaves(file.key, stream, file.id, file.version), bytearray()) for stream in streams
            }
        return self._leaves


class SharedReceiving:
    """Takes one shared file from its park. Close it at the end, after `done`."""

    def __init__(
        self,
        server: ServerUrl,
        secret: ParkSecret,
        incoming: WitnessedIncoming,
        cancel: Cancel,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        on_waited: Callable[[float, bool], None],
    ) -> None:
        """`secret`: of the channel in which the key came. `on_waited`: see `Absence.waited`."""
        self._park = FoundPark(server, secret)
        self._incoming = incoming
        self._cancel = cancel
        self._sleep = sleep
        self._clock = clock
        self._on_waited = on_waited
        self._end: ParkedEnd | None = None

    def run(self) -> None:
        """Receive every record and the closing; returns once it is proved that this is what the sender sealed.

        Raises IntegrityFailed (`content_differs`) if it is not, NotFound once the park is gone, Interrupted.
        """
        self._cancel.on_cancel(self._abort)
        self._receive()
        if not self._incoming.matches(self._closing()):
            raise IntegrityFailed(
                "What came is not what the sender sealed: somebody else who received it may have changed it.",
                code="content_differs",
                hint="Nothing of it was kept. Tell the sender, and let it be sent again.",
            )

    @property
    def misses(self) -> bool:
        """Whether records are still to come: what fails until then is one of them, not the closing of them all."""
        return not self._whole()

    def done(self) -> None:
        """Everything stands under its final names. Never raises."""
        self._park.done()

    def close(self) -> None:
        """Give the connections back. Never raises."""
        if self._end is not None:
            self._end.close()
        self._park.close()

    def _receive(self) -> None:
        tries = 0
        begun, appears = self._incoming.kept, self._clock() + APPEAR_SECONDS
        while not self._whole():
            before = self._incoming.kept
            try:
                self._read_on()
                if self._whole():
                    return
                failed: PeersealError = IntegrityFailed("What is parked ends too early.", code="truncated")
            except SenderGone:
                raise
            except (Interrupted, ServerUnreachable) as error:
                # Every chunk was tried for a while already.
                if not error.retryable:
                    raise
                failed = error
            except NotFound:
                # The sender may still be making the park, or adding this reader to it.
                if self._incoming.kept != begun or self._clock() >= appears:
                    raise _gone() from None
                self._check()
                self._sleep(_PAUSES[0])
                continue
            self._check()
            tries = 0 if self._incoming.kept != before else tries + 1
            if tries > _TRIES_WITHOUT_A_RECORD:
                raise failed
            self._sleep(_PAUSES[min(tries, len(_PAUSES) - 1)])

    def _whole(self) -> bool:
        return self._incoming.everything

    def _read_on(self) -> None:
        """Whatever comes until the end, or until something breaks."""
        kept = self._incoming.kept
        self._end = end = self._park.end(kept.manifest, kept.content, self._on_waited, self._clock)
        try:
            self._check()
            self._incoming.run(end)
        finally:
            end.close()

    def _closing(self) -> ParkClosing:
        began, tries = self._clock(), 0
        while True:
            self._check()
            closing = None
            try:
                closing = self._park.closing()
            except (Interrupted, ServerUnreachable):
                if self._clock() >= began + RETURN_SECONDS:
                    raise
            except NotFound:
                raise _gone() from None
            if closing is not None:
                self._on_waited(self._clock() - began, True)
                return closing
            self._on_waited(self._clock() - began, False)
            self._sleep(_PAUSES[min(tries, len(_PAUSES) - 1)])
            tries += 1

    def _abort(self) -> None:
        end = self._end
        if end is not None:
            end.abort()

    def _check(self) -> None:
        if self._cancel.cancelled:
            raise Interrupted("Cancelled.", code="cancelled", retryable=True)


def _gone() -> PeersealError:
    return NotFound(
        "What was being sent is no longer on the server: the sender stopped it, or it expired.",
        code="not_found",
        hint="Ask for it again.",
    )
