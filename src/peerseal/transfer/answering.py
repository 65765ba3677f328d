"""How a receiver is found: listed until somebody asks, or by the code it was told."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from peerseal.crypto_engine import Code
from peerseal.errors import Declined, Interrupted, PeersealError, VerificationFailed
from peerseal.protocol.events import Established
from peerseal.transfer.calling import HANDSHAKE_SECONDS, REQUEST_SECONDS
from peerseal.transfer.conversation import Conversation
from peerseal.transfer.encounter import Encounter
from peerseal.transfer.endings import wire_code
from peerseal.transfer.events import Event, Notice, Ready, Request
from peerseal.transfer.person import Person
from peerseal.transfer.recognition import Known, Recognition
from peerseal.wire.messages import Joined

if TYPE_CHECKING:
    from peerseal.transfer.receive import ReceiveWish

_NOT_THE_STRANGER: Final = ("connection_lost", "server_silent", "nobody_to_ask")
"""Failures of a request that are the server's or this side's own: no other request would fare better."""


class Answering:
    """Brings a receiver together with one sender; `known` is who that is, once they are."""

    def __init__(
        self,
        wish: ReceiveWish,
        encounter: Encounter,
        recognition: Recognition,
        person: Person,
        tell: Callable[[Event], None],
    ) -> None:
        self.known = Known("", None, verified=False)
        #: The conversation so far, which whoever stops has to end.
        self.conversation: Conversation | None = None
        self._wish = wish
        self._encounter = encounter
        self._recognition = recognition
        self._person = person
        self._tell = tell

    def by_code(self, code: Code) -> Conversation:
        """With the sender who shows this code. Raises VerificationFailed (`wrong_code`), NotFound."""
        wish = self._wish
        self._encounter.join("receiver", wish.name, None, listed=False)
        request = self._encounter.claim(code.nameplate)
        deadline = time.monotonic() + (wish.timeout or REQUEST_SECONDS)
        room = self._encounter.wait_for_room(request, deadline, "The sender is busy with somebody else.")
        conversation = self._encounter.converse(room, asked=False, code=code, unchecked=False)
        self.conversation = conversation
        try:
            conversation.wait(Established, time.monotonic() + HANDSHAKE_SECONDS)
        except Interrupted as error:
            # The sender ended it between our claim and its confirmation: to us that is a code that failed.
            raise _code_failed() if error.code == "peer_left" else error from None
        self.known = self._recognition.by_code(conversation)
        return conversation

    def listed(self) -> Conversation:
        """With the first who asks and is accepted."""
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
        met = self.conversation is not None and self.conversation.established
        # Once the keys are agreed, what fails (the words above all) is for the person to know.
        return not met or isinstance(error, Interrupted)

    def _start_over(self, error: PeersealError, name: str) -> None:
        """Leave the room that failed, if it came to one, and be listed again."""
        conversation, self.conversation = self.conversation, None
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
        self.conversation = conversation
        established = conversation.wait(Established, time.monotonic() + HANDSHAKE_SECONDS)
        self.known = self._recognition.by_words(
            conversation, established.words, sending=False, unchecked=True
        )
        return conversation


def _code_failed() -> VerificationFailed:
    return VerificationFailed(
        "The code did not hold: it was wrong, or the other side stopped.",
        code="wrong_code",
        hint="A wrong try closes a code; ask for a new one.",
    )
