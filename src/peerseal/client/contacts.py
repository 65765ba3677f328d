"""The contact book, kept in step with the server's copy (protocol.md §11): fetched, checked, changed, stored.

Nobody is in it whose keys did not come through a key exchange of this account, and nothing is ever sealed for keys
from anywhere else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from peerseal.client.api import Api
from peerseal.client.keyring import Keyring, SeenBook
from peerseal.client.said import check_own_keys
from peerseal.crypto_engine import NO_BOOK, Identity, open_book, seal_book, sha256
from peerseal.errors import IntegrityFailed, Interrupted, PeersealError, Refused
from peerseal.protocol.book import Book, decode_book
from peerseal.wire import accounts as wire

#: Other devices of the same account change the book too; so many times in a row they do not.
_TRIES: Final = 8


class Contacts:
    """The book of the account whose keys are `identity` and whose calls `api` makes. Not for several threads at once."""

    def __init__(self, api: Api, identity: Identity, keyring: Keyring) -> None:
        self._api = api
        self._identity = identity
        self._keyring = keyring
        self._book: Book | None = None
        self._counter = 0
        self._hash = NO_BOOK

    @property
    def book(self) -> Book:
        """The book as last loaded or stored; loaded now if it was not yet."""
        return self.load() if self._book is None else self._book

    def load(self) -> Book:
        """Fetch the newest book and check it against the last one this device saw.

        Raises IntegrityFailed (`rolled_back`), and VerificationFailed (`key_changed`) if the account has other keys
        by now than this device.
        """
        # Seen first: what another process of this device stores meanwhile must not make the server look like a liar.
        seen = self._keyring.seen_book(self._api.server, self._identity.fingerprint)
        given = self._api.ask(wire.Book, "book")
        if given.book is None:
            self._check_own_keys()
            if seen.counter or given.counter:
                raise _rolled_back()
            return self._remember(Book(), 0, NO_BOOK)
        try:
            sealed = open_book(self._identity, given.book)
        except IntegrityFailed:
            self._check_own_keys()
            raise
        older = sealed.counter < seen.counter or sealed.counter != given.counter
        another = sealed.counter == seen.counter and sealed.hash != seen.hash
        unlinked = sealed.counter == seen.counter + 1 and sealed.previous != seen.hash
        if older or another or unlinked:
            raise _rolled_back()
        return self._remember(decode_book(sealed.plaintext), sealed.counter, sealed.hash)

    def change(self, apply: Callable[[Book], Book]) -> Book:
        """Apply a change to the newest book and store it; again if another device was quicker.

        `apply` may be called several times and must give the same for the same book. Nothing is stored if it changes
        nothing.
        """
        for _ in range(_TRIES):
            before = self.load()
            book = apply(before)
            if book == before:
                return before
            sealed = seal_book(self._identity, self._counter + 1, self._hash, book.encode())
            try:
                self._api.call("store_book", wire.Book(self._counter + 1, sealed), if_match=self._counter)
            except Interrupted:
                continue  # it may be stored: looking again tells
            except Refused as refused:
                if refused.code not in ("stale", "conflict"):
                    raise
            else:
                return self._remember(book, self._counter + 1, sha256(sealed))
        raise PeersealError(
            "Your contact book is being changed somewhere else all the time.",
            code="stale",
            hint="Try again in a moment.",
            retryable=True,
        )

    def _check_own_keys(self) -> None:
        """No book, or one that does not open: perhaps because new keys were made on another device."""
        check_own_keys(self._identity, self._api.ask(wire.SignedIn, "me").account)

    def _remember(self, book: Book, counter: int, hashed: bytes) -> Book:
        if counter:
            seen = SeenBook(self._identity.fingerprint, counter, hashed)
            self._keyring.see_book(self._api.server, seen)
        self._book, self._counter, self._hash = book, counter, hashed
        return book


def _rolled_back() -> IntegrityFailed:
    return IntegrityFailed(
        "The server gave an older or another contact book than the last one seen here.",
        code="rolled_back",
        hint="Nothing was changed or sealed. If its operator restored a backup, `peerseal logout --forget` and a new "
        "sign-in accept the book as it is now; compare safety numbers again after that.",
    )
