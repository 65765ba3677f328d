"""Who the other side is: by the keys it proved to hold, by the check words, or both (protocol.md §7, §9.3).

A verified contact needs no words. With a pinned one they are asked for, and comparing them makes it verified.
Everybody else is a guest, whatever their name is and whatever the server says.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from peerseal.errors import IntegrityFailed, PeersealError, VerificationFailed
from peerseal.transfer.conversation import Conversation
from peerseal.transfer.events import Check, Event, Notice, Peer
from peerseal.transfer.person import Person, nobody_looks
from peerseal.wire.messages import Peer as Listed
from peerseal.wire.value import Value

if TYPE_CHECKING:
    from peerseal.protocol.book import Contact
    from peerseal.transfer.live_account import LiveAccount

IDENTITY_SECONDS: Final = 10.0


class Known(Value):
    """The other side as this person may trust it: how it is called, its contact's name if it is one, if it is verified."""

    name: str
    contact: str | None
    verified: bool


class Recognition:
    """Recognises whoever this side meets. `account` is who is signed in here, None for a guest."""

    def __init__(self, account: LiveAccount | None, person: Person, tell: Callable[[Event], None]) -> None:
        self._account = account
        self._person = person
        self._tell = tell

    def by_words(
        self,
        conversation: Conversation,
        words: tuple[str, ...],
        *,
        sending: bool,
        unchecked: bool,
        meant: Contact | None = None,
    ) -> Known:
        """The other side of a conversation that has check words. `unchecked`: going on without comparing is fine.

        Raises VerificationFailed: `key_changed` if it is not the one `meant`, `words_differ`, `not_verified`.
        """
        contact = self._contact(conversation, meant)
        name = self.called(conversation.room.peer, contact)
        if contact is not None and contact.verified:
            conversation.do(lambda session: session.trust())
            self._tell(Peer(name, verified=True, mode="words", contact=contact.name))
            self._tell(Check(words, needed=False))
            return Known(name, contact.name, verified=True)
        self._tell(Check(words))
        verdict = self._person.compare_words(words, name, sending=sending, still=conversation.check)
        if verdict == "differ":
            conversation.do(lambda session: session.words_differ())
            raise words_differ()
        if verdict == "unchecked" and not unchecked:
            raise nobody_looks(name)
        verified = verdict == "match"
        if verified:
            conversation.do(lambda session: session.words_match())
            self._note(contact)
        known = None if contact is None else contact.name
        self._tell(Peer(name, verified, mode="words", contact=known))
        return Known(name, known, verified)

    def by_code(self, conversation: Conversation) -> Known:
        """The other side of a conversation that a code proved; `verified` only if it is a verified contact."""
        contact = self._contact(conversation, None)
        name = self.called(conversation.room.peer, contact)
        verified = contact is not None and contact.verified
        if verified:
            conversation.do(lambda session: session.trust())
        known = None if contact is None else contact.name
        self._tell(Peer(name, verified, mode="code", contact=known))
        return Known(name, known, verified)

    def called(self, peer: Listed, contact: Contact | None = None) -> str:
        """What to call a peer: a guest who has the name of a contact is marked as one."""
        if contact is not None:
            return contact.name
        if self._account is None:
            return peer.name
        namesake = self._account.contact(peer.name)
        return guest(peer.name) if namesake not in (None, self._account.said_to_be(peer)) else peer.name

    def _contact(self, conversation: Conversation, meant: Contact | None) -> Contact | None:
        """Whose keys the other side proved to hold. Raises `key_changed` if not those of who was meant."""
        account = self._account
        if account is None:
            return None
        said = account.said_to_be(conversation.room.peer)
        wait = meant is not None or conversation.room.peer.account is not None
        shown = conversation.wait_for_identity(time.monotonic() + IDENTITY_SECONDS if wait else 0.0)
        contact = None if shown is None else account.whose(shown)
        if meant is not None and (contact is None or contact.name != meant.name):
            raise account.other_keys(meant, shown)
        if said is not None and (contact is None or contact.name != said.name):
            self._tell(
                Notice(
                    f"The server says that this is {said.name}, but it has not shown the keys you know. "
                    "Treat it as a stranger."
                )
            )
        return contact

    def _note(self, contact: Contact | None) -> None:
        if contact is None or self._account is None:
            return
        try:
            self._account.compared(contact)
        except (IntegrityFailed, VerificationFailed):
            raise
        except PeersealError as error:
            self._tell(
                Notice(f"{contact.name} could not be marked as verified in your contacts: {error.message}")
            )


def guest(name: str) -> str:
    """How somebody is called who is not the contact of that name."""
    return f"{name} (guest)"


def words_differ() -> VerificationFailed:
    """The error after this side's person saw other words."""
    return VerificationFailed(
        "The words differ: somebody may be between you. Nothing was sent.",
        code="words_differ",
        hint="Try again on another network, or meet by a code.",
    )
