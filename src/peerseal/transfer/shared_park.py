"""One sealed file on the server for several receivers: sealed and uploaded once, while they come (protocol.md §17).

Every receiver has a closing of its own, made from what was sealed here: whoever holds the file key, as all of them
do, still cannot make the others take other bytes.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from peerseal.client.api import Api
from peerseal.client.parks import ParkPass, ParkPlan, ReaderPark
from peerseal.client.settings import ServerUrl
from peerseal.crypto_engine import (
    RECORD_OVERHEAD,
    Leaves,
    ParkClosing,
    ParkSecret,
    Stream,
    random_bytes,
    root_of_leaves,
    sha256,
)
from peerseal.errors import NotFound, PeersealError
from peerseal.files.source import Source
from peerseal.transfer.outgoing import Outgoing, SealedFile, changed_since
from peerseal.transfer.parking import Parking
from peerseal.transfer.payload import Payload
from peerseal.transport.transport import SendEnd
from peerseal.wire.limits import ID_BYTES, PARK_TOKEN_BYTES
from peerseal.wire.parks import NewReader

if TYPE_CHECKING:
    from peerseal.transfer.fan_out_notes import FanOutNotes
    from peerseal.transfer.recognition import Known
    from peerseal.transfer.send import SendWish
    from peerseal.transport.park_up import ParkingEnd

_END_SECONDS: Final = 5.0
_NO_MARK: Final = bytes(RECORD_OVERHEAD)
OnLeaf = Callable[[Stream, int, bytes], None]


class WitnessedOutgoing(Outgoing):
    """An Outgoing that keeps the leaf of every record it seals (§13.1). It leaves once, in order: it never goes back."""

    _leaves: dict[Stream, tuple[Leaves, bytearray]]
    _on_leaf: OnLeaf

    def witness(self, on_leaf: OnLeaf) -> None:
        """Begin to keep leaves; before the first record. `on_leaf` hears of each before its record leaves."""
        file = self.file
        self._on_leaf = on_leaf
        streams: tuple[Stream, Stream] = ("manifest", "content")
        self._leaves = {
            stream: (Leaves(file.key, stream, file.id, file.version), bytearray()) for stream in streams
        }

    def closing(self) -> ParkClosing:
        """What everybody must hold in the end; only when everything has left."""
        manifest, content = bytes(self._leaves["manifest"][1]), bytes(self._leaves["content"][1])
        return ParkClosing(root_of_leaves(manifest), root_of_leaves(content), self.manifest, self.content)

    def go_on_from(
        self, manifest: int, content: int, noted: Callable[[Stream, int], bytes | None] | None
    ) -> None:
        """A former process has stored so many records of each stream: their leaves are made from the source again.

        `noted`: what that process noted of so many, if the source must still be shown to be the same. Raises
        LocalFileFailed (`source_changed`) if it is not.
        """
        self.go_back(0, 0)
        plain = memoryview(bytearray(self.file.record_size))
        pieces: dict[Stream, Iterator[memoryview]] = {
            "manifest": self._pieces_of_head(manifest),
            "content": (self._filled(plain, index) for index in range(content)),
        }
        counts: dict[Stream, int] = {"manifest": manifest, "content": content}
        for stream, count in counts.items():
            leaves, kept = self._leaves[stream]
            for index, piece in enumerate(pieces[stream]):
                kept += leaves.leaf(piece)
                self.marks.put(stream, index, _NO_MARK)  # a park's reader names none
            if noted is not None and noted(stream, count) != bytes(kept):
                raise changed_since()
        self.go_back(manifest, content)

    def _pieces_of_head(self, count: int) -> Iterator[memoryview]:
        head = memoryview(self._head)
        return (head[index * self._piece : (index + 1) * self._piece] for index in range(count))

    def _filled(self, plain: memoryview, index: int) -> memoryview:
        size = self.bytes_of(index + 1) - index * self.file.record_size
        if self._source.fill(plain[:size]) != size:
            raise changed_since()
        return plain[:size]

    def _send(self, end: SendEnd, stream: Stream, index: int, plaintext: memoryview, *, final: bool) -> None:
        leaves, kept = self._leaves[stream]
        leaf = leaves.leaf(plaintext)
        kept += leaf
        self._on_leaf(stream, index, leaf)
        super()._send(end, stream, index, plaintext, final=final)


class SharedPark:
    """The park of one file for several. The steering thread admits receivers; one of its own uploads.

    A reader of the sender's own, who never has everything, keeps the park until the sender leaves: all who came may
    have it before the next one comes.
    """

    def __init__(  # noqa: PLR0917 - what it is about, and where it is noted
        self,
        server: ServerUrl,
        file: SealedFile,
        source: Source,
        payload: Payload,
        notes: FanOutNotes,
        own: tuple[bytes, bytes] | None = None,
    ) -> None:
        """Asks nothing yet. Source and payload are the uploading thread's from the first `admit` on.

        `own`: id and token of the sender's reader, if a former process made the park.
        """
        self._server = server
        self._notes = notes
        self._file = file
        self._payload = payload
        self._lock = threading.Lock()
        self._readers: list[ParkSecret] = []
        self._parking: Parking | None = None
        self._end: ParkingEnd | None = None
        self._thread: threading.Thread | None = None
        self._api = Api(server)
        self._own = own or (random_bytes(ID_BYTES), random_bytes(PARK_TOKEN_BYTES))
        self._closing: ParkClosing | None = None
        self._error: BaseException | None = None
        self._outgoing = WitnessedOutgoing(
            file,
            source,
            payload.writer,
            payload.head,
            payload.size,
            on_sent=self._sent,
            on_begin=lambda _begun: None,
        )
        self._outgoing.witness(notes.sealed)
        #: Bytes of content that were sealed so far, and the file at hand.
        self.done: tuple[int, str] = (0, "")
        #: When what is parked is gone, in ms since 1970; 0 until everything is up and every closing is there.
        self.expires = 0

    def admit(self, wish: SendWish, known: Known, secret: ParkSecret) -> None:
        """One more receiver, who gets the key next. The first one begins the upload. Raises what `Parking` does."""
        self.check()
        with self._lock:
            if self._parking is None:
                self._begin(wish, secret)
            else:
                self._parking.add_reader(secret)
                if self._closing is not None:
                    self._parking.close_for(secret, self._closing)
            self._readers.append(secret)
            self._notes.admitted(known, secret)

    def go_on(
        self,
        own: ParkPass,
        readers: Sequence[ParkSecret],
        noted: Callable[[Stream, int], bytes | None] | None,
    ) -> int:
        """Go on with the park of a former process for these readers; how many bytes of content are there already.

        `noted`: see `WitnessedOutgoing.go_on_from`. Raises NotFound once the park is gone.
        """
        self._readers.extend(readers)
        self._parking = parking = Parking.resume(self._server, self._plan(), own)
        manifest, content = parking.positions()
        park = parking.look()
        if park is None:
            raise NotFound("What was being sent is no longer on the server.", code="not_found")
        committed = park.expires if park.state == "complete" else 0

        def run() -> None:
            self._outgoing.go_on_from(manifest, content, noted)
            self._upload(committed)

        self._end = parking.end(self._stored)
        self._start(run)
        return self._outgoing.bytes_of(content)

    def check(self) -> None:
        """Raise why the upload failed, if it did."""
        if self._error is not None:
            raise self._error

    def holders(self) -> set[bytes] | None:
        """Ids of the readers who have said that they hold everything; None once the park is gone."""
        if self._parking is None:
            return set()
        park = self._parking.look()
        return None if park is None else {bytes.fromhex(one.reader) for one in park.readers if one.done}

    def abort(self) -> None:
        """Stop the upload; from any thread."""
        end = self._end
        if end is not None:
            end.abort()

    def leave(self) -> None:
        """The sender goes: what is complete stays until everybody has it or it expires. Never raises."""
        if self.expires:
            with contextlib.suppress(PeersealError):
                ReaderPark(self._api, *self._own).done()
        elif self._parking is not None:
            self._parking.discard()
        self.close()

    def close(self) -> None:
        """Stop and give everything back; what is there stays. Never raises."""
        self.abort()
        if self._thread is not None:
            self._thread.join(_END_SECONDS)
        if self._end is not None:
            self._end.close()
        if self._parking is not None:
            self._parking.close()
        self._api.close()

    def _plan(self) -> ParkPlan:
        payload = self._payload
        return ParkPlan(self._file.record_size, payload.manifest_bytes, payload.content.sealed, payload.open)

    def _begin(self, wish: SendWish, secret: ParkSecret) -> None:
        own, pass_ = NewReader(self._own[0].hex(), sha256(self._own[1])), ParkPass.new()
        self._notes.begin(wish, self._file, self._payload, pass_, self._own)
        try:
            self._parking = Parking.begin(self._server, self._plan(), [secret, own], pass_)
        except BaseException:
            self._notes.done()
            raise
        self._end = self._parking.end(self._stored)
        self._start(self._upload)

    def _start(self, upload: Callable[[], None]) -> None:
        def run() -> None:
            try:
                upload()
            except BaseException as error:  # noqa: BLE001 - the steering thread raises it
                self._error = error

        self._thread = threading.Thread(target=run, daemon=True, name="shared-park")
        self._thread.start()

    def _upload(self, committed: int = 0) -> None:
        """What is not there yet; `committed`: all of it is, until then (ms)."""
        end, parking = self._end, self._parking
        if end is None or parking is None:
            return
        if not committed:
            self._outgoing.run(end, lambda _content: None)
            end.finish()
        closing = self._outgoing.closing()
        with self._lock:
            for secret in self._readers:
                parking.close_for(secret, closing)
            self._closing = closing
            self.expires = committed or end.expires

    def _stored(self, manifest: int, content: int) -> None:
        if self._payload.size is not None:
            self._notes.stored(manifest, content, self._outgoing.bytes_of(content))

    def _sent(self, count: int, file: str) -> None:
        self.done = (self.done[0] + count, file)
