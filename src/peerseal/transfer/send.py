"""Sends one source to one receiver: meet, shake hands, check, offer, carry, wait until it is there."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from peerseal.client.settings import ServerUrl
from peerseal.crypto_engine import (
    Code,
    check_strength,
    commitment,
    new_code,
    new_file_id,
    new_file_key,
    parse_code,
    random_bytes,
)
from peerseal.errors import Interrupted, PeersealError, TimedOut, VerificationFailed
from peerseal.files.source import Source
from peerseal.protocol.control import Offer, preview_of
from peerseal.protocol.events import AnswerArrived, DoneArrived, Established
from peerseal.protocol.manifest import ManifestWriter
from peerseal.protocol.session import Session
from peerseal.transfer import paths
from peerseal.transfer.cancel import Cancel
from peerseal.transfer.conversation import Conversation, cancelled_error, wire_code
from peerseal.transfer.encounter import Encounter
from peerseal.transfer.events import Complete, Event, FileDone, Notice, Path, Ready, Waiting
from peerseal.transfer.outgoing import Outgoing, SealedFile
from peerseal.transfer.person import Person
from peerseal.transfer.progress import Meter
from peerseal.transfer.reachable import seen_from_outside
from peerseal.transfer.recognition import Known, Recognition, guest
from peerseal.transfer.wanted import Wanted
from peerseal.wire.limits import CODE_SECONDS, CONFIRMATION_SECONDS, RECORD_SIZE, STREAM_ID_BYTES
from peerseal.wire.messages import Peer as Listed
from peerseal.wire.messages import Room
from peerseal.wire.value import Value

if TYPE_CHECKING:
    from peerseal.transfer.live_account import LiveAccount

NAME_SECONDS: Final = 600.0
"""How long to wait for somebody to appear in the list, unless told."""
HANDSHAKE_SECONDS: Final = 30.0
CLAIM_SECONDS: Final = 10.0
REQUEST_SECONDS: Final = 75.0
_MAX_NOTICES: Final = 20


class SendWish(Value):
    """What is to be sent, to whom, and how long to wait. Without `to`, a code is made (or `code` is used).

    `account`: who is signed in here; without one this side is a guest. `patience`: seconds after which somebody who
    is not listed counts as absent (NotThere), for who has another way to send it.
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
    patience: float | None = None


class NotThere(TimedOut):
    """Whoever is meant is not listed. Nobody was asked anything."""

    default_code = "not_there"


class SendResult(Value):
    """What got across. `bytes` of content, `seconds` from the first record to the receiver's word.

    `contact`: whose keys the receiver proved to hold, None for a guest.
    """

    peer: str
    verified: bool
    files: int
    bytes: int
    seconds: float
    path: str
    contact: str | None = None


def send(wish: SendWish, person: Person, on_event: Callable[[Event], None], cancel: Cancel) -> SendResult:
    """Carry out the wish. Raises PeersealError; events go to `on_event`, on the calling thread."""
    return _Sending(wish, person, on_event, cancel).run()


class _Sending:
    def __init__(
        self, wish: SendWish, person: Person, on_event: Callable[[Event], None], cancel: Cancel
    ) -> None:
        self._wish = wish
        self._tell = on_event
        self._own_code = None if wish.code is None else parse_code(wish.code)
        if self._own_code is not None:
            check_strength(self._own_code)
        self._encounter = Encounter(wish.server, cancel, wish.account)
        self._recognition = Recognition(wish.account, person, on_event)
        self._known = Known("", None, verified=False)
        self._source: Source | None = None

    def run(self) -> SendResult:
        conversation: Conversation | None = None
        try:
            conversation = (
                self._meet_by_code() if self._wish.to is None else self._meet_by_name(self._wish.to)
            )
            result = self._hand_over(conversation)
            conversation.finish()
            return result
        except PeersealError as error:
            if conversation is not None:
                conversation.finish(wire_code(error), cancel=True)
            raise
        except BaseException:
            if conversation is not None:
                conversation.finish("cancelled", cancel=True)
            raise
        finally:
            if self._source is not None:
                self._source.close()
            self._encounter.close()

    # --- meeting ---

    def _meet_by_name(self, to: str) -> Conversation:
        wish = self._wish
        joined = self._encounter.join("sender", wish.name, wish.room, listed=True)
        if joined.lobby.kind == "none":
            self._tell(Notice("Nobody can be seen from here. Send a code instead: leave --to away."))
        source = self._open_source()
        self._tell(Waiting(to, asked=False))
        deadline = time.monotonic() + (wish.timeout or NAME_SECONDS)
        wanted = Wanted(to, wish.account)
        peer = self._wait_for_peer(wanted, deadline)
        self._tell(Waiting(self._recognition.called(peer), asked=True))
        request = self._encounter.meeting.connect(peer.id)
        try:
            room = self._encounter.wait_for_room(
                request, time.monotonic() + REQUEST_SECONDS, f"{peer.name} did not answer in time."
            )
        except BaseException:
            with contextlib.suppress(PeersealError):
                self._encounter.meeting.cancel(request)
            raise
        conversation = self._encounter.converse(room, asked=True, code=None, unchecked=wish.unverified)
        conversation.refuses_offers = "role"
        try:
            established = conversation.wait(Established, time.monotonic() + HANDSHAKE_SECONDS)
            self._known = self._recognition.by_words(
                conversation,
                established.words,
                sending=True,
                unchecked=wish.unverified,
                meant=wanted.contact(peer),
            )
        except PeersealError as error:
            conversation.finish(wire_code(error))
            raise
        self._source = source
        return conversation

    def _wait_for_peer(self, wanted: Wanted, deadline: float) -> Listed:
        """Raises NotThere once patience is over."""
        patience = self._wish.patience
        if patience is None:
            return self._encounter.wait_for_peer(wanted, "receiver", deadline, self._namesake)
        soon = min(deadline, time.monotonic() + patience)
        try:
            return self._encounter.wait_for_peer(wanted, "receiver", soon, self._namesake)
        except TimedOut as error:
            raise NotThere(error.message, retryable=True) from None

    def _meet_by_code(self) -> Conversation:
        wish, meeting = self._wish, self._encounter.meeting
        joined = self._encounter.join("sender", wish.name, None, listed=False)
        nameplate = meeting.allocate(self._own_code.nameplate if self._own_code else None)
        code = self._own_code or new_code(nameplate, wish.code_words)
        link = f"{seen_from_outside(wish.server)}/#code={code.text}"
        you = joined.you
        self._tell(Ready(code.text, link, you.name, you.tag, joined.lobby.kind, joined.lobby.reason))
        try:
            # Only now: the code stands on the screen before anything is looked at on the disk.
            self._open_source()
            deadline = time.monotonic() + (wish.timeout or CODE_SECONDS + 60)
            while True:
                room = self._encounter.wait_for_room(None, deadline, "Nobody used the code in time.")
                conversation = self._try_code(room, code)
                if conversation is not None:
                    break
        except BaseException:
            with contextlib.suppress(PeersealError):
                meeting.release()
            raise
        meeting.release()
        return conversation

    def _try_code(self, room: Room, code: Code) -> Conversation | None:
        """One handshake. None if it broke before a guess was out: the code is still good then."""
        conversation = self._encounter.converse(room, asked=True, code=code, unchecked=False)
        conversation.refuses_offers = "role"
        try:
            _shake_hands(conversation)
        except PeersealError as error:
            conversation.finish(wire_code(error))
            # Asked only now: until it was over, an answer could still bring a guess.
            guessed = conversation.guess_is_out
            self._encounter.leave_conversation()
            if not guessed and self._encounter.alive:
                return None
            raise _wrong_code() if guessed and error.code != "cancelled" else error from None
        except BaseException:
            conversation.finish("cancelled")
            raise
        self._known = self._recognition.by_code(conversation)
        return conversation

    def _namesake(self, peer: Listed) -> None:
        self._tell(
            Notice(
                f"{guest(peer.name)} is here, but not signed in as your contact. To ask that guest all the same: "
                f"--to {peer.name}#{peer.tag}"
            )
        )

    # --- handing over ---

    def _open_source(self) -> Source:
        self._source = source = self._wish.open_source()
        for notice in source.notices[:_MAX_NOTICES]:
            self._tell(Notice(notice))
        if len(source.notices) > _MAX_NOTICES:
            self._tell(Notice(f"… and {len(source.notices) - _MAX_NOTICES} more like these."))
        return source

    def _hand_over(self, conversation: Conversation) -> SendResult:
        source = self._source
        if source is None:
            raise Interrupted("There is nothing to send.", code="failed")
        file = SealedFile(new_file_id(), 1, self._wish.record_size, new_file_key())
        sizes = [entry.size for entry in source.entries]
        is_open = None in sizes
        total = None if is_open else sum(size or 0 for size in sizes)
        writer = ManifestWriter(is_open, file.record_size)
        head = writer.entries(source.entries)
        files = sum(1 for entry in source.entries if entry.kind != "directory")
        offer = Offer(
            id=file.id,
            version=file.version,
            record_size=file.record_size,
            commitment=commitment(file.key, file.id, file.version),
            files=files,
            bytes=total,
            open=is_open,
            text=any(entry.kind == "text" for entry in source.entries),
            shared=False,
            preview=preview_of(entry.preview for entry in source.entries),
        )
        self._offer(conversation, offer)
        stream = random_bytes(STREAM_ID_BYTES)

        def announce(session: Session) -> None:
            session.file_key(file.id, file.key)
            session.path(file.id, "relay", stream, 0, 0)

        conversation.do(announce)
        meter = Meter(total, self._tell)
        with paths.open_relay(conversation, self._wish.server, stream, "send") as end:
            self._tell(Path(end.kind, end.detail))
            outgoing = Outgoing(end, file, source, meter.advance, conversation.on_begin)
            with paths.reason_of(conversation):
                outgoing.send_head(writer, head)
                outgoing.send_content(total, conversation.wait_for_ack)
                outgoing.send_sizes(writer)
                end.finish()
            conversation.wait(DoneArrived)
            kind = end.kind
        meter.finish("")
        for entry in source.entries:
            if entry.kind == "file":
                self._tell(FileDone(entry.path))
        name, contact = self._known.name, self._known.contact
        self._tell(Complete(files, meter.done, meter.seconds, kind, name, received=False, text=offer.text))
        return SendResult(name, self._known.verified, files, meter.done, meter.seconds, kind, contact)

    def _offer(self, conversation: Conversation, offer: Offer) -> None:
        conversation.do(lambda session: session.offer(offer))
        # A person may take long to answer; one that has gone is noticed by the conversation.
        answer = conversation.wait(AnswerArrived)
        if not answer.accept:
            raise cancelled_error(answer.code or "declined", conversation.room.peer.name)


def _shake_hands(conversation: Conversation) -> None:
    """Wait for a claimer's part. While it is silent others cannot try, so its time is short until its guess is out."""
    try:
        conversation.wait(Established, time.monotonic() + CLAIM_SECONDS)
    except TimedOut:
        if conversation.over is not None or not conversation.guess_is_out:
            raise
        conversation.wait(Established, time.monotonic() + CONFIRMATION_SECONDS + 1)


def _wrong_code() -> VerificationFailed:
    return VerificationFailed(
        "Somebody used a wrong code. It is closed now, for both sides.",
        code="wrong_code",
        hint="If that was a slip, make a new code by sending again.",
    )
