"""Receives one transfer: meet, shake hands, ask the person, carry, verify, put everything in its place."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from peerseal.client.settings import ServerUrl
from peerseal.crypto_engine import parse_code
from peerseal.errors import (
    Declined,
    Interrupted,
    PeersealError,
    UsageError,
    VerificationFailed,
)
from peerseal.files.folder_sink import FolderSink
from peerseal.files.sink import MemorySink, Sink, StreamSink
from peerseal.files.target import check_target
from peerseal.protocol.control import Offer as WireOffer
from peerseal.protocol.events import Established, KeyArrived, OfferArrived, PathArrived
from peerseal.protocol.manifest import BLOCK_BYTES
from peerseal.transfer import paths
from peerseal.transfer.cancel import Cancel
from peerseal.transfer.conversation import Conversation, wire_code
from peerseal.transfer.encounter import Encounter
from peerseal.transfer.events import (
    Complete,
    Event,
    FileDone,
    Notice,
    Offer,
    OfferedFile,
    Path,
    Ready,
    Request,
    Text,
)
from peerseal.transfer.incoming import Incoming, Kept
from peerseal.transfer.outgoing import SealedFile
from peerseal.transfer.person import Person
from peerseal.transfer.progress import Meter
from peerseal.transfer.recognition import Known, Recognition
from peerseal.transfer.send import HANDSHAKE_SECONDS, REQUEST_SECONDS
from peerseal.wire.limits import MIB
from peerseal.wire.messages import Joined
from peerseal.wire.value import Value

if TYPE_CHECKING:
    from peerseal.transfer.live_account import LiveAccount

TEXT_MAX_BYTES: Final = MIB
KEY_SECONDS: Final = 60.0
"""How long a sender may take from a yes to the key and the path."""
_NOT_THE_STRANGER: Final = ("connection_lost", "server_silent", "nobody_to_ask")
"""Failures of a request that are the server's or this side's own: no other request would fare better."""


class ReceiveWish(Value):
    """By `code` if given, else listed as `name`. Into the folder `target`, or the descriptor `target_fd`.

    `account`: who is signed in here. `asked`: the person sees offers before they are taken; otherwise hidden names get `_` in front.
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


class ReceiveResult(Value):
    """What arrived: final paths of the top-level items, or the text. `contact`: whose keys the sender proved to hold."""

    peer: str
    verified: bool
    paths: tuple[str, ...]
    text: str | None
    files: int
    bytes: int
    seconds: float
    path: str
    contact: str | None = None


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
        self._code = None if wish.code is None else parse_code(wish.code)
        if wish.target_fd is None:
            check_target(wish.target)
        self._encounter = Encounter(wish.server, cancel, wish.account)
        self._recognition = Recognition(wish.account, person, on_event)
        self._conversation: Conversation | None = None
        self._known = Known("", None, verified=False)

    def run(self) -> ReceiveResult:
        try:
            conversation = self._meet_listed() if self._code is None else self._meet_by_code()
            result = self._take_over(conversation)
            conversation.finish()
            return result
        except PeersealError as error:
            self._part(wire_code(error))
            raise
        except BaseException:
            self._part("cancelled")
            raise
        finally:
            self._encounter.close()

    def _part(self, code: str) -> None:
        if self._conversation is not None:
            self._conversation.finish(code, cancel=True)

    # --- meeting ---

    def _meet_by_code(self) -> Conversation:
        wish, code = self._wish, self._code
        if code is None:
            raise UsageError("There is no code.")
        self._encounter.join("receiver", wish.name, None, listed=False)
        request = self._encounter.claim(code.nameplate)
        deadline = time.monotonic() + (wish.timeout or REQUEST_SECONDS)
        room = self._encounter.wait_for_room(request, deadline, "The sender is busy with somebody else.")
        conversation = self._encounter.converse(room, asked=False, code=code, unchecked=False)
        self._conversation = conversation
        try:
            conversation.wait(Established, time.monotonic() + HANDSHAKE_SECONDS)
        except Interrupted as error:
            # The sender ended it between our claim and its confirmation: to us that is a code that failed.
            raise _code_failed() if error.code == "peer_left" else error from None
        self._known = self._recognition.by_code(conversation)
        return conversation

    def _meet_listed(self) -> Conversation:
        wish, encounter = self._wish, self._encounter
        joined = self._be_listed()
        you = joined.you
        self._tell(Ready(None, None, you.name, you.tag, joined.lobby.kind, joined.lobby.reason))
        deadline = None if wish.timeout is None else time.monotonic() + wish.timeout
        while True:
            asking = encounter.wait_for_request(deadline)
            try:
                conversation = self._answer(
                    asking.request, Request(self._recognition.called(asking.peer), asking.peer.tag)
                )
            except PeersealError as error:
                if not self._may_go_on(error):
                    raise
                self._start_over(error, asking.peer.name)
                continue
            if conversation is not None:
                return conversation

    def _be_listed(self) -> Joined:
        return self._encounter.join("receiver", self._wish.name, self._wish.room, listed=True)

    def _may_go_on(self, error: PeersealError) -> bool:
        """Whether a meeting that failed leaves us waiting for the next one: a stranger must not end our wait."""
        if not self._encounter.alive or error.code in _NOT_THE_STRANGER:
            return False
        met = self._conversation is not None and self._conversation.established
        # Once the keys are agreed, what fails (the words above all) is for the person to know.
        return not met or isinstance(error, Interrupted)

    def _start_over(self, error: PeersealError, name: str) -> None:
        """Leave the room that failed, if it came to one, and be listed again."""
        conversation, self._conversation = self._conversation, None
        if conversation is None:
            self._tell(Notice(error.message))
            return
        conversation.finish(wire_code(error), cancel=True)
        self._encounter.leave_conversation()
        self._be_listed()
        self._tell(Notice(f"Nothing came of the connection with {name}. You are listed again."))

    def _answer(self, request: str, who: Request) -> Conversation | None:
        encounter = self._encounter
        self._tell(who)

        def still() -> None:
            if encounter.withdrawn(request):
                raise Interrupted(f"{who.name} does not ask any more.", code="request_withdrawn")

        try:
            accepted = self._person.accept_request(who, still)
        except Declined:
            encounter.meeting.answer(request, accept=False)
            raise
        if not accepted:
            encounter.meeting.answer(request, accept=False)
            return None
        encounter.meeting.answer(request, accept=True)
        room = encounter.wait_for_room(
            request, time.monotonic() + HANDSHAKE_SECONDS, "The room did not open."
        )
        conversation = encounter.converse(room, asked=False, code=None, unchecked=False)
        self._conversation = conversation
        established = conversation.wait(Established, time.monotonic() + HANDSHAKE_SECONDS)
        self._known = self._recognition.by_words(
            conversation, established.words, sending=False, unchecked=True
        )
        return conversation

    # --- taking over ---

    def _take_over(self, conversation: Conversation) -> ReceiveResult:
        # The sender's person may still be comparing words or choosing files: no deadline but the peer's life.
        offer = conversation.wait(OfferArrived).offer
        conversation.refuses_offers = "busy"
        sink = self._accept(conversation, offer)
        try:
            return self._carry(conversation, offer, sink)
        finally:
            sink.abort()

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
        wish = self._wish
        return Offer(
            files=tuple(OfferedFile(entry.path, entry.size, entry.kind) for entry in offer.preview),
            count=offer.files,
            bytes=offer.bytes,
            text=offer.text,
            name=self._known.name,
            verified=self._known.verified,
            contact=self._known.contact,
            mode="words" if self._code is None else "code",
            target=None if wish.target_fd is not None or offer.text else os.path.abspath(wish.target),  # noqa: PTH100 - pathlib costs start-up time
        )

    def _sink(self, offer: WireOffer) -> Sink:
        if self._wish.target_fd is not None:
            if offer.files != 1:
                raise UsageError("Only one file or text can go to standard output.", code="stdout_single")
            return StreamSink(self._wish.target_fd)
        if offer.text:
            return MemorySink(TEXT_MAX_BYTES)
        sink = FolderSink(os.path.abspath(self._wish.target), unhide=not self._wish.asked)  # noqa: PTH100 - as above
        try:
            sink.check_space((offer.bytes or 0) + BLOCK_BYTES * offer.files)
        except PeersealError:
            sink.abort()
            raise
        return sink

    def _carry(self, conversation: Conversation, offer: WireOffer, sink: Sink) -> ReceiveResult:
        key = conversation.wait(KeyArrived, time.monotonic() + KEY_SECONDS).key
        where = conversation.wait(PathArrived, time.monotonic() + KEY_SECONDS)
        file = SealedFile(offer.id, offer.version, offer.record_size, key)
        meter = Meter(offer.bytes, self._tell)

        def on_kept(kept: Kept) -> None:
            conversation.do(lambda session: session.ack(offer.id, kept.manifest, kept.content, kept.bytes))
            conversation.heard()

        with paths.open_relay(conversation, self._wish.server, where.stream, "receive") as end:
            self._tell(Path(end.kind, end.detail))
            incoming = Incoming(end, file, offer, sink, on_kept=on_kept, on_bytes=meter.advance)
            with paths.reason_of(conversation):
                incoming.run()
            kind = end.kind
        placed = sink.finish()
        conversation.do(lambda session: session.done(offer.id))
        meter.finish("")
        return self._result(offer, sink, placed, meter, kind=kind)

    def _result(
        self,
        offer: WireOffer,
        sink: Sink,
        placed: list[str],
        meter: Meter,
        *,
        kind: str,
    ) -> ReceiveResult:
        files = offer.files
        known = self._known
        text = None
        if isinstance(sink, MemorySink):
            text = sink.content.decode(errors="replace")
            self._tell(Text(text))
        for path in sink.placed():
            self._tell(FileDone(path))
        final = tuple(placed)
        self._tell(
            Complete(
                files,
                meter.done,
                meter.seconds,
                kind,
                known.name,
                received=True,
                paths=final,
                text=offer.text,
            )
        )
        return ReceiveResult(
            known.name,
            known.verified,
            final,
            text,
            files,
            meter.done,
            meter.seconds,
            kind,
            known.contact,
        )


def _code_failed() -> VerificationFailed:
    return VerificationFailed(
        "The code did not hold: it was wrong, or the other side stopped.",
        code="wrong_code",
        hint="A code is good for one try; ask for a new one.",
    )
