"""One upload for several, as the steering thread looks after it: how far it is, who has everything, what stays of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from peerseal.errors import Interrupted, PeersealError
from peerseal.transfer.events import Complete, Event, FileDone, Parked
from peerseal.transfer.holders import Holders, Receiver
from peerseal.wire.value import Value

if TYPE_CHECKING:
    from peerseal.files.source import Source
    from peerseal.transfer.cancel import Cancel
    from peerseal.transfer.fan_out_notes import FanOutNotes
    from peerseal.transfer.payload import Payload
    from peerseal.transfer.progress import Meter
    from peerseal.transfer.shared_park import SharedPark

_LOOK_SECONDS: Final = 0.05


class ManyResult(Value):
    """What went to whom. `absent`: names of contacts who were not there, in the order asked.

    `expires`: until when (ms since 1970) whoever is not done can finish; 0 if nobody came. `bytes` of content.
    """

    receivers: tuple[Receiver, ...]
    absent: tuple[str, ...]
    files: int
    bytes: int
    seconds: float
    expires: int


class SharedUpload:
    """The park of several, from the first of them until the sender leaves. Used within `ending`."""

    def __init__(  # noqa: PLR0917 - everything that is looked after
        self,
        park: SharedPark,
        notes: FanOutNotes,
        source: Source,
        payload: Payload,
        meter: Meter,
        tell: Callable[[Event], None],
        cancel: Cancel,
    ) -> None:
        self.park: Final = park
        self.holders: Final = Holders(park, tell, cancel)
        self._notes = notes
        self._source = source
        self._payload = payload
        self._meter = meter
        self._tell = tell
        self._cancel = cancel
        cancel.on_cancel(park.abort)

    @contextmanager
    def ending(self) -> Iterator[None]:
        """However it ends: what is complete stays until everybody has it, what is not until somebody goes on with it."""
        try:
            yield
        except BaseException as error:
            if self.park.expires or not self.holders or not self._notes.can_wait(error):
                self._leave()
                raise
            self.park.close()
            if isinstance(error, PeersealError):
                raise self._notes.stopped(error) from None
            self._notes.left()
            raise
        self._leave()

    def look_after(self) -> None:
        """Tell how far the upload is and who has everything. Raises why it failed, if it did."""
        if self._cancel.cancelled:
            raise Interrupted("Cancelled.", code="cancelled", retryable=True)
        self.park.check()
        done, file = self.park.done
        if done != self._meter.done:
            self._meter.advance(done - self._meter.done, file)
        self.holders.look_now_and_then()

    def until_everybody_has_it(self) -> None:
        """The rest of the upload, and then whoever is not done yet; the person may leave then."""
        with self.interrupted():
            while not self.park.expires:
                self.look_after()
                time.sleep(_LOOK_SECONDS)
        self.look_after()
        self._meter.finish("")
        self._notes.complete(self.park.expires)
        try:
            self._tell(Parked(self.park.expires, self.holders.names))
            self.holders.wait()
        except KeyboardInterrupt:
            self.say_who_has_it()
        for entry in self._source.entries:
            if entry.kind == "file":
                self._tell(FileDone(entry.path))

    def complete(self, absent: tuple[str, ...] = ()) -> ManyResult:
        """All of it went well."""
        meter, card = self._meter, self._payload.card
        self._tell(
            Complete(
                card.files,
                meter.done,
                meter.seconds,
                "store",
                self.holders.names,
                received=False,
                text=card.text,
            )
        )
        return ManyResult(
            self.holders.receivers, absent, card.files, meter.done, meter.seconds, self.park.expires
        )

    @contextmanager
    def interrupted(self) -> Iterator[None]:
        """Ctrl-C in here is told to be what it means for those who have come."""
        try:
            yield
        except KeyboardInterrupt:
            self.say_who_has_it()
            raise

    def say_who_has_it(self) -> None:
        """What becomes of those who have come, now that the person leaves."""
        self.holders.say_who_has_it(self._notes.hint())

    def _leave(self) -> None:
        self.park.leave()
        if self.park.expires and not self.holders.all_done:
            self._notes.left()
        else:
            self._notes.done()
