"""Where an upload goes: a new file for some contacts, or the next version of one that is there.

Keys are wrapped only for those on the owner's own signed access list, and only with keys from the contact book.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from peerseal.client.account import OpenAccount
from peerseal.client.exchange import changed_keys, check_unchanged, known
from peerseal.client.refusals import typed
from peerseal.client.said import said_name
from peerseal.crypto_engine import (
    FileKey,
    canonical_name,
    keys_of_m,
    new_file_id,
    open_link_secret,
    wrap,
    wrap_for_link,
)
from peerseal.errors import NotFound, PeersealError, Refused, UsageError
from peerseal.files.names import visible
from peerseal.protocol.access import AccessList
from peerseal.protocol.book import NO_CLOSING, Contact
from peerseal.transfer.trust import Owner, Reader
from peerseal.transfer.versions import completed, fetch, newest
from peerseal.wire.limits import RECIPIENTS_MAX
from peerseal.wire.stored import (
    File,
    LinkWrap,
    NewFile,
    NewFileVersion,
    NewVersion,
    RecipientWrap,
    StoreTicket,
)

FIRST_VERSION: Final = 1


class Destination(Protocol):
    """What an upload becomes. `id` (16 B) and `version` name it, `previous` is the closing hash before it."""

    id: bytes
    version: int
    previous: bytes
    recipients: tuple[str, ...]
    noted: tuple[tuple[str, ...], int | None, bool]
    """What a journal says of it: names, when it expires, whether it is the next version of a file."""

    def check(self) -> None:
        """Whether it may begin at all."""

    def start(self, new: NewVersion, key: FileKey) -> StoreTicket:
        """Tell the server, with the key wrapped for every reader."""

    def take_up(self, file_id: bytes, version: int) -> None:
        """Go on with what an earlier run began; raises the conflict if that can no longer be committed."""

    def remember(self, version: int, closing: bytes) -> None:
        """Note in the book what was committed."""

    def committed(self, stored: File) -> None:
        """An earlier run's commit went through; the same, from what the server says."""

    def conflict(self) -> PeersealError:
        """Another version came first."""


class NewFileFor:
    """A new file of this account for `contacts` (none: for oneself alone). `expires` in ms since 1970, or None."""

    def __init__(self, reader: Reader, contacts: Sequence[Contact], expires: int | None) -> None:
        self.id = new_file_id()
        self.version = FIRST_VERSION
        self.previous = b""
        self.recipients = tuple(contact.name for contact in contacts)
        self._reader = reader
        self._contacts = contacts
        self._expires = expires
        self.noted = (self.recipients, expires, False)

    def check(self) -> None:
        """See `Destination.check`. Raises VerificationFailed (`key_changed`)."""
        check_unchanged(self._reader.account, self._contacts)

    def start(self, new: NewVersion, key: FileKey) -> StoreTicket:
        """See `Destination.start`."""
        access = AccessList.of(self.id, 1, [contact.fingerprint for contact in self._contacts])
        body = NewFile(
            id=self.id.hex(),
            access=access.sign(self._reader.account.identity),
            recipients=wraps_for(self._reader, self._contacts, key, self.id, self.version),
            version=new,
            expires=self._expires,
        )
        try:
            return self._reader.account.api.ask(StoreTicket, "new_file", body)
        except NotFound:
            raise _gone(self.recipients) from None

    def take_up(self, file_id: bytes, version: int) -> None:
        """See `Destination.take_up`."""
        del version
        self.id = file_id

    def remember(self, version: int, closing: bytes) -> None:
        """See `Destination.remember`."""
        own = self._reader.account.identity.fingerprint
        self._reader.account.contacts.change(lambda book: book.remember(self.id, own, version, closing, 1))

    def committed(self, stored: File) -> None:
        """See `Destination.committed`."""
        _remember_stored(self._reader, stored)

    def conflict(self) -> PeersealError:
        """See `Destination.conflict`: nobody else knows this file yet."""
        return Refused("This file has another version already.", code="stale")


class NextVersionOf:
    """The next version of one's own file `file_id` (hex), for everybody on its access list."""

    def __init__(
        self,
        reader: Reader,
        file_id: str,
        *,
        expected: int | None = None,
        notice: Callable[[str], None],
    ) -> None:
        """`expected`: the current version must be this one.

        Raises NotFound, Refused (`not_yours`, `stale`), VerificationFailed (`key_changed`).
        """
        self._reader = reader
        self._notice = notice
        self._file = file = fetch(reader, file_id)
        if not file.mine:
            raise Refused(
                f"This file is {visible(file.owner)}'s; only its owner makes new versions.",
                code="not_yours",
                hint="Upload yours as a file of its own.",
            )
        self._owner: Final[Owner] = reader.owner(file)
        self.id = bytes.fromhex(file_id)
        self.base = 0
        self.previous = b""
        current = completed(reader, file, self._owner)
        if current is not None:
            self.base = current.version
            self.previous = b"" if current.closing is None else current.closing.hash
        self.version = self.base + 1
        if expected is not None and expected != self.base:
            raise Refused(
                f"This file is at version {self.base}, not {expected}. Nothing was stored.",
                code="stale",
                hint=f"Look at it with `peerseal download {file_id[:8]}`; then say --if-version {self.base}, "
                "or leave it away.",
            )
        self._access = reader.access(file, self._owner)
        self._readers = self._contacts()
        check_unchanged(reader.account, self._readers)
        self.recipients = tuple(contact.name for contact in self._readers)
        self.noted: tuple[tuple[str, ...], int | None, bool] = (self.recipients, None, True)

    def check(self) -> None:
        """See `Destination.check`: all was looked at when this was made."""

    def start(self, new: NewVersion, key: FileKey) -> StoreTicket:
        """See `Destination.start`."""
        body = NewFileVersion(
            version=new,
            access=self._file.access,
            recipients=wraps_for(self._reader, self._readers, key, self.id, self.version),
            links=self._link_wraps(key),
        )
        try:
            return self._reader.account.api.ask(
                StoreTicket, "new_version", body, if_match=self.base, file=self._file.id
            )
        except Refused as refused:
            if refused.code != "stale":
                raise
            raise self.conflict() from None
        except NotFound:
            raise _gone(self.recipients) from None

    def take_up(self, file_id: bytes, version: int) -> None:
        """See `Destination.take_up`."""
        if (file_id, version) != (self.id, self.version):
            raise self.conflict()

    def remember(self, version: int, closing: bytes) -> None:
        """See `Destination.remember`."""
        own, counter = self._owner.bundle.fingerprint, self._access.counter
        self._reader.account.contacts.change(
            lambda book: book.remember(self.id, own, version, closing, counter)
        )

    def committed(self, stored: File) -> None:
        """See `Destination.committed`."""
        _remember_stored(self._reader, stored)

    def conflict(self) -> PeersealError:
        """See `Destination.conflict`: names the version that won."""
        won = self.base
        try:
            file = fetch(self._reader, self.id.hex())
            won = file.current.version if file.current is not None else 0
        except PeersealError:
            pass
        return Refused(
            f"Version {won} of this file came first. Yours was not stored, and nothing of the other was lost.",
            code="stale",
            hint=f"Look at it with `peerseal download {self.id.hex()[:8]}`; "
            "run the same update again to make yours the next version.",
            retryable=True,
        )

    def _contacts(self) -> list[Contact]:
        """Who is on the signed list, by the book. Nothing can be sealed for keys that are in no book."""
        book = self._reader.account.contacts.book
        contacts = []
        for fingerprint in self._access.recipients:
            contact = book.by_fingerprint(fingerprint)
            if contact is None:
                self._notice(
                    "Somebody who could read this file is no longer in your contacts with those keys: "
                    "the new version is not sealed for them."
                )
            elif has_left(self._file, contact):
                self._notice(self._left(contact))
            else:
                contacts.append(contact)
        return contacts

    def _left(self, contact: Contact) -> str:
        """Why the new version is not for somebody the server no longer names; new keys too take them off."""
        who = visible(contact.name)
        if changed_keys(self._reader.account, [contact]):
            return (
                f"The server shows other keys for {who} than those you know: the new version is not for them. "
                f"`peerseal exchange verify {typed(who)}` compares the new keys; then share it anew."
            )
        return f"{who} has left this file: the new version is not for them."

    def _link_wraps(self, key: FileKey) -> tuple[LinkWrap, ...]:
        identity = self._reader.account.identity
        wraps = []
        for row in self._file.links or ():
            link = bytes.fromhex(row.id)
            if link in self._access.links:
                _, m = open_link_secret(identity, row.secret, link, self.id)
                wrapped = wrap_for_link(
                    key, keys_of_m(m).wrap_key, identity.fingerprint, self.id, self.version
                )
                wraps.append(LinkWrap(row.id, wrapped))
        return tuple(wraps)


def _gone(names: Sequence[str]) -> NotFound:
    return NotFound(
        f"The server knows no account of {' or '.join(visible(name) for name in names) or 'yours'} any more.",
        code="unknown_recipient",
        hint="Nothing was stored. `peerseal contacts remove NAME` takes somebody out; `peerseal revoke` off a file.",
    )


def has_left(file: File, contact: Contact) -> bool:
    """Whether a recipient took this file off their list: the server's word, which can only take somebody away."""
    return contact.name not in {said_name(name) for name in file.recipients or ()}


def wraps_for(
    reader: Reader, contacts: Sequence[Contact], key: FileKey, file_id: bytes, version: int
) -> tuple[RecipientWrap, ...]:
    """The file key for each of these contacts."""
    return tuple(
        RecipientWrap(contact.name, wrap_for(reader, contact, key, file_id, version)) for contact in contacts
    )


def wrap_for(reader: Reader, contact: Contact, key: FileKey, file_id: bytes, version: int) -> bytes:
    """The file key for one contact, whose keys come from the book."""
    bundle = contact.bundle
    identity = reader.account.identity
    return wrap(key, identity, reader.pairwise(bundle), bundle, file_id, version)


def contacts_named(account: OpenAccount, names: Sequence[str]) -> list[Contact]:
    """The contacts of these names, each once. Raises NotFound for a stranger, UsageError for oneself or too many."""
    book = known(account, names, int(time.time() * 1000))
    found: dict[str, Contact] = {}
    for name in names:
        contact = book.contact(name)
        if contact is None:
            if own_name(account, name):
                raise UsageError(
                    "What you upload is always yours to read.", hint="Leave --to away to keep it to yourself."
                )
            raise NotFound(
                f"{visible(name)} is not in your contacts, so nothing can be sealed for them.",
                code="unknown_contact",
                hint=f"Exchange keys first: `peerseal exchange request {typed(visible(name))}`.",
            )
        found[contact.name] = contact
    if len(found) > RECIPIENTS_MAX:
        raise UsageError(f"A file is for at most {RECIPIENTS_MAX} people.")
    return list(found.values())


def own_name(account: OpenAccount, name: str) -> bool:
    """Whether `name` is this account's own."""
    return canonical_name(name) == account.user


def _remember_stored(reader: Reader, stored: File) -> None:
    owner = reader.owner(stored)
    current = newest(reader, stored, owner)
    access = reader.access(stored, owner)
    closing = NO_CLOSING if current.closing is None else current.closing.hash
    reader.account.contacts.change(
        lambda book: book.remember(
            current.file.id, owner.bundle.fingerprint, current.version, closing, access.counter
        )
    )
