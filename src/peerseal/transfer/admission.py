"""How a sender meets several receivers, one after the other: what a door is, and the one of a code (docs/wire.md §1.3)."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import Final, Protocol

from peerseal.crypto_engine import Code, check_strength, new_code, parse_code
from peerseal.errors import Interrupted, PeersealError, Refused, ServerUnreachable, TimedOut
from peerseal.transfer.calling import (
    shake_hands,
    wrong_code,
)
from peerseal.transfer.conversation import Conversation
from peerseal.transfer.encounter import Encounter
from peerseal.transfer.endings import wire_code
from peerseal.transfer.events import Event, Notice, Ready
from peerseal.transfer.reachable import seen_from_outside
from peerseal.transfer.recognition import Known, Recognition
from peerseal.transfer.send import SendWish
from peerseal.wire.limits import CODE_SECONDS
from peerseal.wire.messages import Room

_LOOK_SECONDS: Final = 0.05
AWAY_SECONDS: Final = 300.0
"""How long a code waits for a server that is away, or that still keeps its number for the connection of before."""
_PAUSES: Final = (0.0, 0.3, 1.0, 2.0)
Tell = Callable[[Event], None]


class Door(Protocol):
    """Where receivers come in. Used by one thread."""

    def open(self) -> None:
        """Be there for them. Raises PeersealError."""

    def next(self, seconds: float) -> tuple[Conversation, Known] | None:
        """Somebody who came within about so long. Raises what keeps everybody else out too."""

    def again(self) -> None:
        """The conversation with the last one is over: be there for the next."""

    @property
    def waits(self) -> bool:
        """Whether somebody may still come."""

    @property
    def left(self) -> int:
        """How many may still come."""

    def close(self) -> None:
        """Nobody comes any more. Never raises."""


class CodeDoor:
    """One code for `places` receivers: so many handshakes, or one failed guess, close it (docs/protocol.md §6)."""

    def __init__(
        self, wish: SendWish, places: int, encounter: Encounter, recognition: Recognition, tell: Tell
    ) -> None:
        self._wish = wish
        self._left = places
        self._encounter = encounter
        self._recognition = recognition
        self._tell = tell
        self._own = None if wish.code is None else parse_code(wish.code)
        if self._own is not None:
            check_strength(self._own)
        self._code: Code | None = None
        self._deadline = 0.0
        #: How the connection was lost, since when, and when to try next.
        self._lost: PeersealError | None = None
        self._lost_at = self._next_try = 0.0
        self._tries = 0

    @property
    def waits(self) -> bool:
        """See `Door.waits`."""
        return self._left > 0

    @property
    def left(self) -> int:
        """See `Door.left`."""
        return self._left

    def open(self) -> None:
        """See `Door.open`."""
        wish, meeting = self._wish, self._encounter.meeting
        joined = self._encounter.join("sender", wish.name, None, listed=False)
        nameplate = meeting.allocate(self._own.nameplate if self._own else None)
        self._code = code = self._own or new_code(nameplate, wish.code_words)
        self._deadline = time.monotonic() + (wish.timeout or CODE_SECONDS + 60)
        link = f"{seen_from_outside(wish.server)}/#code={code.text}"
        you = joined.you
        lobby = joined.lobby
        self._tell(Ready(code.text, link, you.name, you.tag, lobby.kind, lobby.reason, self._left))

    def next(self, seconds: float) -> tuple[Conversation, Known] | None:
        """See `Door.next`. Raises VerificationFailed (`wrong_code`), TimedOut: the code is closed."""
        code = self._code
        if code is None or not self._left:
            return None
        now = time.monotonic()
        if self._lost is not None:
            self._come_back(code, self._lost)
            time.sleep(_LOOK_SECONDS)
            return None
        try:
            room = self._encounter.wait_for_room(
                None, min(now + seconds, self._deadline), "Nobody used the code in time."
            )
        except (Interrupted, ServerUnreachable) as error:
            if self._encounter.cancelled or self._encounter.alive:
                raise
            self._lose(error)
            return None
        except TimedOut as error:
            if error.code == "code_expired" or time.monotonic() >= self._deadline:
                self._left = 0
                raise
            return None
        conversation = self._try(room, code)
        if conversation is None:
            return None
        self._left -= 1
        return conversation, self._recognition.by_code(conversation)

    def again(self) -> None:
        """See `Door.again`: the server lets the next one in as soon as the room is closed."""
        self._encounter.leave_conversation()

    def place_free(self) -> None:
        """The last one does not want it: their place is somebody else's."""
        self._left += 1

    def close(self) -> None:
        """See `Door.close`."""
        self._left = 0
        with contextlib.suppress(PeersealError):
            self._encounter.meeting.release()

    def _try(self, room: Room, code: Code) -> Conversation | None:
        """One handshake. None if it broke before a guess was out: the code is still good then."""
        conversation = self._encounter.converse(room, asked=True, code=code, unchecked=False)
        conversation.refuses_offers = "role"
        try:
            shake_hands(conversation)
        except PeersealError as error:
            conversation.finish(wire_code(error))
            # Asked only now: until it was over, an answer could still bring a guess.
            guessed = conversation.guess_is_out
            self._encounter.leave_conversation()
            if not guessed and not self._encounter.cancelled:
                return None  # if that was the connection, it is noticed when the next one is waited for
            self._left = 0
            raise wrong_code() if guessed and error.code != "cancelled" else error from None
        except BaseException:
            conversation.finish("cancelled")
            raise
        return conversation

    # --- a connection that is lost ---

    def _lose(self, error: PeersealError) -> None:
        """Only a guess closes the code: whoever has it may come once the server is back."""
        self._lost, self._lost_at, self._tries = error, time.monotonic(), 0
        self._next_try = self._lost_at
        self._tell(Notice(f"{error.message} The code waits for the server to come back…"))

    def _come_back(self, code: Code, lost: PeersealError) -> None:
        """Try to show the same code again, now and then. Raises how it was lost, or why it cannot, after a while."""
        now = time.monotonic()
        if now < self._next_try:
            return
        try:
            self._encounter.reopen()
            self._encounter.join("sender", self._wish.name, None, listed=False)
            self._encounter.meeting.allocate(code.nameplate)
        except (Interrupted, ServerUnreachable, Refused) as error:
            if now >= min(self._lost_at + AWAY_SECONDS, self._deadline):
                self._left = 0
                raise _taken(error) if error.code == "nameplate_taken" else lost from None
            self._next_try = now + _PAUSES[min(self._tries, len(_PAUSES) - 1)]
            self._tries += 1
            return
        self._lost = None
        self._tell(Notice("The server is back, and the code is good again."))


def _taken(error: PeersealError) -> PeersealError:
    return Refused(
        "Somebody else has the number of the code by now.",
        code=error.code,
        hint="Send it again, with a new code, to those who have not come.",
    )
