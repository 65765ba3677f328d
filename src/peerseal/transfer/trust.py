"""One version of a stored file as its reader may trust it (protocol.md §13.3): whatever the server says is checked here.

Bundles come from the contact book, or, behind a link, from its fragment; never from a look-up.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from peerseal.client.account import OpenAccount
from peerseal.client.exchange import known
from peerseal.client.refusals import typed
from peerseal.client.said import said_name
from peerseal.crypto_engine import (
    Bundle,
    FileKey,
    SharedSecret,
    check_commitment,
    stream_record_size,
    unwrap,
    unwrap_own,
)
from peerseal.errors import IntegrityFailed, NotFound, PeersealError, VerificationFailed
from peerseal.files.names import visible
from peerseal.protocol.access import AccessList, read_access
from peerseal.protocol.book import Contact
from peerseal.protocol.card import Card, read_card
from peerseal.protocol.entries import Entry
from peerseal.protocol.heads import ClosingHead, OpeningHead, read_closing, read_opening
from peerseal.transfer.outgoing import SealedFile
from peerseal.wire.chunks import StreamLayout
from peerseal.wire.stored import File, Version
from peerseal.wire.value import Value

_ASK: Final = "Nothing of it was kept. Ask {owner} by another way, and whoever runs the server."

#: What a failed check means, by its code; `{owner}` is who the file is said to be from.
_ACCUSATIONS: Final = {
    "signature_invalid": "This is not {owner}'s: the signature does not hold. It was injected or rewritten.",
    "unknown_owner": "This is said to be {owner}'s, and somebody else signed it: it was injected.",
    "commitment_mismatch": "The key that came is not the one {owner} sealed this with: it was swapped.",
    "rolled_back": "The server shows an older or another version than the one you have seen: it was rolled back.",
    "not_listed": "{owner}'s list of who may read this does not name you.",
    "manifest_invalid": "The list of files is not what {owner} said it is: it was rewritten.",
}


class Owner(Value):
    """Whose a file is, by this reader's own book: the name to show, the keys, whether they were compared."""

    name: str
    bundle: Bundle
    mine: bool
    verified: bool


class Sealed(Value):
    """A version whose opening head, key and card hold; `closing` None while it is arriving."""

    upload: str
    owner: Owner
    file: SealedFile
    opening: OpeningHead
    closing: ClosingHead | None
    card: Card
    manifest: StreamLayout
    content: StreamLayout

    @property
    def version(self) -> int:
        """Its number."""
        return self.file.version


class Reader:
    """The signed-in account as a reader: its keys and book. Secrets shared with people are computed once."""

    def __init__(self, account: OpenAccount) -> None:
        self.account: Final = account
        self._pairwise: dict[bytes, SharedSecret] = {}
        self._looked: set[str] = set()

    def pairwise(self, bundle: Bundle) -> SharedSecret:
        """The secret shared with the owner of these keys."""
        if bundle.fingerprint not in self._pairwise:
            self._pairwise[bundle.fingerprint] = self.account.identity.pairwise(bundle)
        return self._pairwise[bundle.fingerprint]

    def owner(self, file: File) -> Owner:
        """Whose `file` is. Raises VerificationFailed (`unknown_owner`) if not oneself and no contact."""
        own = self.account.identity.bundle
        if file.mine:
            return Owner(self.account.name, own, mine=True, verified=True)
        contact = self._contact(file.owner)
        if contact is None:
            raise VerificationFailed(
                f"{visible(file.owner)} is not in your contacts, so nothing shows that this is theirs.",
                code="unknown_owner",
                hint=f"Exchange keys first: `peerseal exchange request {typed(visible(file.owner))}`.",
            )
        return Owner(contact.name, contact.bundle, mine=False, verified=contact.verified)

    def _contact(self, name: str) -> Contact | None:
        """The contact of that name; for a stranger, answers to one's own requests are pinned first, once."""
        name = said_name(name)
        contact = self.account.contacts.book.contact(name)
        if contact is not None or name in self._looked:
            return contact
        self._looked.add(name)
        return known(self.account, [name], int(time.time() * 1000)).contact(name)

    def key(self, owner: Owner, file_id: bytes, version: Version) -> FileKey:
        """The file key in the reader's own wrap. Raises NotFound if this version was never theirs."""
        if version.wrap is None:
            raise NotFound(
                f"Version {version.version} was never shared with you.", hint="Ask its owner to share it."
            )
        identity = self.account.identity
        with accusing(owner.name, not_authentic="The key that came was not sealed by {owner} for this file."):
            if owner.mine:
                return unwrap_own(version.wrap, identity, file_id, version.version)
            pairwise = self.pairwise(owner.bundle)
            return unwrap(version.wrap, identity, pairwise, owner.bundle, file_id, version.version)

    def access(self, file: File, owner: Owner) -> AccessList:
        """The file's access list: signed by its owner, of this file, not older than the newest one seen."""
        seen = self.account.contacts.book.file(bytes.fromhex(file.id))
        with accusing(owner.name):
            access = read_access(file.access, owner.bundle)
            access.check(bytes.fromhex(file.id), 0 if seen is None else seen.access)
        return access

    def sealed(self, file: File, version: Version, owner: Owner) -> Sealed:
        """A version of `file`, checked."""
        file_id = bytes.fromhex(file.id)
        return check_version(owner, file_id, version, self.key(owner, file_id, version))


def check_version(owner: Owner, file_id: bytes, version: Version, key: FileKey) -> Sealed:
    """What the server gave as a version, once everything signed about it holds; its records are still to come."""
    opening, closing = check_heads(owner, file_id, version)
    with accusing(owner.name, not_authentic="The title was not sealed with this file's key: it was renamed."):
        check_commitment(key, file_id, version.version, opening.commitment)
        opening.check_card(version.card)
        card = read_card(key, file_id, version.version, version.card)
        size = opening.record_size
        layouts = (
            StreamLayout(stream_record_size("manifest", size), version.manifest_bytes),
            StreamLayout(stream_record_size("content", size), version.content_bytes),
        )
        if closing is not None:
            _check_sizes(closing, *layouts)
    file = SealedFile(file_id, version.version, opening.record_size, key)
    return Sealed(version.upload, owner, file, opening, closing, card, *layouts)


def check_heads(owner: Owner, file_id: bytes, version: Version) -> tuple[OpeningHead, ClosingHead | None]:
    """The heads of a version: signed by its owner, of the file and version that was asked for."""
    with accusing(
        owner.name, content_differs="The server gave another file or version than the one asked for: {why}."
    ):
        opening = read_opening(version.opening, owner.bundle)
        opening.check_asked(file_id, version.version)
        if version.closing is None:
            return opening, None
        return opening, read_closing(version.closing, owner.bundle, opening)


def check_card(sealed: Sealed, entries: Sequence[Entry]) -> None:
    """Raises IntegrityFailed (`manifest_invalid`) unless the card says what all these entries do (protocol.md §13.2)."""
    files = [entry for entry in entries if entry.kind != "directory"]
    size = sum(entry.size or 0 for entry in files)
    with accusing(sealed.owner.name):
        sealed.card.check(len(files), size, any(entry.kind == "text" for entry in files))


def _check_sizes(closing: ClosingHead, manifest: StreamLayout, content: StreamLayout) -> None:
    manifest.check()
    content.check()
    if (manifest.records, content.records) != (closing.manifest_records, closing.content_records):
        raise IntegrityFailed("there are more or fewer records than its owner signed", code="content_differs")


@contextmanager
def accusing(owner: str, **more: str) -> Iterator[None]:
    """Turns a check that failed into what it means to the reader; the code stays."""
    try:
        yield
    except (IntegrityFailed, VerificationFailed) as error:
        known = _ACCUSATIONS | {"content_differs": "It was changed after {owner} signed it: {why}."} | more
        if error.code not in known:
            raise
        raise _accused(error, known[error.code], owner) from None


def _accused(error: PeersealError, template: str, owner: str) -> PeersealError:
    name = visible(owner)
    message = template.format(owner=name, why=error.message.rstrip("."))
    return type(error)(message, code=error.code, hint=_ASK.format(owner=name))
