"""One sealed conversation: a session of the protocol, fed by the meeting's thread and steered by another.

The meeting's thread brings messages and time; the steering thread waits for events here. When the conversation
ends, for whatever reason, the bulk end that is attached is aborted, so that a thread blocked in it wakes up; the
reason is then the error that `wait` and `check` raise.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from peerseal.client.meet import Meeting
from peerseal.errors import (
    Declined,
    IntegrityFailed,
    Interrupted,
    LocalFileFailed,
    PeersealError,
    TimedOut,
    VerificationFailed,
)
from peerseal.protocol.control import Ack
from peerseal.protocol.events import (
    AckArrived,
    AnswerArrived,
    Cancelled,
    DoneArrived,
    Established,
    Event,
    Failed,
    OfferArrived,
    PeerLeft,
    PeerVanished,
)
from peerseal.protocol.session import Session
from peerseal.transfer.cancel import Cancel
from peerseal.transfer.lock import Lock
from peerseal.transfer.outgoing import Begun
from peerseal.wire.messages import Room

if TYPE_CHECKING:
    from peerseal.crypto_engine import Bundle, Identity

_EventType = TypeVar("_EventType")
_MAX_WAITING_EVENTS: Final = 1_000


class Abortable(Protocol):
    """A bulk end that another thread can cut."""

    def abort(self) -> None:
        """Make its blocked calls fail."""


class Conversation:
    """A session in a room. Shares the meeting's lock and condition, so there is one order of things."""

    def __init__(
        self,
        meeting: Meeting,
        lock: Lock,
        cancel: Cancel,
        room: Room,
        session: Session,
        *,
        identity: Identity | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`identity`: who this side proves to be as soon as it can."""
        self.room: Final = room
        self.meeting: Final = meeting
        self.acked = Ack(b"", 0, 0, 0)
        #: What this side has sent of its file: the receiver cannot have more than that.
        self.begun = Begun()
        self.over: PeersealError | None = None
        self._lock = lock
        self._cancel = cancel
        self._session = session
        self._identity = identity
        self._clock = clock
        #: The peer has offered or answered: from then on it is who it has said.
        self._introduced = False
        #: What offers are answered with instead of being told; None while one is wanted.
        self.refuses_offers: str | None = None
        self._events: deque[Event] = deque()
        self._bulk: Abortable | None = None

    @property
    def established(self) -> bool:
        """Whether both confirmations verified."""
        return self._session.established

    @property
    def guess_is_out(self) -> bool:
        """In code mode: an end now, whatever its cause, has spent the code."""
        return self._session.awaiting_confirmation

    def start(self) -> None:
        """Send what this side says first."""
        with self._lock:
            self._take(self._session.start(self._clock()))

    def do(self, act: Callable[[Session], None]) -> None:
        """Act on the session and send what it says. Raises the reason if the conversation is over."""
        with self._cancel.shield(), self._lock:
            self.check()
            act(self._session)
            self._flush()

    def wait(self, kind: type[_EventType], deadline: float | None = None) -> _EventType:
        """The next event of `kind`; others are passed over. Raises why it ended, or TimedOut."""
        with self._lock:
            while True:
                while self._events:
                    event = self._events.popleft()
                    if isinstance(event, kind):
                        return event
                self.check()
                self._wait_until(deadline)

    def wait_for_identity(self, deadline: float) -> Bundle | None:
        """The keys the peer proved to hold; None if it went on without, or has not said so by `deadline`.

        Raises why it ended.
        """
        with self._lock:
            while self._session.peer is None and not self._introduced:
                self.check()
                left = deadline - self._clock()
                if left <= 0:
                    break
                self._lock.wait(left)
            self.check()
            return self._session.peer

    def wait_for_ack(self, content: int) -> None:
        """Wait until the receiver keeps at least `content` content records. Raises why it ended."""
        with self._lock:
            while self.acked.content < content:
                self.check()
                self._lock.wait(None)

    def check(self) -> None:
        """Raise the reason if the conversation is over."""
        if self.over is not None:
            raise self.over

    def wait_for_reason(self, deadline: float) -> bool:
        """After the path was cut: True if the receiver has everything, else raise why it ended.

        False if neither is known by `deadline`.
        """
        with self._lock:
            while (left := deadline - self._clock()) > 0:
                if any(isinstance(event, DoneArrived) for event in self._events):
                    return True
                self.check()
                self._lock.wait(left)
        return False

    def attach(self, bulk: Abortable) -> None:
        """From now on this bulk end is cut when the conversation ends. Raises if it has ended."""
        with self._lock:
            self.check()
            self._bulk = bulk

    def detach(self) -> None:
        """The bulk end is closed by its owner."""
        with self._lock:
            self._bulk = None

    def on_begin(self, begun: Begun) -> None:
        """A record of this side's file is about to leave."""
        self.begun = begun

    def heard(self) -> None:
        """A record was opened: the peer is alive."""
        self._session.heard(self._clock())

    def end(self, error: PeersealError) -> None:
        """Stop with this reason; the first one counts."""
        with self._lock:
            if self.over is None:
                self.over = error
            if self._bulk is not None:
                self._bulk.abort()
            self._lock.notify()

    def finish(self, code: str | None = None, *, cancel: bool = False) -> None:
        """Say goodbye (with a cancel first, if wanted) and close the room. Never raises."""
        with self._lock:
            if cancel:
                self._session.cancel(None, code or "cancelled")
            self._session.bye(code)
            try:
                self._flush()
                self.meeting.close_room(self.room.room)
            except PeersealError:
                return  # the connection is gone, and the other side learns it that way

    def on_signal(self, body: bytes) -> None:
        """A message of the peer's. Called by the meeting's thread."""
        with self._lock:
            self._take(self._session.receive(body, self._clock()))

    def on_tick(self) -> None:
        """About a second has passed. Called by the meeting's thread."""
        with self._lock:
            self._take(self._session.tick(self._clock()))

    def on_closed(self, code: str) -> None:
        """The server says that the room is gone."""
        with self._lock:
            # A guess that was out is a wrong code, however the room ended; else the server's word says how.
            failed = (event for event in self._session.disconnected() if isinstance(event, Failed))
            self._take(list(failed))
            self.end(closed_error(code, self.room.peer.name))

    def _take(self, events: list[Event]) -> None:
        if self._identity is not None and any(isinstance(event, Established) for event in events):
            self._session.identity(self._identity)
        self._flush()
        for event in events:
            self._introduced = self._introduced or isinstance(event, OfferArrived | AnswerArrived)
            if self._claims_too_much(event):
                self.end(
                    IntegrityFailed("The other side says it has what was never sent.", code="out_of_order")
                )
            elif isinstance(event, AckArrived):
                self.acked = event.ack
            elif isinstance(event, OfferArrived) and self.refuses_offers is not None:
                self._session.answer(event.offer.id, accept=False, code=self.refuses_offers)
                self._flush()
            elif (error := self._ending(event)) is not None:
                self.end(error)
            elif len(self._events) < _MAX_WAITING_EVENTS:
                self._events.append(event)
        if events:
            self._lock.notify()

    def _claims_too_much(self, event: Event) -> bool:
        begun = self.begun
        if isinstance(event, AckArrived):
            ack = event.ack
            return ack.manifest > begun.manifest or ack.content > begun.content or ack.bytes > begun.bytes
        return isinstance(event, DoneArrived) and not begun.all

    def _ending(self, event: Event) -> PeersealError | None:
        name = self.room.peer.name
        match event:
            case Failed(error):
                return _not_bound(name) if error.code == "signature_invalid" else error
            case PeerVanished():
                return TimedOut(f"{name} fell silent.", code="peer_vanished", retryable=True)
            case PeerLeft(code):
                return left_error(code, name)
            case Cancelled(_, code, _):
                return cancelled_error(code, name)
        return None

    def _flush(self) -> None:
        for body in self._session.outbox():
            self.meeting.signal(self.room.room, body)

    def _wait_until(self, deadline: float | None) -> None:
        left = None if deadline is None else deadline - self._clock()
        if left is not None and left <= 0:
            raise TimedOut(f"{self.room.peer.name} did not answer in time.", retryable=True)
        self._lock.wait(left)


def _not_bound(name: str) -> IntegrityFailed:
    return IntegrityFailed(
        f"What {name} showed as proof of its keys does not belong to this connection: somebody may be between you.",
        code="signature_invalid",
        hint="Nothing was sent. Try again on another network.",
    )


def wire_code(error: PeersealError) -> str:
    """The code under which the other side is told of this side's failure."""
    if isinstance(error, LocalFileFailed) and error.code not in _DISK:
        return error.default_code
    return "declined" if error.code == "nobody_to_ask" else error.code


def closed_error(code: str, name: str) -> PeersealError:
    """Why a room that the server closed ends a transfer."""
    if code == "vanished":
        return TimedOut(f"{name} fell silent.", code="peer_vanished", retryable=True)
    return Interrupted(f"{name} left before everything was across.", code="peer_left", retryable=True)


def left_error(code: str | None, name: str) -> PeersealError:
    """Why a goodbye ends a transfer."""
    if code is None:
        return Interrupted(f"{name} left before everything was across.", code="peer_left", retryable=True)
    return cancelled_error(code, name)


_SAID_NO: Final = {
    "declined": "said no",
    "cancelled": "cancelled",
    "role": "is sending too, so nobody receives",
    "timed_out": "did not answer in time",
}
_DISK: Final = {
    "no_space": "has no space left for this",
    "source_changed": "stopped: a file changed or vanished while it was being sent",
    "local_file": "could not read or write a file",
}


def cancelled_error(code: str, name: str) -> PeersealError:
    """The error for a code the other side ended with; a code that is not known is shown as cancelled."""
    if code in ("words_differ", "not_verified", "key_changed"):
        return VerificationFailed(
            f"{name} sees other check words. Somebody may be between you."
            if code == "words_differ"
            else f"{name} could not verify you and stopped.",
            code="not_verified" if code == "key_changed" else code,
        )
    if code in ("wrong_code", "confirmation_failed"):
        return VerificationFailed("The code was wrong.", code="wrong_code")
    if code in _INTEGRITY:
        return IntegrityFailed(
            f"{name} received something that does not hold, and kept none of it.", code=code
        )
    if code in _DISK:
        return Interrupted(f"{name} {_DISK[code]}.", code=code, retryable=True)
    return Declined(
        f"{name} {_SAID_NO.get(code, 'cancelled')}.", code=code if code in _SAID_NO else "cancelled"
    )


_INTEGRITY: Final = frozenset(
    [
        "signature_invalid",
        "not_authentic",
        "truncated",
        "out_of_order",
        "malformed",
        "manifest_invalid",
        "unsafe_name",
        "limit",
        "commitment_mismatch",
    ]
)
