"""Whom `--to` means among those who are listed: a contact first, and a guest never in a contact's place.

What looks like a tag is one: names are anybody's choice, tags are the server's. Upper and lower case matter only
between several.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from peerseal.errors import TimedOut, UsageError
from peerseal.wire.messages import Peer

if TYPE_CHECKING:
    from peerseal.protocol.book import Contact
    from peerseal.transfer.live_account import LiveAccount

_TAGGED: Final = re.compile("#[0-9a-fA-F]{4}$")


class NotThere(TimedOut):
    """Whoever is meant is not listed. Nobody was asked anything."""

    default_code = "not_there"


class Wanted:
    """A name or `name#tag`, as this person typed it. `account` is who is signed in here."""

    def __init__(self, text: str, account: LiveAccount | None = None) -> None:
        self.text: Final = text
        self._account = account
        self._tagged = _TAGGED.search(text) is not None
        self._contact: Contact | None = None
        if account is not None:
            self._contact = account.contact(text[:-5] if self._tagged else text)

    def among(self, there: Iterable[Peer]) -> list[Peer]:
        """Those who are meant: with a contact of that name only who is signed in as that contact, unless a tag chose."""
        peers = list(there)
        if self._contact is not None and not self._tagged:
            return [peer for peer in peers if self._is_contact(peer)]
        return [peer for peer in peers if self.text in self._names(peer)] or [
            peer for peer in peers if self.text.casefold() in map(str.casefold, self._names(peer))
        ]

    def namesakes(self, there: Iterable[Peer]) -> list[Peer]:
        """Those who have the name of the contact who is meant, and are not signed in as that contact."""
        if self._contact is None or self._tagged:
            return []
        named = self.text.casefold()
        return [peer for peer in there if peer.name.casefold() == named and not self._is_contact(peer)]

    def contact(self, peer: Peer) -> Contact | None:
        """The contact who is meant by choosing this peer, who then must prove it: the one the server says it is."""
        return None if self._account is None else self._account.said_to_be(peer)

    def ambiguous(self, found: list[Peer]) -> UsageError:
        """Several are meant."""
        names = ", ".join(sorted(self._listed(peer, found) for peer in found))
        return UsageError(
            f"Several people are called {self.text}: {names}.",
            code="ambiguous_name",
            hint="Choose one of them with --to.",
        )

    def _is_contact(self, peer: Peer) -> bool:
        said = self.contact(peer)
        return said is not None and self._contact is not None and said.name == self._contact.name

    def _names(self, peer: Peer) -> set[str]:
        names = {peer.name, peer.account} if self._is_contact(peer) else {peer.name}
        return {f"{name}#{peer.tag}" if self._tagged else str(name) for name in names if name}

    def _listed(self, peer: Peer, found: list[Peer]) -> str:
        marked = peer.account is None and any(one.account is not None for one in found)
        return f"{peer.name}#{peer.tag}" + (" (guest)" if marked else "")
