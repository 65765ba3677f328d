"""Receives one transfer: meet, shake hands, ask the person, wait for the key; then `arrival` collects."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from peerseal.client.settings import ServerUrl
from peerseal.crypto_engine import Secret, park_secret, parse_code
from peerseal.errors import Declined, PeersealError, UsageError
from peerseal.files.bytes_source import TEXT_MAX_BYTES
from peerseal.files.folder_sink import FolderSink
from peerseal.files.sink import MemorySink, Sink, StreamSink
from peerseal.files.target import check_target
from peerseal.protocol.control import Offer as WireOffer
from peerseal.protocol.events import KeyArrived, OfferArrived, WhereArrived
from peerseal.protocol.manifest import BLOCK_BYTES
from peerseal.transfer.answering import Answering
from peerseal.transfer.arrival import Collecting, ReceiveResult, collect, only_from_the_server
from peerseal.transfer.cancel import Cancel
from peerseal.transfer.comeback import Bond, Returning
from peerseal.transfer.conversation import Conversation
from peerseal.transfer.encounter import Encounter
from peerseal.transfer.endings import nothing_sent, wire_code
from peerseal.transfer.events import Event, Offer, OfferedFile
from peerseal.transfer.keeping import Keeping, keep_receiving
from peerseal.transfer.lanes import Wanted
from peerseal.transfer.outgoing import SealedFile
from peerseal.transfer.person import Person
from peerseal.transfer.recognition import Known, Recognition
from peerseal.wire.value import Value

if TYPE_CHECKING:
    from peerseal.transfer.live_account import LiveAccount

KEY_SECONDS: Final = 60.0
"""How long a sender may take from a yes to the key."""
SAY_SECONDS: Final = 10.0
"""How long a sender is looked for that may not know that its key was lost."""
_FAREWELL_SECONDS: Final = 0.5


class ReceiveWish(Value):
    """By `code` if given, else listed as `name`. Into the folder `target`, or the descriptor `target_fd`.

    `account`: who is signed in here. `asked`: the person sees offers before they are taken; otherwise hidden names get
    `_` in front. `paths`: which ways the records may take. `keep_in`: this user's folder, if a later process may go on.
    """

    server: ServerUrl
    name: str
    code: str | None = None
    room: str | None = None
    target: str = "."
    target_fd: int | None = None
    asked: bool = True
    timeout: float | None = None
    account: LiveAccount | None = None
    paths: Wanted = "any"
    keep_in: str | None = None


def receive(
    wish: ReceiveWish, person: Person, on_event: Callable[[Event], None], cancel: Cancel
) -> ReceiveResult:
    """Carry out the wish. Raises PeersealError; events go to `on_event`, on the calling thread."""
    return _Receiving(wish, person, on_event, cancel).run()


class _Receiving:
    def __init__(
        self, wish: ReceiveWish, person: Person, on_event: Callable[[Event], None], cancel: Cancel
    ) -> None:
        self._wish = wish
        self._person = person
        self._tell = on_event
        self._cancel = cancel
        self._code = None if wish.code is None else parse_code(wish.code)
        if wish.target_fd is None:
            check_target(wish.target)
        self._encounter = Encounter(wish.server, cancel, wish.account)
        recognition = Recognition(wish.account, person, on_event)
        self._answering = Answering(wish, self._encounter, recognition, person, on_event)

    def run(self) -> ReceiveResult:
        try:
            conversation, offer, sink = self._meet_and_accept()
            try:
                return self._collect(conversation, offer, sink)
            finally:
                sink.abort()  # what is in its place, or kept for later, stays
        finally:
            self._encounter.close()

    def _meet_and_accept(self) -> tuple[Conversation, WireOffer, Sink]:
        code = self._code
        try:
            conversation = self._answering.listed() if code is None else self._answering.by_code(code)
            # The sender's person may still be comparing words or choosing files: no deadline but the peer's life.
            offer = conversation.wait(OfferArrived).offer
            conversation.refuses_offers = "busy"
            return conversation, offer, self._accept(conversation, offer)
        except PeersealError as error:
            self._part(wire_code(error))
            raise
        except BaseException:
            self._part("cancelled")
            raise

    def _part(self, code: str) -> None:
        if self._answering.conversation is not None:
            self._answering.conversation.finish(code, cancel=True)

    # --- the offer ---

    def _accept(self, conversation: Conversation, offer: WireOffer) -> Sink:
        """A sink for what the person takes. Raises Declined if it does not, LocalFileFailed if it cannot be kept."""
        shown = self._shown(offer)
        self._tell(shown)
        try:
            accepted = self._person.accept_offer(shown, conversation.check)
        except Declined:
            conversation.do(lambda session: session.answer(offer.id, accept=False, code="declined"))
            raise
        if not accepted:
            conversation.do(lambda session: session.answer(offer.id, accept=False, code="declined"))
            raise Declined("You said no.", code="declined")
        try:
            sink = self._sink(offer)
        except PeersealError as error:
            code = wire_code(error)
            conversation.do(lambda session: session.answer(offer.id, accept=False, code=code))
            raise
        conversation.do(lambda session: session.answer(offer.id, accept=True))
        return sink

    def _shown(self, offer: WireOffer) -> Offer:
        wish, known = self._wish, self._answering.known
        return Offer(
            files=tuple(OfferedFile(entry.path, entry.size, entry.kind) for entry in offer.preview),
            count=offer.files,
            bytes=offer.bytes,
            text=offer.text,
            name=known.name,
            verified=known.verified,
            contact=known.contact,
            mode="words" if self._code is None else "code",
            target=None if wish.target_fd is not None or offer.text else os.path.abspath(wish.target),  # noqa: PTH100 - pathlib costs start-up time
        )

    def _sink(self, offer: WireOffer) -> Sink:
        wish = self._wish
        if offer.shared and wish.paths == "direct":
            raise only_from_the_server()
        if wish.target_fd is not None:
            if offer.files != 1:
                raise UsageError("Only one file or text can go to standard output.", code="stdout_single")
            if not offer.shared:
                return StreamSink(wish.target_fd)
            from peerseal.files.spool_sink import SpoolSink

            return SpoolSink(wish.target_fd)  # proved at the end only: nothing of it may be seen before
        if offer.text:
            return MemorySink(TEXT_MAX_BYTES)
        target = os.path.abspath(wish.target)  # noqa: PTH100 - as above
        sink = FolderSink(target, unhide=not wish.asked, kept=self._kept_parts)
        try:
            sink.check_space((offer.bytes or 0) + BLOCK_BYTES * offer.files)
        except PeersealError:
            sink.abort()
            raise
        return sink

    def _kept_parts(self) -> frozenset[str]:
        """Part folders that a later process may go on with; asked only if there are any."""
        from peerseal.client.home import home_folder
        from peerseal.transfer.journals import part_names

        return part_names(self._wish.keep_in or home_folder(os.environ))

    # --- collecting ---

    def _collect(self, conversation: Conversation, offer: WireOffer, sink: Sink) -> ReceiveResult:
        wish, known = self._wish, self._answering.known
        returning = returning_of(wish, conversation, known)
        bond = Bond(returning, self._cancel, self._tell, encounter=self._encounter, conversation=conversation)
        keeping = Keeping(None, self._tell)
        try:
            try:
                key = conversation.wait(KeyArrived, time.monotonic() + KEY_SECONDS).key
            except PeersealError as error:
                raise keeping.stopped(_without_key(error, conversation, bond), bond) from None
            except BaseException:
                keeping.interrupted(bond)
                raise
            file = SealedFile(offer.id, offer.version, offer.record_size, key)
            park = park_secret(bytes(conversation.session.export("park")), file.id, file.version)
            if isinstance(sink, FolderSink):
                keeping = keep_receiving(
                    wish.keep_in,
                    sink,
                    offer,
                    file,
                    returning,
                    known,
                    park,
                    self._tell,
                    unhide=not wish.asked,
                    paths=wish.paths,
                )
            work = Collecting(file, offer, sink, bond, keeping, known, park, wish.paths)
            return collect(work, self._tell)
        finally:
            bond.close()


def _without_key(error: PeersealError, conversation: Conversation, bond: Bond) -> PeersealError:
    """What it means that no key came. The sender may believe that one did: if it comes back, it is told."""
    if not conversation.broken:
        return error
    with contextlib.suppress(PeersealError):
        again = bond.conversation(patience=SAY_SECONDS)
        if again is not None:
            where = again.wait(WhereArrived, time.monotonic() + SAY_SECONDS)
            again.do(lambda session: session.cancel(where.id, "not_found"))
            again.wait_for_end(time.monotonic() + _FAREWELL_SECONDS)
    return nothing_sent(bond.name)


def returning_of(wish: ReceiveWish, conversation: Conversation, known: Known) -> Returning:
    """What a receiver needs to come back."""
    session = conversation.session
    return Returning(
        server=wish.server,
        name=wish.name,
        role="receiver",
        side=session.side,
        resume=Secret(bytes(session.export("resume"))),
        verified=session.verified,
        may_send=session.may_send,
        peer=known.name,
        account=wish.account,
    )
