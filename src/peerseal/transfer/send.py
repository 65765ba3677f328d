"""Sends one source to one receiver: meet, shake hands, check, offer, deliver, wait until it is there."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from peerseal.client.settings import ServerUrl
from peerseal.crypto_engine import (
    ParkSecret,
    Secret,
    commitment,
    new_file_id,
    new_file_key,
    park_secret,
    random_bytes,
)
from peerseal.errors import Interrupted, PeersealError
from peerseal.files.source import Source
from peerseal.protocol.control import Offer, preview_of
from peerseal.protocol.events import AnswerArrived
from peerseal.protocol.manifest import ManifestWriter
from peerseal.protocol.session import Session
from peerseal.transfer.away import Away, Store
from peerseal.transfer.calling import Calling
from peerseal.transfer.cancel import Cancel
from peerseal.transfer.comeback import Bond, Returning
from peerseal.transfer.conversation import Conversation
from peerseal.transfer.delivery import Delivery
from peerseal.transfer.encounter import Encounter
from peerseal.transfer.endings import cancelled_error, wire_code
from peerseal.transfer.events import Complete, Event, FileDone, Notice
from peerseal.transfer.keeping import Keeping, keep_sending
from peerseal.transfer.lanes import Lanes, Wanted
from peerseal.transfer.outgoing import Outgoing, SealedFile
from peerseal.transfer.person import Person
from peerseal.transfer.progress import Meter
from peerseal.transfer.recognition import Known, Recognition
from peerseal.wire.limits import RECORD_SIZE
from peerseal.wire.value import Value

if TYPE_CHECKING:
    from peerseal.transfer.live_account import LiveAccount

_MAX_NOTICES: Final = 20


class SendWish(Value):
    """What is to be sent, to whom, and how long to wait. Without `to`, a code is made (or `code` is used).

    `account`: who is signed in here; without one this side is a guest. `paths`: which ways the records may take;
    `store`: whether what the receiver leaves behind is parked. `keep_in`: this user's folder, and what is sent of the
    disk (`taken`), if a later process may go on. `patience`: seconds after which somebody who is not listed counts as
    absent (`wanted.NotThere`), for who has another way to send it.
    """

    server: ServerUrl
    name: str
    open_source: Callable[[], Source]
    to: str | None = None
    code: str | None = None
    code_words: int = 2
    room: str | None = None
    unverified: bool = False
    timeout: float | None = None
    record_size: int = RECORD_SIZE
    account: LiveAccount | None = None
    paths: Wanted = "any"
    store: Store = "auto"
    keep_in: str | None = None
    taken: tuple[str, ...] = ()
    patience: float | None = None


class SendResult(Value):
    """What got across. `bytes` of content, `seconds` from the first record to the receiver's word.

    `contact`: whose keys the receiver proved to hold, None for a guest. `expires`: until when (ms since 1970) the
    receiver finds the rest on the server, 0 if it has everything.
    """

    peer: str
    verified: bool
    files: int
    bytes: int
    seconds: float
    path: str
    contact: str | None = None
    expires: int = 0


def send(wish: SendWish, person: Person, on_event: Callable[[Event], None], cancel: Cancel) -> SendResult:
    """Carry out the wish. Raises PeersealError; events go to `on_event`, on the calling thread."""
    return _Sending(wish, person, on_event, cancel).run()


class _Sending:
    def __init__(
        self, wish: SendWish, person: Person, on_event: Callable[[Event], None], cancel: Cancel
    ) -> None:
        self._wish = wish
        self._tell = on_event
        self._cancel = cancel
        self._encounter = Encounter(wish.server, cancel, wish.account)
        self._calling = Calling(wish, self._encounter, Recognition(wish.account, person, on_event), on_event)
        self._source: Source | None = None
        self._parcel: Parcel | None = None

    def run(self) -> SendResult:
        try:
            conversation = self._calling.meet(self._prepare)
            return self._offer_and_deliver(conversation)
        finally:
            if self._source is not None:
                self._source.close()
            self._encounter.close()

    def _prepare(self) -> None:
        """While the other side is waited for: what is there, and the list of it as it will be sent."""
        source = self._open_source()
        file = SealedFile(new_file_id(), 1, self._wish.record_size, new_file_key())
        sizes = [entry.size for entry in source.entries]
        is_open = None in sizes
        total = None if is_open else sum(size or 0 for size in sizes)
        writer = ManifestWriter(is_open, file.record_size)
        self._parcel = Parcel(file, source, writer, writer.entries(source.entries), total)

    def _open_source(self) -> Source:
        self._source = source = self._wish.open_source()
        for notice in source.notices[:_MAX_NOTICES]:
            self._tell(Notice(notice))
        if len(source.notices) > _MAX_NOTICES:
            self._tell(Notice(f"… and {len(source.notices) - _MAX_NOTICES} more like these."))
        return source

    def _offer_and_deliver(self, conversation: Conversation) -> SendResult:
        parcel = self._parcel
        if parcel is None:
            raise Interrupted("There is nothing to send.", code="failed")
        try:
            self._offer(conversation, offer_of(parcel.file, parcel.source, parcel.total))
        except PeersealError as error:
            conversation.finish(wire_code(error), cancel=True)
            raise
        except BaseException:
            conversation.finish("cancelled", cancel=True)
            raise
        return self._deliver(conversation, parcel)

    def _offer(self, conversation: Conversation, offer: Offer) -> None:
        conversation.do(lambda session: session.offer(offer))
        # A person may take long to answer; one that has gone is noticed by the conversation.
        answer = conversation.wait(AnswerArrived)
        if not answer.accept:
            raise cancelled_error(answer.code or "declined", conversation.room.peer.name)

    def _deliver(self, conversation: Conversation, parcel: Parcel) -> SendResult:
        wish, known, file = self._wish, self._calling.known, parcel.file
        returning = returning_of(wish, conversation, known)
        park = park_secret(bytes(conversation.session.export("park")), file.id, file.version)
        bond = Bond(returning, self._cancel, self._tell, encounter=self._encounter, conversation=conversation)
        try:
            keeping = keep_sending(wish, parcel, returning, known, park, self._tell)
            work = Delivering(parcel, bond, keeping, known, park, wish.paths, wish.store)
            return deliver(work, self._tell)
        finally:
            bond.close()


class Parcel(Value):
    """What is sent, sealed under one key: its source, and its manifest so far. `total` in bytes, None if not known."""

    file: SealedFile
    source: Source
    writer: ManifestWriter
    head: bytes
    total: int | None

    @property
    def files(self) -> int:
        """How many files or texts."""
        return sum(1 for entry in self.source.entries if entry.kind != "directory")

    @property
    def text(self) -> bool:
        """Whether it is one text."""
        return any(entry.kind == "text" for entry in self.source.entries)


def offer_of(file: SealedFile, source: Source, total: int | None) -> Offer:
    """What is said of it before anything is sent."""
    return Offer(
        id=file.id,
        version=file.version,
        record_size=file.record_size,
        commitment=commitment(file.key, file.id, file.version),
        files=sum(1 for entry in source.entries if entry.kind != "directory"),
        bytes=total,
        open=total is None,
        text=any(entry.kind == "text" for entry in source.entries),
        shared=False,
        preview=preview_of(entry.preview for entry in source.entries),
    )


def returning_of(wish: SendWish, conversation: Conversation, known: Known) -> Returning:
    """What a sender needs to come back."""
    session = conversation.session
    return Returning(
        server=wish.server,
        name=wish.name,
        role="sender",
        side=session.side,
        resume=Secret(bytes(session.export("resume"))),
        verified=session.verified,
        may_send=session.may_send,
        peer=known.name,
        account=wish.account,
    )


class Delivering(Value):
    """One transfer that was accepted: what to whom, and how. `again`: a former process began it.

    `check`: raises unless the source still has what the receiver holds, so many content records.
    """

    parcel: Parcel
    bond: Bond
    keeping: Keeping
    known: Known
    park: ParkSecret
    paths: Wanted
    store: Store
    again: bool = False
    check: Callable[[Outgoing, int], None] | None = None


def deliver(work: Delivering, tell: Callable[[Event], None]) -> SendResult:
    """Everything after the answer, until the receiver has it or what it misses is parked.

    Goodbye is said here, and the journal kept or discarded, however it ends.
    """
    parcel, bond, keeping = work.parcel, work.bond, work.keeping
    file, journal, meter = parcel.file, keeping.journal, Meter(parcel.total, tell)
    marks = keeping.marks()
    outgoing = Outgoing(
        file,
        parcel.source,
        parcel.writer,
        parcel.head,
        parcel.total,
        marks=marks,
        journal=journal,
        parked=keeping.parked_marks(marks),
    )
    away = Away(
        bond, parcel, outgoing, meter, tell, keeping, store=work.store, paths=work.paths, park=work.park
    )
    lanes = Lanes(work.paths, parcel.total, random_bytes, again=work.again)
    delivery = Delivery(
        bond, outgoing, lanes, meter, tell, journal=journal, otherwise=away.is_due, check=work.check
    )

    def first(session: Session) -> None:
        session.file_key(file.id, file.key)

    try:
        expires = _until_somewhere(delivery, away, None if work.again else first)
    except PeersealError as error:
        raise keeping.stopped(error, bond) from None
    except BaseException:
        keeping.interrupted(bond)
        raise
    bond.finish()
    keeping.done()  # what is parked is noted already
    meter.finish("")
    kind = "store" if away.parked else delivery.kind
    known = work.known
    if not expires:
        for entry in parcel.source.entries:
            if entry.kind == "file":
                tell(FileDone(entry.path))
        tell(
            Complete(
                parcel.files, meter.done, meter.seconds, kind, known.name, received=False, text=parcel.text
            )
        )
    return SendResult(
        known.name, known.verified, parcel.files, meter.done, meter.seconds, kind, known.contact, expires
    )


def _until_somewhere(delivery: Delivery, away: Away, first: Callable[[Session], None] | None) -> int:
    """0 once the receiver has everything; else until when (ms since 1970) the rest lies on the server for it."""
    while True:
        try:
            if delivery.run(first):
                return 0
            left = None
        except PeersealError as error:
            if not away.helps(error):
                raise
            left = error
        first = None
        expires = away.park()
        if expires is not None:
            return expires
        if left is not None:
            raise left
