"""One sealed file on the server for several receivers: sealed and uploaded once, while they come (protocol.md §17).

Every receiver has a closing of its own, made from what was sealed here: whoever holds the file key, as all of them
do, still cannot make the others take other bytes.
"""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Final

from peerseal.client.api import Api
from peerseal.client.parks import ParkPlan, ReaderPark
from peerseal.client.settings import ServerUrl
from peerseal.crypto_engine import (
    Leaves,
    ParkClosing,
    ParkSecret,
    Stream,
    random_bytes,
    root_of_leaves,
    sha256,
)
from peerseal.errors import PeersealError
from peerseal.files.source import Source
from peerseal.transfer.outgoing import Outgoing, SealedFile
from peerseal.transfer.parking import Parking
from peerseal.transfer.payload import Payload
from peerseal.transport.transport import SendEnd
from peerseal.wire.limits import ID_BYTES, PARK_TOKEN_BYTES
from peerseal.wire.parks import NewReader

if TYPE_CHECKING:
    from peerseal.transport.park import ParkingEnd

_END_SECONDS: Final = 5.0


class WitnessedOutgoing(Outgoing):
    """An Outgoing that keeps the leaf of every record it seals (§13.1). It leaves once, in order: it never goes back."""

    _leaves: dict[Stream, tuple[Leaves, bytearray]]

    def witness(self) -> None:
        """Begin to keep leaves; before the first record."""
        file = self.file
        streams: tuple[Stream, Stream] = ("manifest", "content")
        self._leaves = {
            stream: (Leaves(file.key, stream, file.id, file.version), bytearray()) for stream in streams
        }

    def closing(self) -> ParkClosing:
        """What everybody must hold in the end; only when everything has left."""
        manifest, content = bytes(self._leaves["manifest"][1]), bytes(self._leaves["content"][1])
        return ParkClosing(root_of_leaves(manifest), root_of_leaves(content), self.manifest, self.content)

    def _send(self, end: SendEnd, stream: Stream, index: int, plaintext: memoryview, *, final: bool) -> None:
        leaves, kept = self._leaves[stream]
        kept += leaves.leaf(plaintext)
        super()._send(end, stream, index, plaintext, final=final)


class SharedPark:
    """The park of one file for several. The steering thread admits receivers; one of its own uploads.

    A reader of the sender's own, who never has everything, keeps the park until the sender leaves: all who came may
    have it before the next one comes.
    """

    def __init__(self, server: ServerUrl, file: SealedFile, source: Source, payload: Payload) -> None:
        """Asks nothing yet. Source and payload are the uploading thread's from the first `admit` on."""
        self._server = server
        self._file = file
        self._payload = payload
        self._lock = threading.Lock()
        self._readers: list[ParkSecret] = []
        self._parking: Parking | None = None
        self._end: ParkingEnd | None = None
        self._thread: threading.Thread | None = None
        self._api = Api(server)
        self._own = (random_bytes(ID_BYTES), random_bytes(PARK_TOKEN_BYTES))
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
        self._outgoing.witness()
        #: Bytes of content that were sealed so far, and the file at hand.
        self.done: tuple[int, str] = (0, "")
        #: When what is parked is gone, in ms since 1970; 0 until everything is up and every closing is there.
        self.expires = 0

    def admit(self, secret: ParkSecret) -> None:
        """One more receiver, who gets the key next. The first one begins the upload. Raises what `Parking` does."""
        self.check()
        with self._lock:
            if self._parking is None:
                self._begin(secret)
            else:
                self._parking.add_reader(secret)
                if self._closing is not None:
                    self._parking.close_for(secret, self._closing)
            self._readers.append(secret)

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
        """Stop and give everything back. Never raises."""
        self.abort()
        if self._thread is not None:
            self._thread.join(_END_SECONDS)
        if self._end is not None:
            self._end.close()
        if self._parking is not None:
            self._parking.close()
        self._api.close()

    def _begin(self, secret: ParkSecret) -> None:
        payload = self._payload
        plan = ParkPlan(self._file.record_size, payload.manifest_bytes, payload.content.sealed, payload.open)
        own = NewReader(self._own[0].hex(), sha256(self._own[1]))
        self._parking = Parking.begin(self._server, plan, [secret, own])
        self._end = self._parking.end()
        self._thread = threading.Thread(target=self._run, daemon=True, name="shared-park")
        self._thread.start()

    def _run(self) -> None:
        try:
            self._upload()
        except BaseException as error:  # noqa: BLE001 - the steering thread raises it
            self._error = error

    def _upload(self) -> None:
        end, parking = self._end, self._parking
        if end is None or parking is None:
            return
        self._outgoing.run(end, lambda _content: None)
        end.finish()
        closing = self._outgoing.closing()
        with self._lock:
            for secret in self._readers:
                parking.close_for(secret, closing)
            self._closing = closing
            self.expires = end.expires

    def _sent(self, count: int, file: str) -> None:
        self.done = (self.done[0] + count, file)
