"""How two people come together: by name, by code, or by being asked; the result is a conversation.

Owns the meeting. Its thread's messages wait in an inbox until the steering thread takes them; signals of a room go to
the conversation in it.
"""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from peerseal.client.meet import Meeting
from peerseal.client.settings import ServerUrl
from peerseal.crypto_engine import Code
from peerseal.errors import Interrupted, NotFound, PeersealError, TimedOut
from peerseal.protocol.handshake import Handshake
from peerseal.protocol.session import Session
from peerseal.transfer.cancel import Cancel
from peerseal.transfer.conversation import Conversation
from peerseal.transfer.inbox import Inbox
from peerseal.transfer.lock import Lock
from peerseal.transfer.unmet import NOT_LISTED, request_error, was_cancelled
from peerseal.transfer.wanted import Wanted
from peerseal.wire.messages import (
    CodeClosed,
    Joined,
    Peer,
    Request,
    RequestEnded,
    Role,
    Room,
    RoomClosed,
    ServerMessage,
    Side,
    Signal,
)

if TYPE_CHECKING:
    from peerseal.transfer.live_account import LiveAccount

_MAX_EARLY_SIGNALS: Final = 64


class Encounter:
    """A meeting of this side's person with others. Close it at the end, whatever happened."""

    def __init__(
        self,
        server: ServerUrl,
        cancel: Cancel,
        account: LiveAccount | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`account` is who is signed in on this side."""
        self.conversation: Conversation | None = None
        self._clock = clock
        self._lock = Lock()
        self._inbox = Inbox()
        self._early: deque[Signal | RoomClosed] = deque()
        self._left_room = ""
        self._lost: PeersealError | None = None
        self._cancel = cancel
        self._account = account
        self._server = server
        self.meeting = self._open()
        cancel.on_cancel(self._cancelled)

    @property
    def alive(self) -> bool:
        """Whether the meeting is still connected and nobody cancelled."""
        return self._lost is None and not self._cancel.cancelled

    @property
    def cancelled(self) -> bool:
        """Whether the person wants no more."""
        return self._cancel.cancelled

    # --- the steering thread ---

    def reopen(self) -> None:
        """After the connection was lost: another one, which has not joined. Raises PeersealError, and stays lost."""
        with contextlib.suppress(PeersealError):
            self.meeting.close()
        meeting = self._open()
        with self._lock:
            self.meeting, self._lost, self.conversation = meeting, None, None
            self._inbox = Inbox()
            self._early.clear()

    def _open(self) -> Meeting:
        return Meeting.open(self._server, self, None if self._account is None else self._account.token)

    def join(self, role: Role, name: str, room: str | None, *, listed: bool) -> Joined:
        """Enter; who is in the lobby is kept up to date from now on."""
        joined = self.meeting.join(role, name, room, listed=listed)
        with self._lock:
            self._inbox.found(joined.peers)
        return joined

    def claim(self, nameplate: str) -> str:
        """Claim a nameplate; returns the id of the request. Raises NotFound if nobody shows that code."""
        try:
            return self.meeting.claim(nameplate)
        except NotFound:
            raise request_error("not_found") from None

    def wait_for_peer(
        self,
        wanted: Wanted,
        role: Role,
        deadline: float,
        on_namesake: Callable[[Peer], None] = lambda _peer: None,
    ) -> Peer:
        """The listed peer that is `wanted`; `on_namesake` hears once of a guest who only has a contact's name.

        Raises UsageError if several are meant, TimedOut if none comes.
        """
        told = False
        with self._lock:
            while True:
                self._check()
                there = self._inbox.there(role)
                found = wanted.among(there)
                if len(found) > 1:
                    raise wanted.ambiguous(found)
                if found:
                    return found[0]
                namesakes = wanted.namesakes(there)
                if namesakes and not told:
                    told = True
                    on_namesake(namesakes[0])
                self._wait(deadline, f"{wanted.text} did not appear.", NOT_LISTED)

    def wait_for_room(self, request: str | None, deadline: float, silence: str, hint: str = "") -> Room:
        """The room that an own request (or, with None, an own nameplate) leads to. Raises how it ended instead."""
        while True:
            message = self.next_message(deadline, silence, hint)
            if isinstance(message, Room) and message.request == request:
                return message
            if isinstance(message, RequestEnded) and message.request == request:
                raise request_error(message.code)
            if isinstance(message, CodeClosed) and request is None:
                raise TimedOut(
                    "Nobody used the code in time. It is closed now.",
                    code="code_expired",
                    hint=hint,
                    retryable=True,
                )
            if isinstance(message, Request):
                # Nobody but the one who was asked may come in here.
                self.meeting.decline(message.request)

    def wait_for_request(self, deadline: float | None) -> Request:
        """Somebody who asks to connect."""
        while True:
            message = self.next_message(deadline, "Nobody connected in time.")
            if isinstance(message, Request):
                return message

    def withdrawn(self, request: str) -> bool:
        """Whether a request has ended meanwhile."""
        with self._lock:
            self._check()
            return self._inbox.ended(request)

    def next_message(self, deadline: float | None, silence: str, hint: str = "") -> ServerMessage:
        """The next message of the server's that is not presence or a signal."""
        with self._lock:
            while (message := self._inbox.take()) is None:
                self._check()
                self._wait(deadline, silence, hint)
            return message

    def returned(self, deadline: float) -> Room | None:
        """The room in which the other side of a rendezvous is back; None if it is not by `deadline`.

        Raises how the connection ended.
        """
        with self._lock:
            while True:
                while (message := self._inbox.take()) is not None:
                    if isinstance(message, Room) and message.mode == "resume":
                        return message
                self._check()
                left = deadline - self._clock()
                if left <= 0:
                    return None
                self._lock.wait(left)

    def converse(self, room: Room, *, asked: bool, code: Code | None, unchecked: bool) -> Conversation:
        """Begin the handshake in a room. `asked`: this side asked for it or showed the code."""
        begin = Handshake.initiator if asked else Handshake.responder
        handshake = begin(bytes.fromhex(room.room), "words" if code is None else "code", code)
        return self._begin(room, Session(handshake, unchecked=unchecked), introduces=True)

    def converse_again(
        self, room: Room, side: Side, resume: bytes, *, name: str, verified: bool, may_send: bool
    ) -> Conversation:
        """Begin the handshake of two who met before, in their roles of then. `resume`: what their first channel left.

        `name`: what the other side is called since; a later process of it may know no name of its own.
        """
        begin = Handshake.initiator if side == "initiator" else Handshake.responder
        handshake = begin(bytes.fromhex(room.room), "resume", resume=resume)
        return self._begin(room, Session(handshake, verified, may_send), introduces=False, name=name)

    def _begin(
        self, room: Room, session: Session, *, introduces: bool, name: str | None = None
    ) -> Conversation:
        conversation = Conversation(
            self.meeting,
            self._lock,
            self._cancel,
            room,
            session,
            identity=self._account.identity if introduces and self._account is not None else None,
            clock=self._clock,
            name=name,
        )
        conversation.start()
        with self._lock:
            self.conversation = conversation
            early, self._early = self._early, deque()
            for message in early:
                self._deliver(message)
        if self._cancel.cancelled:
            self._cancelled()
        return conversation

    def leave_conversation(self) -> None:
        """Forget the conversation; its room is closed, or will be. What still comes from there is dropped."""
        with self._lock:
            if self.conversation is not None:
                self._left_room = self.conversation.room.room
            self.conversation = None
            self._early.clear()

    def close(self) -> None:
        """Leave the meeting. Never raises."""
        with contextlib.suppress(PeersealError):
            self.meeting.close()

    # --- the meeting's thread ---

    def on_message(self, message: ServerMessage) -> None:
        """See `client.meet.Listener`."""
        with self._lock:
            if isinstance(message, Signal | RoomClosed):
                self._deliver(message)
            else:
                self._inbox.put(message)
            self._lock.notify()

    def on_tick(self) -> None:
        """See `client.meet.Listener`."""
        if self.conversation is not None:
            self.conversation.on_tick()

    def on_lost(self, error: PeersealError) -> None:
        """See `client.meet.Listener`."""
        with self._lock:
            self._lost = error
            if self.conversation is not None:
                self.conversation.end(error, broken=isinstance(error, Interrupted))
            self._lock.notify()

    def _deliver(self, message: Signal | RoomClosed) -> None:
        conversation = self.conversation
        if conversation is None:
            # The room's first signals may come before the steering thread has begun the conversation.
            if message.room != self._left_room and len(self._early) < _MAX_EARLY_SIGNALS:
                self._early.append(message)
        elif isinstance(message, Signal) and message.room == conversation.room.room:
            conversation.on_signal(message.body)
        elif isinstance(message, RoomClosed) and message.room == conversation.room.room:
            conversation.on_closed(message.code)

    def _cancelled(self) -> None:
        with self._lock:
            if self.conversation is not None:
                self.conversation.end(was_cancelled())
            self._lock.notify()

    def _check(self) -> None:
        if self._cancel.cancelled:
            raise was_cancelled()
        if self._lost is not None:
            raise self._lost

    def _wait(self, deadline: float | None, silence: str, hint: str = "") -> None:
        left = None if deadline is None else deadline - self._clock()
        if left is not None and left <= 0:
            raise TimedOut(silence, hint=hint, retryable=True)
        self._lock.wait(left)
