"""How a sender finds its receiver: by a name in the list, or by whoever types its code."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from peerseal.crypto_engine import Code, check_strength, new_code, parse_code
from peerseal.errors import PeersealError, TimedOut, VerificationFailed
from peerseal.protocol.events import Established
from peerseal.transfer.conversation import Conversation
from peerseal.transfer.encounter import Encounter
from peerseal.transfer.endings import wire_code
from peerseal.transfer.events import Event, Notice, Ready, Waiting
from peerseal.transfer.reachable import seen_from_outside
from peerseal.transfer.recognition import Known, Recognition, guest
from peerseal.transfer.wanted import NotThere, Wanted
from peerseal.wire.limits import CODE_SECONDS, CONFIRMATION_SECONDS
from peerseal.wire.messages import Peer as Listed
from peerseal.wire.messages import Room

if TYPE_CHECKING:
    from peerseal.transfer.send import SendWish

NAME_SECONDS: Final = 600.0
"""How long to wait for somebody to appear in the list, unless told."""
HANDSHAKE_SECONDS: Final = 30.0
CLAIM_SECONDS: Final = 10.0
REQUEST_SECONDS: Final = 75.0


class Calling:
    """Brings a sender together with one receiver; `known` is who that is, once they are."""

    def __init__(
        self, wish: SendWish, encounter: Encounter, recognition: Recognition, tell: Callable[[Event], None]
    ) -> None:
        """A code that is too easy is refused here: UsageError."""
        self.known = Known("", None, verified=False)
        self._wish = wish
        self._tell = tell
        self._own_code = None if wish.code is None else parse_code(wish.code)
        if self._own_code is not None:
            check_strength(self._own_code)
        self._encounter = encounter
        self._recognition = recognition

    def meet(self, open_source: Callable[[], object]) -> Conversation:
        """The conversation with the receiver. `open_source` is called once people can see what this side waits for."""
        if self._wish.to is None:
            return self._meet_by_code(open_source)
        return self._meet_by_name(self._wish.to, open_source)

    def _meet_by_name(self, to: str, open_source: Callable[[], object]) -> Conversation:
        wish = self._wish
        joined = self._encounter.join("sender", wish.name, wish.room, listed=True)
        if joined.lobby.kind == "none":
            self._tell(Notice("Nobody can be seen from here. Send a code instead: leave --to away."))
        open_source()
        self._tell(Waiting(to, asked=False))
        deadline = time.monotonic() + (wish.timeout or NAME_SECONDS)
        wanted = Wanted(to, wish.account)
        peer = self._wait_for_peer(wanted, deadline)
        self._tell(Waiting(self._recognition.called(peer), asked=True))
        conversation = self._encounter.converse(
            self._ask(peer), asked=True, code=None, unchecked=wish.unverified
        )
        conversation.refuses_offers = "role"
        try:
            established = conversation.wait(Established, time.monotonic() + HANDSHAKE_SECONDS)
            self.known = self._recognition.by_words(
                conversation,
                established.words,
                sending=True,
                unchecked=wish.unverified,
                meant=wanted.contact(peer),
            )
        except PeersealError as error:
            conversation.finish(wire_code(error))
            raise
        except BaseException:
            conversation.finish("cancelled", cancel=True)
            raise
        return conversation

    def _wait_for_peer(self, wanted: Wanted, deadline: float) -> Listed:
        """Raises NotThere once the wish's patience is over."""
        patience = self._wish.patience
        if patience is None:
            return self._encounter.wait_for_peer(wanted, "receiver", deadline, self._namesake)
        soon = min(deadline, time.monotonic() + patience)
        try:
            return self._encounter.wait_for_peer(wanted, "receiver", soon, self._namesake)
        except TimedOut as error:
            raise NotThere(error.message, retryable=True) from None

    def _ask(self, peer: Listed) -> Room:
        request = self._encounter.meeting.connect(peer.id)
        try:
            return self._encounter.wait_for_room(
                request, time.monotonic() + REQUEST_SECONDS, f"{peer.name} did not answer in time."
            )
        except BaseException:
            with contextlib.suppress(PeersealError):
                self._encounter.meeting.cancel(request)
            raise

    def _meet_by_code(self, open_source: Callable[[], object]) -> Conversation:
        wish, meeting = self._wish, self._encounter.meeting
        joined = self._encounter.join("sender", wish.name, None, listed=False)
        nameplate = meeting.allocate(self._own_code.nameplate if self._own_code else None)
        code = self._own_code or new_code(nameplate, wish.code_words)
        link = f"{seen_from_outside(wish.server)}/#code={code.text}"
        you = joined.you
        self._tell(Ready(code.text, link, you.name, you.tag, joined.lobby.kind, joined.lobby.reason))
        try:
            # Only now: the code stands on the screen before anything is looked at on the disk.
            open_source()
            deadline = time.monotonic() + (wish.timeout or CODE_SECONDS + 60)
            while True:
                room = self._encounter.wait_for_room(
                    None,
                    deadline,
                    "Nobody used the code in time.",
                    "Send it again: there will be a new code.",
                )
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
            shake_hands(conversation)
        except PeersealError as error:
            conversation.finish(wire_code(error))
            # Asked only now: until it was over, an answer could still bring a guess.
            guessed = conversation.guess_is_out
            self._encounter.leave_conversation()
            if not guessed and self._encounter.alive:
                return None
            raise wrong_code() if guessed and error.code != "cancelled" else error from None
        except BaseException:
            conversation.finish("cancelled")
            raise
        self.known = self._recognition.by_code(conversation)
        return conversation

    def _namesake(self, peer: Listed) -> None:
        self._tell(
            Notice(
                f"{guest(peer.name)} is here, but not signed in as your contact. To ask that guest all the same: "
                f"--to {peer.name}#{peer.tag}"
            )
        )


def shake_hands(conversation: Conversation) -> None:
    """Wait for a claimer's part. While it is silent others cannot try, so its time is short until its guess is out."""
    try:
        conversation.wait(Established, time.monotonic() + CLAIM_SECONDS)
    except TimedOut:
        if conversation.over is not None or not conversation.guess_is_out:
            raise
        conversation.wait(Established, time.monotonic() + CONFIRMATION_SECONDS + 1)


def wrong_code() -> VerificationFailed:
    """The sender's error after somebody's guess was wrong."""
    """A guess that was none: the code has done its one try."""
    return VerificationFailed(
        "Somebody used a wrong code. It is closed now, for both sides.",
        code="wrong_code",
        hint="If that was a slip, make a new code by sending again.",
    )
