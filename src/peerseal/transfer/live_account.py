"""A signed-in account in live meetings: who this side is, and whose keys the other side holds (protocol.md §9.3).

The contact book alone says who somebody is; the account name that the server tells is only where to look.
Imported by nobody who is not signed in.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from peerseal.client.account import OpenAccount
from peerseal.client.exchange import groups, look
from peerseal.client.refusals import typed
from peerseal.crypto_engine import Bundle, Identity, safety_number
from peerseal.errors import UsageError, VerificationFailed
from peerseal.protocol.book import Book, Contact
from peerseal.wire.messages import Peer


def milliseconds() -> int:
    """The time as the contact book writes it."""
    return int(time.time() * 1000)


class LiveAccount:
    """The account's keys and contact book for one transfer. Not for several threads at once."""

    def __init__(self, account: OpenAccount, now: Callable[[], int] = milliseconds) -> None:
        self.name: Final = account.name
        self.token: Final = account.member.token
        self.identity: Final[Identity] = account.identity
        self._account = account
        self._now = now

    @property
    def opened(self) -> OpenAccount:
        """The account itself, for what is not live."""
        return self._account

    def refresh(self) -> tuple[str, ...]:
        """Fetch the newest book; the names of those whose answered exchanges were pinned just now."""
        return look(self._account, self._now()).pinned

    def contact(self, name: str) -> Contact | None:
        """The contact of that name, however it is written; None also for what can be no account's name."""
        try:
            return self._account.contacts.book.contact(name)
        except UsageError:
            return None

    def said_to_be(self, peer: Peer) -> Contact | None:
        """The contact that the server says this peer is."""
        return None if peer.account is None else self.contact(peer.account)

    def whose(self, bundle: Bundle) -> Contact | None:
        """The contact who holds these keys."""
        return self._account.contacts.book.by_fingerprint(bundle.fingerprint)

    def compared(self, contact: Contact) -> None:
        """This person compared check words with the one who holds these keys: the contact is verified."""

        def verify(book: Book) -> Book:
            return book.verify(contact.name, contact.fingerprint)

        self._account.contacts.change(verify)

    def other_keys(self, contact: Contact, shown: Bundle | None) -> VerificationFailed:
        """The hard stop: who was meant did not prove to hold the keys this person knows."""
        name = contact.name
        again = "To meet without keys and compare words instead, add --guest."
        if shown is None:
            return VerificationFailed(
                f"The server calls this {name}, but it has not proved to hold {name}'s keys.",
                code="key_changed",
                hint=f"Nothing was sent. Perhaps {name} is signed in where the keys are not; ask on another way. {again}",
            )
        own = self.identity.fingerprint
        known = groups(safety_number(own, contact.fingerprint))
        now = groups(safety_number(own, shown.fingerprint))
        return VerificationFailed(
            f"The server calls this {name}, but it holds other keys than the ones you know.",
            code="key_changed",
            hint=f"Nothing was sent. Safety number so far: {known}. With these keys: {now}. Ask {name} on another way, "
            f"best face to face, which one their device shows. Only if they have new keys, "
            f"`peerseal exchange request {typed(name)}` and then `peerseal exchange verify {typed(name)}` accept them. {again}",
        )
