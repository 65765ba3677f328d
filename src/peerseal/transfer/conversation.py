"""One sealed conversation: a session of the protocol, fed by the meeting's thread and steered by another.

The meeting's thread brings messages and time; the steering thread waits for events here. When the conversation
ends, for whatever reason, the bulk end that is attached is aborted, so that a thread blocked in it wakes up; the
reason is then the error that `wait` and `check` raise. `broken` says whether that reason is only a break: nobody
wanted it, so both sides may meet again (docs/protocol.md §15.2).
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeVar

from peerseal.client.meet import Meeting
from peerseal.errors import PeersealError, TimedOut
from peerseal.protocol.events import (
    AckArrived,
    AnswerArrived,
    CandidatesArrived,
    DoneArrived,
    Established,
    Event,
    Failed,
    OfferArrived,
    PeerVanished,
    WhereArrived,
)
from peerseal.protocol.session import Session
from peerseal.transfer.cancel import Cancel
from peerseal.transfer.endings import closed_error, ending_of, is_break, never_sent
from peerseal.transfer.held import Held
from peerseal.transfer.lock import Lock
from peerseal.transfer.path_in_use import PathInUse
from peerseal.wire.messages import Room

if TYPE_CHECKING:
    from peerseal.crypto_engine import Bundle, Identity
    from peerseal.protocol.control import Ack
    from peerseal.protocol.moves import Candidates, Have
    from peerseal.transfer.outgoing import Begun

_EventType = TypeVar("_EventType")
_MAX_WAITING_EVENTS: Final = 1_000


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
        name: str | None = None,
    ) -> None:
        """`identity`: who this side proves to be as soon as it can. `name`: the other side's, if not as in `room`."""
        self.room: Final = room
        self._name: Final = room.peer.name if name is None else name
        self.meeting: Final = meeting
        #: What the other side says it has of what this one sends.
        self.held: Final = Held(clock)
        #: The path that what is sent or received takes just now.
        self.path: Final = PathInUse(lock, self.check)
        self.over: PeersealError | None = None
        #: The end is a break: neither side wanted it.
        self.broken = False
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
        self._on_tick: Callable[[], None] | None = None
        self._candidates: list[Candidates] = []
        self._on_candidates: Callable[[Candidates], None] | None = None

    @property
    def established(self) -> bool:
        """Whether both confirmations verified."""
        return self._session.established

    @property
    def guess_is_out(self) -> bool:
        """In code mode: an end now, whatever its cause, has spent the code."""
        return self._session.awaiting_confirmation

    @property
    def session(self) -> Session:
        """The protocol's own state, to be read."""
        return self._session

    @property
    def told_where(self) -> bool:
        """Whether the other side has said where it can be reached directly."""
        return bool(self._candidates)

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

    def say(self, act: Callable[[Session], None]) -> None:
        """As `do`, for threads beside the steering one: no signal interrupts those."""
        with self._lock:
            self.check()
            act(self._session)
            self._flush()

    def ask_where(self, file_id: bytes) -> None:
        """After a break: ask what the receiver holds. Until it says so, acks count but tell of no new break."""
        with self._cancel.shield(), self._lock:
            self.check()
            self.held.asked()
            self._session.where(file_id)
            self._flush()

    def answered(self, have: Have, begun: Begun) -> None:
        """The receiver has said what it holds, to which this side went back: no path is in use that could have broken."""
        with self._lock:
            self.path.begin()
            self.held.answered(have, begun)

    # --- waiting ---

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

    def wait_any(
        self, *kinds: type[Event], deadline: float | None = None, keep: type[Event] | None = None
    ) -> Event:
        """The next event of one of these kinds; others are passed over, one of kind `keep` stays.

        Raises why it ended, or TimedOut.
        """
        with self._lock:
            while True:
                while self._events:
                    event = self._events[0]
                    if keep is None or not isinstance(event, keep):
                        self._events.popleft()
                    if isinstance(event, kinds):
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
        """Wait until the receiver keeps at least `content` content records. Raises why it ended, or that the path is cut."""
        with self._lock:
            while self.held.acked.content < content:
                self.check()
                self.path.check()
                self._lock.wait(None)

    def wait_for_done(self) -> None:
        """Wait until the receiver has everything in its place. Raises why it ended, or that the path is cut."""
        with self._lock:
            while not self._took_done():
                self.check()
                self.path.check()
                self._lock.wait(None)

    def wait_until(self, come: Callable[[], bool], deadline: float) -> bool:
        """Wait until `come` says so, looking after each `wake`; False if it has not by `deadline`. Raises why it ended."""
        with self._lock:
            while not come():
                self.check()
                left = deadline - self._clock()
                if left <= 0:
                    return False
                self._lock.wait(left)
            return True

    def wake(self) -> None:
        """Let every waiter look again."""
        with self._lock:
            self._lock.notify()

    def wait_for_end(self, deadline: float) -> None:
        """Wait until the conversation is over, however, or until `deadline`."""
        with self._lock:
            while self.over is None and (left := deadline - self._clock()) > 0:
                self._lock.wait(left)

    def done_has_come(self) -> bool:
        """Whether the receiver has said that it has everything."""
        with self._lock:
            return self._took_done()

    def check(self) -> None:
        """Raise the reason if the conversation is over."""
        if self.over is not None:
            raise self.over

    # --- the path in use ---

    def begin_path(self) -> None:
        """A new path is announced: what was said of the one before does not count for it."""
        with self._lock:
            # Asked already what is held: the path that was announced before that is no more.
            self.path.begin(broken=any(isinstance(event, WhereArrived) for event in self._events))
            self.held.on_a_path()

    def heard(self) -> None:
        """A record was opened: the peer is alive."""
        self._session.heard(self._clock())

    def every_tick(self, act: Callable[[], None] | None) -> None:
        """Call `act` on the meeting's thread about every second; None: no more."""
        self._on_tick = act

    def hear_candidates(self, take: Callable[[Candidates], None]) -> None:
        """Give every message about where the other side listens to `take`, those that came before too."""
        with self._lock:
            self._on_candidates = take
            for candidates in self._candidates:
                take(candidates)

    def hear_acks(self, take: Callable[[Ack], None] | None) -> None:
        """Give every ack to `take`, on the meeting's thread as it comes; None: no more, from the return on."""
        with self._lock:
            self.held.on_ack = take

    # --- ending ---

    def end(self, error: PeersealError, *, broken: bool = False) -> None:
        """Stop with this reason; the first one counts."""
        with self._lock:
            if self.over is None:
                self.over = error
                self.broken = broken
            self.path.abort()
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

    # --- the meeting's thread ---

    def on_signal(self, body: bytes) -> None:
        """A message of the peer's. Called by the meeting's thread."""
        with self._lock:
            self._take(self._session.receive(body, self._clock()))

    def on_tick(self) -> None:
        """About a second has passed. Called by the meeting's thread."""
        with self._lock:
            self._take(self._session.tick(self._clock()))
            if self._on_tick is not None and self.over is None:
                self._on_tick()

    def on_closed(self, code: str) -> None:
        """The server says that the room is gone."""
        with self._lock:
            # A guess that was out is a wrong code, however the room ended; else the server's word says how.
            failed = (event for event in self._session.disconnected() if isinstance(event, Failed))
            self._take(list(failed))
            # Who ends it on purpose says so first: a room that only closes is a break, whoever closed it.
            self.end(closed_error(code, self._name), broken=True)

    def _take(self, events: list[Event]) -> None:
        if self._identity is not None and any(isinstance(event, Established) for event in events):
            self._session.identity(self._identity)
        self._flush()
        for event in events:
            self._introduced = self._introduced or isinstance(event, OfferArrived | AnswerArrived)
            error = ending_of(event, self._name)
            if error is not None or self.held.claims_too_much(event):
                self.end(error or never_sent(), broken=isinstance(event, PeerVanished))
            elif not self._take_at_once(event) and len(self._events) < _MAX_WAITING_EVENTS:
                self._events.append(event)
                if isinstance(event, WhereArrived):
                    self.path.cut()
        if events:
            self._lock.notify()

    def _take_at_once(self, event: Event) -> bool:
        """What the steering thread does not wait for."""
        self.held.spoke(event)
        if isinstance(event, AckArrived):
            if not self.held.acknowledged(event.ack):
                self.path.cut()
        elif isinstance(event, CandidatesArrived):
            self._candidates_came(event.candidates)
        elif isinstance(event, OfferArrived) and self.refuses_offers is not None:
            self._session.answer(event.offer.id, accept=False, code=self.refuses_offers)
            self._flush()
        else:
            return False
        return True

    def _candidates_came(self, candidates: Candidates) -> None:
        self._candidates.append(candidates)  # the session counts them
        if self._on_candidates is not None:
            self._on_candidates(candidates)

    def _took_done(self) -> bool:
        return any(isinstance(event, DoneArrived) for event in self._events)

    def _flush(self) -> None:
        try:
            for body in self._session.outbox():
                self.meeting.signal(self.room.room, body)
        except PeersealError as error:
            # What could not be said is missing in this channel for good: only another one goes on.
            self.end(error, broken=is_break(error))
            raise

    def _wait_until(self, deadline: float | None) -> None:
        left = None if deadline is None else deadline - self._clock()
        if left is not None and left <= 0:
            raise TimedOut(f"{self._name} did not answer in time.", retryable=True)
        self._lock.wait(left)
