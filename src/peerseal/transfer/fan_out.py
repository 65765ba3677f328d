"""One sender, several receivers: a handshake with each, one after the other; the records are sealed and stored once.

Each takes them from the server at its own pace, so nobody waits for a slow one. The sender may leave once everything
is up and everybody who was to come has the key; it is told when that is (docs/protocol.md §17).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Final

from peerseal.crypto_engine import ParkSecret, commitment, new_file_id, new_file_key, park_secret
from peerseal.errors import PeersealError, Refused, TimedOut
from peerseal.files.source import Source
from peerseal.protocol.control import Offer, preview_of
from peerseal.protocol.events import AnswerArrived
from peerseal.protocol.session import Session
from peerseal.transfer.admission import CodeDoor
from peerseal.transfer.cancel import Cancel
from peerseal.transfer.conversation import Conversation
from peerseal.transfer.encounter import Encounter
from peerseal.transfer.endings import cancelled_error, wire_code
from peerseal.transfer.events import Event, Notice, Path
from peerseal.transfer.fan_out_notes import FanOutNotes
from peerseal.transfer.name_door import NameDoor
from peerseal.transfer.outgoing import SealedFile
from peerseal.transfer.parking import check_parks
from peerseal.transfer.payload import payload_of
from peerseal.transfer.person import Person
from peerseal.transfer.progress import Meter
from peerseal.transfer.recognition import Known, Recognition
from peerseal.transfer.send import SendWish
from peerseal.transfer.shared_park import SharedPark
from peerseal.transfer.shared_upload import ManyResult, SharedUpload
from peerseal.wire.limits import STREAM_ID_BYTES

RECEIVERS_MAX: Final = 63
"""Readers of one park, less the sender's own place."""
ANSWER_SECONDS: Final = 120.0
"""How long the last receiver may think about the offer."""
OTHERS_SECONDS: Final = 20.0
"""How long one may while others may be waiting for their turn."""
_GOODBYE_SECONDS: Final = 5.0
_LOOK_SECONDS: Final = 0.25
_MAX_NOTICES: Final = 20


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
        self._notes = FanOutNotes(tell)
        self._trouble: PeersealError | None = None

    def run(self) -> ManyResult:
        """See `send_to_many`."""
        try:
            check_parks(self._wish.server)
            self._door.open()
            # Only now: the code stands on the screen before anything is looked at on the disk.
            source = self._open_source()
            payload = payload_of(source, self._wish.record_size)
            offer = self._offer(source, payload.open)
            meter = Meter(payload.size, self._tell)
            park = SharedPark(self._wish.server, self._file, source, payload, self._notes)
            work = SharedUpload(park, self._notes, source, payload, meter, self._tell, self._cancel)
            with work.ending():
                self._let_in(work, offer)
                return self._finish(work, offer)
        finally:
            self._door.close()
            if self._source is not None:
                self._source.close()
            self._encounter.close()

    # --- who comes in ---

    def _let_in(self, work: SharedUpload, offer: Offer) -> None:
        """Until everybody is in, or nobody can come any more."""
        door, holders = self._door, work.holders
        while door.waits:
            try:
                with work.interrupted():
                    met = door.next(_LOOK_SECONDS)
            except PeersealError as error:
                if not holders or self._cancel.cancelled:
                    raise
                self._nobody_else(error)
                break
            work.look_after()
            if met is None:
                continue
            self._invite(*met, work, offer)
            door.again()
            if holders and door.waits:
                count = len(holders)
                self._tell(Notice(f"{count} {'has' if count == 1 else 'have'} come, {door.left} more may."))
        if isinstance(door, NameDoor) and door.troubles:
            self._trouble = door.troubles[0]
        door.close()
        self._encounter.close()

    def _invite(self, conversation: Conversation, known: Known, work: SharedUpload, offer: Offer) -> None:
        """Offer it, and give the key to who wants it. What goes wrong with one is no matter of the others."""
        code: str | None = None
        try:
            self._ask(conversation, known, work, offer)
            secret = park_secret(conversation.session.export("park"), offer.id, offer.version)
            first = not work.holders
            self._admit(work, secret, known)

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
            if not work.holders:
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

    def _ask(self, conversation: Conversation, known: Known, work: SharedUpload, offer: Offer) -> None:
        conversation.do(lambda session: session.offer(offer))
        deadline = time.monotonic() + (OTHERS_SECONDS if self._door.waits else ANSWER_SECONDS)
        answer: AnswerArrived | None = None
        while answer is None:
            try:
                answer = conversation.wait(AnswerArrived, time.monotonic() + _LOOK_SECONDS)
            except TimedOut:
                if conversation.over is not None or time.monotonic() >= deadline:
                    raise
                work.look_after()
        if not answer.accept:
            raise cancelled_error(answer.code or "declined", known.name)

    def _admit(self, work: SharedUpload, secret: ParkSecret, known: Known) -> None:
        try:
            work.park.admit(self._wish, known, secret)
        except PeersealError as error:
            work.park.check()
            if error.code == "exists":
                # Only who shares this receiver's secret can have made a park for it: its matter, nobody else's.
                raise Refused("It is the reader of another park already.", code="exists") from None
            raise _ServerSaysNo(error) from None
        work.holders.add(known, secret.reader)

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

    def _finish(self, work: SharedUpload, offer: Offer) -> ManyResult:
        absent = tuple(self._door.absent) if isinstance(self._door, NameDoor) else ()
        if not work.holders:
            if self._trouble is not None and not absent:
                raise self._trouble
            return ManyResult((), absent, offer.files, 0, 0.0, 0)
        work.until_everybody_has_it()
        if self._trouble is not None:
            raise _not_everybody(self._trouble, work.holders.names)
        return work.complete(absent)

    # --- what is sent ---

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
