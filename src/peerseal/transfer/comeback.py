"""Two who met once stay together: when the channel between them breaks, they meet again by its resume secret.

The other side does the same (docs/protocol.md §15.2, wire.md §1.5). Whoever cannot confirm the secret is nobody: the
room is left, and the wait goes on.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from peerseal.client.settings import ServerUrl
from peerseal.crypto_engine import Secret, resume_room
from peerseal.errors import (
    Interrupted,
    LocalFileFailed,
    PeersealError,
    Refused,
    ServerUnreachable,
    UsageError,
)
from peerseal.protocol.events import Established
from peerseal.transfer.cancel import Cancel
from peerseal.transfer.conversation import Conversation
from peerseal.transfer.encounter import Encounter
from peerseal.transfer.events import Event, Gone, Notice, Waiting
from peerseal.wire.messages import Role, Side
from peerseal.wire.value import Value

if TYPE_CHECKING:
    from peerseal.transfer.live_account import LiveAccount

RETURN_SECONDS: Final = 300.0
"""How long a side tries to meet the other one again."""
_PAUSES: Final = (0.0, 0.3, 1.0, 2.0, 4.0)
_LONGEST_PAUSE: Final = 5.0
_HANDSHAKE_SECONDS: Final = 15.0
#: A place in the line that was lost without a word is taken again so often.
_AGAIN_SECONDS: Final = 10.0
_LOOK_SECONDS: Final = 0.5
Otherwise = Callable[[float], bool]
"""Asked now and then while the server is there and the other side is not, with for how many seconds: True if there is
another way to go on."""


class Returning(Value):
    """What a side needs to come back: where, as whom, its part in the first channel, and what that channel left.

    `may_send`: words were compared or need not be. `peer`: how the other side is called.
    """

    server: ServerUrl
    name: str
    role: Role
    side: Side
    resume: Secret
    verified: bool
    may_send: bool
    peer: str
    account: LiveAccount | None = None

    def __repr__(self) -> str:
        return "Returning(…)"


class Bond:
    """The channel two people have now, and how they get the next one. Close it at the end, whatever happened."""

    def __init__(
        self,
        returning: Returning,
        cancel: Cancel,
        tell: Callable[[Event], None],
        *,
        encounter: Encounter | None = None,
        conversation: Conversation | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """With the encounter and conversation in which they met; or without, by what a former process left."""
        self.returning: Final = returning
        self._rendezvous: Final = resume_room(bytes(returning.resume))
        self._cancel = cancel
        self._tell = tell
        self._clock = clock
        self._encounter = encounter
        self._key_arrived = False
        #: It was said that this side waits, for somebody whom a former process met.
        self._waits = False
        #: It connects to the server just now, and has not been let in.
        self._connecting = False
        self._conversation = conversation
        #: This side has been where the two meet.
        self._was_there = conversation is not None
        if conversation is not None:
            self._tether(conversation)

    @property
    def now(self) -> Conversation | None:
        """The conversation they had last; it may be over."""
        return self._conversation

    @property
    def cancel(self) -> Cancel:
        """What stops all of it."""
        return self._cancel

    @property
    def name(self) -> str:
        """How the other side is called."""
        return self.returning.peer

    @property
    def key_arrived(self) -> bool:
        """Whether a receiver has ever shown that it has the file key; before that there is nothing to go on with."""
        now = self._conversation
        self._key_arrived = self._key_arrived or (now is not None and now.held.key_is_there)
        return self._key_arrived

    @key_arrived.setter
    def key_arrived(self, known: bool) -> None:
        self._key_arrived = known

    def conversation(
        self, otherwise: Otherwise = lambda _: False, patience: float = RETURN_SECONDS
    ) -> Conversation | None:
        """A conversation that lives: the present one or, after a break, the next; None if there is another way.

        Raises why the present one ended if that was no break, TimedOut or the last trouble after `patience` seconds.
        """
        present = self._conversation
        if present is not None:
            if present.over is None:
                return present
            if not present.broken:
                raise present.over
        return self._meet_again(otherwise, patience)

    def finish(self, code: str | None = None, *, cancel: bool = False) -> None:
        """Say goodbye, if there is anybody to say it to. Never raises."""
        if self._conversation is not None:
            self._conversation.finish(code, cancel=cancel)

    def close(self) -> None:
        """Leave the server, until the other side is looked for again. Never raises."""
        if self._encounter is not None:
            self._encounter.close()
            self._encounter = None

    # --- meeting again ---

    def _meet_again(self, otherwise: Otherwise, patience: float) -> Conversation | None:
        self._key_arrived = self.key_arrived
        absent = _Absence(self._clock, otherwise, patience)
        if self._conversation is not None:
            self._tell(Gone(self.name))
        tries = 0
        while True:
            try:
                return self._try(absent)
            except PeersealError as error:
                self._check(error)
                if isinstance(error, ServerUnreachable) and not self._was_there:
                    raise  # there is nothing yet that could come back
                # What accepts and closes at once, a forwarder before a server that is down, lets nobody in either.
                kept_out, self._connecting = self._connecting, False
                if kept_out and not absent.kept_out:
                    self._tell(Notice(f"{error.message} Trying again…"))
                absent.kept_out = kept_out
                absent.trouble = error
            pause = _PAUSES[tries] if tries < len(_PAUSES) else _LONGEST_PAUSE
            tries += 1
            self._pause(pause, absent)

    def _try(self, absent: _Absence) -> Conversation | None:
        encounter = self._present_encounter()
        side = self.returning.side
        while True:
            encounter.meeting.rejoin(self._rendezvous, side)
            again = self._clock() + _AGAIN_SECONDS
            while self._clock() < again:
                if absent.other_way():
                    return None
                if self._conversation is None and not self._waits:
                    self._waits = True
                    self._tell(Waiting(self.name, asked=False))
                room = encounter.returned(self._clock() + _LOOK_SECONDS)
                if room is not None:
                    returning = self.returning
                    conversation = encounter.converse_again(
                        room,
                        side,
                        bytes(returning.resume),
                        name=returning.peer,
                        verified=returning.verified,
                        may_send=returning.may_send,
                    )
                    self._conversation = conversation
                    self._tether(conversation)
                    self._shake_hands(conversation)
                    return conversation

    def _present_encounter(self) -> Encounter:
        """Where this side is connected and in no room; connected anew if need be."""
        encounter = self._encounter
        if encounter is not None and encounter.alive:
            if self._conversation is not None:
                encounter.meeting.close_room(self._conversation.room.room)  # of a peer that fell silent
            encounter.leave_conversation()
            return encounter
        if encounter is not None:
            encounter.close()
        returning = self.returning
        self._connecting = True
        self._encounter = encounter = Encounter(returning.server, self._cancel, returning.account)
        self._was_there = True
        encounter.join(returning.role, returning.name, None, listed=False)
        self._connecting = False
        return encounter

    def _shake_hands(self, conversation: Conversation) -> None:
        try:
            conversation.wait(Established, self._clock() + _HANDSHAKE_SECONDS)
        except PeersealError as error:
            # Not them, or gone again. Nobody is told anything: to who is them after all, this is only one more break.
            conversation.end(error, broken=True)
            with contextlib.suppress(PeersealError):
                conversation.meeting.close_room(conversation.room.room)
            raise

    def _tether(self, conversation: Conversation) -> None:
        with contextlib.suppress(PeersealError):  # a connection that is gone is noticed by whoever uses it
            conversation.meeting.tether(self._rendezvous, self.returning.side, conversation.room.room)

    def _check(self, error: PeersealError) -> None:
        """Raise what no patience mends."""
        if self._cancel.cancelled or isinstance(error, GaveUp | UsageError | LocalFileFailed):
            raise error
        if isinstance(error, Refused) and not error.retryable and error.code != "busy":
            raise error

    def _pause(self, seconds: float, absent: _Absence) -> None:
        """Raises Interrupted if the person cancels, or that nobody came in all the time."""
        until = self._clock() + seconds
        while (left := until - self._clock()) > 0:
            if self._cancel.cancelled:
                raise Interrupted("Cancelled.", code="cancelled", retryable=True)
            time.sleep(min(left, 0.1))
        absent.check()


class _Absence:
    """How long the other side has been away, and when that is too long."""

    def __init__(self, clock: Callable[[], float], otherwise: Otherwise, patience: float) -> None:
        self.trouble: PeersealError | None = None
        #: The last try did not get as far as the server.
        self.kept_out = False
        self._clock = clock
        self._since = clock()
        self._otherwise = otherwise
        self._patience = patience

    def check(self) -> None:
        """Raises that nobody came in all the time."""
        if self._clock() - self._since >= self._patience:
            raise GaveUp(self.trouble)

    def other_way(self) -> bool:
        """True if there is another way, or raises as `check`."""
        if self._otherwise(self._clock() - self._since):
            return True
        self.check()
        return False


class GaveUp(Interrupted):
    """The two did not meet again in time."""

    default_code = "not_back"

    def __init__(self, trouble: PeersealError | None) -> None:
        super().__init__(
            "The other side did not come back." if trouble is None else _of(trouble),
            code="not_back",
            retryable=True,
        )


def _of(trouble: PeersealError) -> str:
    return f"The connection did not come back: {trouble.message}"
