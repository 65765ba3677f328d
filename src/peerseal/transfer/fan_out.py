"""One sender, several receivers: a handshake with each, one after the other; the records are sealed and stored once.

Each takes them from the server at its own pace, so nobody waits for a slow one. The sender may leave once everything
is up and everybody who was to come has the key; it is told when that is (docs/protocol.md §17).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Final

from peerseal.crypto_engine import commitment, new_file_id, new_file_key, park_secret
from peerseal.errors import Interrupted, PeersealError, Refused, TimedOut
from peerseal.files.source import Source
from peerseal.protocol.control import Offer, preview_of
from peerseal.protocol.events import AnswerArrived
from peerseal.protocol.session import Session
from peerseal.transfer.admission import CodeDoor, NameDoor
from peerseal.transfer.cancel import Cancel
from peerseal.transfer.conversation import Conversation
from peerseal.transfer.encounter import Encounter
from peerseal.transfer.endings import cancelled_error, wire_code
from peerseal.transfer.events import Complete, Event, FileDone, Notice, Parked, Path
from peerseal.transfer.outgoing import SealedFile
from peerseal.transfer.parking import check_parks
from peerseal.transfer.payload import payload_of
from peerseal.transfer.person import Person
from peerseal.transfer.progress import Meter
from peerseal.transfer.recognition import Known, Recognition
from peerseal.transfer.send import SendWish
from peerseal.transfer.shared_park import SharedPark
from peerseal.wire.limits import STREAM_ID_BYTES
from peerseal.wire.value import Value

RECEIVERS_MAX: Final = 63
"""Readers of one park, less the sender's own place."""
ANSWER_SECONDS: Final = 120.0
"""How long the last receiver may think about the offer."""
OTHERS_SECONDS: Final = 20.0
"""How long one may while others may be waiting for their turn."""
_GOODBYE_SECONDS: Final = 5.0
_LOOK_SECONDS: Final = 0.25
_HOLDERS_SECONDS: Final = 1.0
_MAX_NOTICES: Final = 20
_PAUSES: Final = (0.2, 0.5, 1.0, 2.0)


class Receiver(Value):
    """One who got the key. `done`: it has said that it holds everything. `contact`: see `SendResult`."""

    name: str
    verified: bool
    contact: str | None
    done: bool


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


def send_to_many(
    wish: SendWish,
    to: int | Sequence[str],
    person: Person,
    on_event: Callable[[Event], None],
    cancel: Cancel,
    *,
    may_be_absent: Callable[[str], bool] = lambda _name: False,
) -> ManyResult:
    """Send to so many receivers of one code, or to each of these names; `wish.to` is not looked at.

    `may_be_absent`: see `NameDoor`. Events go to `on_event` on the calling thread. Raises PeersealError; if some of
    them got it all the same, only after they can finish.
    """
    return _FanOut(wish, to, person, on_event, cancel, may_be_absent).run()


class _Guest:
    """A receiver while the park is there."""

    def __init__(self, known: Known, reader: bytes) -> None:
        self.known: Final = known
        self.reader: Final = reader
        self.done = False


class _FanOut:
    def __init__(  # noqa: PLR0917 - what `send_to_many` was given
        self,
        wish: SendWish,
        to: int | Sequence[str],
        person: Person,
        tell: Callable[[Event], None],
        cancel: Cancel,
        may_be_absent: Callable[[str], bool],
    ) -> None:
        self._wish = wish
        self._tell = tell
        self._cancel = cancel
        self._encounter = Encounter(wish.server, cancel, wish.account)
        recognition = Recognition(wish.account, person, tell)
        self._door: CodeDoor | NameDoor = (
            CodeDoor(wish, to, self._encounter, recognition, tell)
            if isinstance(to, int)
            else NameDoor(wish, to, self._encounter, recognition, tell, may_be_absent=may_be_absent)
        )
        self._source: Source | None = None
        self._file = SealedFile(new_file_id(), 1, wish.record_size, new_file_key())
        self._guests: list[_Guest] = []
        self._trouble: PeersealError | None = None
        self._looked_at = 0.0

    def run(self) -> ManyResult:
        """See `send_to_many`."""
        park: SharedPark | None = None
        try:
            check_parks(self._wish.server)
            self._door.open()
            # Only now: the code stands on the screen before anything is looked at on the disk.
            source = self._open_source()
            payload = payload_of(source, self._wish.record_size)
            offer = self._offer(source, payload.open)
            meter = Meter(payload.size, self._tell)
            park = SharedPark(self._wish.server, self._file, source, payload)
            self._cancel.on_cancel(park.abort)
            self._let_in(park, offer, meter)
            return self._finish(park, offer, meter)
        finally:
            self._door.close()
            if park is not None:
                park.leave()
            if self._source is not None:
                self._source.close()
            self._encounter.close()

    # --- who comes in ---

    def _let_in(self, park: SharedPark, offer: Offer, meter: Meter) -> None:
        """Until everybody is in, or nobody can come any more."""
        door = self._door
        while door.waits:
            try:
                met = door.next(_LOOK_SECONDS)
            except PeersealError as error:
                if not self._guests or self._cancel.cancelled:
                    raise
                self._nobody_else(error)
                break
            except KeyboardInterrupt:
                self._say_who_has_it(park)
                raise
            self._look_after(park, meter)
            if met is None:
                continue
            self._invite(*met, park, offer, meter)
            door.again()
            if self._guests and door.waits:
                count = len(self._guests)
                self._tell(Notice(f"{count} {'has' if count == 1 else 'have'} come, {door.left} more may."))
        if isinstance(door, NameDoor) and door.troubles:
            self._trouble = door.troubles[0]
        door.close()
        self._encounter.close()

    def _invite(
        self, conversation: Conversation, known: Known, park: SharedPark, offer: Offer, meter: Meter
    ) -> None:
        """Offer it, and give the key to who wants it. What goes wrong with one is no matter of the others."""
        code: str | None = None
        try:
            self._ask(conversation, known, park, offer, meter)
            secret = park_secret(conversation.session.export("park"), offer.id, offer.version)
            first = not self._guests
            self._admit(park, secret.reader, known, lambda: park.admit(secret))

            def announce(session: Session) -> None:
                session.file_key(offer.id, self._file.key)
                session.path(offer.id, "store", bytes(STREAM_ID_BYTES), 0, 0)

            conversation.do(announce)
            if first:
                self._tell(Path("store", "park"))
            # It says goodbye once it has both: all that follows is between it and the server.
            conversation.wait_for_end(time.monotonic() + _GOODBYE_SECONDS)
        except _ServerSaysNo as no:
            code = wire_code(no.error)
            if not self._guests:
                raise no.error from None
            self._nobody_else(no.error)
        except PeersealError as error:
            code = wire_code(error)
            if self._cancel.cancelled:
                raise
            self._turned_away(known, error)
        except BaseException:
            code = "cancelled"
            raise
        finally:
            conversation.finish(code, cancel=code is not None)

    def _ask(
        self, conversation: Conversation, known: Known, park: SharedPark, offer: Offer, meter: Meter
    ) -> None:
        conversation.do(lambda session: session.offer(offer))
        deadline = time.monotonic() + (OTHERS_SECONDS if self._door.waits else ANSWER_SECONDS)
        answer: AnswerArrived | None = None
        while answer is None:
            try:
                answer = conversation.wait(AnswerArrived, time.monotonic() + _LOOK_SECONDS)
            except TimedOut:
                if conversation.over is not None or time.monotonic() >= deadline:
                    raise
                self._look_after(park, meter)
        if not answer.accept:
            raise cancelled_error(answer.code or "declined", known.name)

    def _admit(self, park: SharedPark, reader: bytes, known: Known, admit: Callable[[], None]) -> None:
        try:
            admit()
        except PeersealError as error:
            park.check()
            if error.code == "exists":
                # Only who shares this receiver's secret can have made a park for it: its matter, nobody else's.
                raise Refused("It is the reader of another park already.", code="exists") from None
            raise _ServerSaysNo(error) from None
        self._guests.append(_Guest(known, reader))

    def _nobody_else(self, error: PeersealError) -> None:
        """Those who are in already must not lose what they were promised."""
        self._trouble = error
        self._tell(Notice(f"{error.message} Nobody else can come now; who has come gets it."))
        self._door.close()

    def _turned_away(self, known: Known, error: PeersealError) -> None:
        self._tell(Notice(f"{known.name} gets nothing: {error.message}"))
        if isinstance(self._door, CodeDoor):
            self._door.place_free()
        else:
            self._trouble = self._trouble or error

    # --- the end ---

    def _finish(self, park: SharedPark, offer: Offer, meter: Meter) -> ManyResult:
        absent = tuple(self._door.absent) if isinstance(self._door, NameDoor) else ()
        if not self._guests:
            if self._trouble is not None and not absent:
                raise self._trouble
            return ManyResult((), absent, offer.files, 0, 0.0, 0)
        try:
            while not park.expires:
                self._look_after(park, meter)
                time.sleep(_LOOK_SECONDS / 5)
        except KeyboardInterrupt:
            self._say_who_has_it(park)
            raise
        self._look_after(park, meter)
        meter.finish("")
        names = ", ".join(guest.known.name for guest in self._guests)
        try:
            self._tell(Parked(park.expires, names))
            self._await_holders(park)
        except KeyboardInterrupt:
            self._say_who_has_it(park)
        source = self._source
        for entry in () if source is None else source.entries:
            if entry.kind == "file":
                self._tell(FileDone(entry.path))
        if self._trouble is not None:
            raise _not_everybody(self._trouble, names)
        self._tell(
            Complete(offer.files, meter.done, meter.seconds, "store", names, received=False, text=offer.text)
        )
        receivers = tuple(
            Receiver(guest.known.name, guest.known.verified, guest.known.contact, guest.done)
            for guest in self._guests
        )
        return ManyResult(receivers, absent, offer.files, meter.done, meter.seconds, park.expires)

    def _await_holders(self, park: SharedPark) -> None:
        tries = 0
        while any(not guest.done for guest in self._guests):
            if self._cancel.cancelled:
                return
            if not self._look_for_holders(park):
                self._tell(Notice("What was parked has expired."))
                return
            time.sleep(_PAUSES[min(tries, len(_PAUSES) - 1)])
            tries += 1

    def _look_for_holders(self, park: SharedPark) -> bool:
        """Tell who has everything by now; False once the park is gone."""
        self._looked_at = time.monotonic()
        try:
            holders = park.holders()
        except PeersealError:
            return True  # the server is away; they finish without this side all the same
        for guest in self._guests:
            if holders is not None and guest.reader in holders and not guest.done:
                guest.done = True
                self._tell(Notice(f"{guest.known.name} has everything."))
        return holders is not None

    def _say_who_has_it(self, park: SharedPark) -> None:
        """The person leaves: what becomes of those who have come."""
        self._look_for_holders(park)
        others = ", ".join(guest.known.name for guest in self._guests if not guest.done)
        if others and park.expires:
            self._tell(Notice(f"{others}: the rest waits on the server."))
        elif others:
            self._tell(Notice(f"{others}: not all of it was on the server yet, so it cannot be finished."))

    # --- on the way ---

    def _look_after(self, park: SharedPark, meter: Meter) -> None:
        """Tell how far the upload is, and notice if it failed."""
        if self._cancel.cancelled:
            raise Interrupted("Cancelled.", code="cancelled", retryable=True)
        park.check()
        done, file = park.done
        if done != meter.done:
            meter.advance(done - meter.done, file)
        waiting = any(not guest.done for guest in self._guests)
        if waiting and time.monotonic() >= self._looked_at + _HOLDERS_SECONDS:
            self._look_for_holders(park)

    def _open_source(self) -> Source:
        self._source = source = self._wish.open_source()
        for notice in source.notices[:_MAX_NOTICES]:
            self._tell(Notice(notice))
        if len(source.notices) > _MAX_NOTICES:
            self._tell(Notice(f"… and {len(source.notices) - _MAX_NOTICES} more like these."))
        return source

    def _offer(self, source: Source, is_open: bool) -> Offer:
        file = self._file
        return Offer(
            id=file.id,
            version=file.version,
            record_size=file.record_size,
            commitment=commitment(file.key, file.id, file.version),
            files=sum(1 for entry in source.entries if entry.kind != "directory"),
            bytes=None if is_open else sum(entry.size or 0 for entry in source.entries),
            open=is_open,
            text=any(entry.kind == "text" for entry in source.entries),
            shared=True,
            preview=preview_of(entry.preview for entry in source.entries),
        )


def _not_everybody(error: PeersealError, names: str) -> PeersealError:
    """How it ends if some got it and others cannot any more; why was said when it happened."""
    # The plain class of its exit code: some of their children are made from other things.
    kind = next((kind for kind in PeersealError.__subclasses__() if isinstance(error, kind)), PeersealError)
    return kind(
        f"Not everybody got it, only {names}.",
        code=error.code,
        hint="Send it once more, to the others.",
        retryable=error.retryable,
    )


class _ServerSaysNo(Exception):
    """Nothing can be parked, or nobody be let in any more: a matter of all who come."""

    def __init__(self, error: PeersealError) -> None:
        super().__init__()
        self.error: Final = error
