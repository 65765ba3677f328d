"""Who else may read a stored file: give it to contacts, make links, take both back, delete it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from peerseal.client.exchange import check_unchanged
from peerseal.crypto_engine import (
    LinkSecret,
    link_fragment,
    link_keys,
    new_link_secret,
    open_link_secret,
    random_bytes,
    seal_link_secret,
    sha256,
    wrap_for_link,
)
from peerseal.errors import IntegrityFailed, NotFound, Refused, UsageError
from peerseal.files.names import visible
from peerseal.protocol.access import AccessList
from peerseal.protocol.book import NO_CLOSING, Contact
from peerseal.transfer.destination import wrap_for
from peerseal.transfer.reachable import seen_from_outside
from peerseal.transfer.trust import Owner, Reader, Sealed
from peerseal.transfer.versions import arriving, completed, fetch
from peerseal.wire.limits import ID_BYTES
from peerseal.wire.stored import ChangeFile, File, LinkRow, NewLink, Revoke, Share, UploadWrap
from peerseal.wire.value import Value

_TRIES: Final = 4


class LinkMade(Value):
    """A link that was made. `url` is the secret itself."""

    id: str
    url: str
    password: bool
    expires: int | None
    downloads: int | None

    def __repr__(self) -> str:
        return f"LinkMade(id={self.id!r})"


class _Own(Value):
    """One's own file, with what the server says about it checked."""

    file: File
    owner: Owner
    access: AccessList
    versions: tuple[Sealed, ...]


def share(reader: Reader, file_id: str, contacts: Sequence[Contact]) -> None:
    """Give the file's current version (and the one arriving) to these contacts too.

    Raises VerificationFailed (`key_changed`) before anybody has got it if one of them has other keys by now.
    """
    check_unchanged(reader.account, contacts)
    for contact in contacts:

        def give(own: _Own, contact: Contact = contact) -> AccessList:
            access = own.access.next((*own.access.recipients, contact.fingerprint), own.access.links)
            wraps = tuple(
                UploadWrap(
                    sealed.upload, wrap_for(reader, contact, sealed.file.key, sealed.file.id, sealed.version)
                )
                for sealed in own.versions
            )
            body = Share(access.sign(reader.account.identity), wraps)
            reader.account.api.call("share", body, file=file_id, name=contact.name)
            return access

        _change(reader, file_id, give)


def revoke(reader: Reader, file_id: str, name: str) -> None:
    """Take the file back from somebody. What they had the key and records of, they keep."""
    contact = reader.account.contacts.book.contact(name)

    def take(own: _Own) -> AccessList:
        if contact is not None:
            if contact.fingerprint not in own.access.recipients:
                raise NotFound(f"{visible(name)} cannot read this file anyway.", code="not_listed")
            kept = [one for one in own.access.recipients if one != contact.fingerprint]
        else:
            # Not in the book any more: then neither are the keys this list has them under.
            book = reader.account.contacts.book
            kept = [one for one in own.access.recipients if book.by_fingerprint(one) is not None]
        access = own.access.next(kept, own.access.links)
        body = Revoke(access.sign(reader.account.identity))
        reader.account.api.call("revoke", body, file=file_id, name=name if contact is None else contact.name)
        return access

    _change(reader, file_id, take)


def make_link(
    reader: Reader,
    file_id: str,
    *,
    password: str | None = None,
    expires: int | None = None,
    downloads: int | None = None,
) -> LinkMade:
    """A link to the file's newest version, for people without an account. `expires` in ms since 1970."""
    identity = reader.account.identity
    link = random_bytes(ID_BYTES)
    secret = new_link_secret()
    keys = link_keys(secret, password, link)

    def make(own: _Own) -> AccessList:
        access = own.access.next(own.access.recipients, (*own.access.links, link))
        file = bytes.fromhex(file_id)
        wraps = tuple(
            UploadWrap(
                sealed.upload,
                wrap_for_link(
                    sealed.file.key, keys.wrap_key, identity.fingerprint, sealed.file.id, sealed.version
                ),
            )
            for sealed in own.versions
        )
        body = NewLink(
            link=link.hex(),
            token_hash=sha256(keys.token),
            secret=seal_link_secret(identity, secret, keys.m, link, file),
            password=bool(password),
            wraps=wraps,
            access=access.sign(identity),
            expires=expires,
            downloads=downloads,
        )
        reader.account.api.call("new_link", body, file=file_id)
        return access

    _change(reader, file_id, make)
    return LinkMade(link.hex(), _url(reader, link, secret), bool(password), expires, downloads)


def link_again(reader: Reader, file_id: str, row: LinkRow) -> str:
    """The address of a link made before."""
    link = bytes.fromhex(row.id)
    secret, _ = open_link_secret(reader.account.identity, row.secret, link, bytes.fromhex(file_id))
    return _url(reader, link, LinkSecret(secret))


def revoke_link(reader: Reader, file_id: str, given: str | None) -> str:
    """Take a link back: the only one, or the one whose id begins with `given`. Returns its id."""
    taken: list[str] = []

    def take(own: _Own) -> AccessList:
        link = _link_named([one.hex() for one in own.access.links], given)
        access = own.access.next(
            own.access.recipients, [one for one in own.access.links if one.hex() != link]
        )
        body = Revoke(access.sign(reader.account.identity))
        reader.account.api.call("revoke_link", body, file=file_id, link=link)
        taken.append(link)
        return access

    _change(reader, file_id, take)
    return taken[-1]


def keep_until(reader: Reader, file_id: str, expires: int | None) -> File:
    """Keep one's own file until `expires` (ms since 1970; None: until it is deleted).

    Raises NotFound, Refused (`not_yours`, `stale`), UsageError (`expires`: longer than the server keeps anything).
    """
    file = fetch(reader, file_id)
    if not file.mine:
        raise Refused(
            f"This file is {visible(file.owner)}'s; only its owner says how long it is kept.",
            code="not_yours",
        )
    current = 0 if file.current is None else file.current.version
    changed = reader.account.api.ask(File, "change_file", ChangeFile(expires), if_match=current, file=file.id)
    if changed.expires != expires:
        raise IntegrityFailed(
            "The server did not take the time over.", code="content_differs", hint="Look at `peerseal files`."
        )
    return changed


def delete(reader: Reader, file: File) -> bool:
    """Delete one's own file for everybody, or leave somebody else's. Returns whether it was one's own."""
    if file.mine:
        reader.account.api.call("delete_file", file=file.id)
    else:
        reader.account.api.call("revoke", Revoke(None), file=file.id, name=reader.account.user)
    return file.mine


def delete_version(reader: Reader, file: File, number: int) -> None:
    """Free the space of an old version of one's own file. Raises NotFound, Refused (`not_yours`), UsageError."""
    if not file.mine:
        raise Refused(
            f"This file is {visible(file.owner)}'s; only its owner deletes versions of it.", code="not_yours"
        )
    if file.current is not None and file.current.version == number:
        raise UsageError(
            f"Version {number} is the current one.",
            code="current_version",
            hint="Only older versions can go alone; without --version all of the file goes.",
        )
    try:
        reader.account.api.call("delete_version", file=file.id, version=number)
    except NotFound:
        raise NotFound(
            f"This file has no version {number}.", hint=f"`peerseal history {file.id[:8]}` lists what it has."
        ) from None


def _change(reader: Reader, file_id: str, change: Callable[[_Own], AccessList]) -> None:
    """Apply a change to the newest access list; again if another device was quicker. The book notes the new counter."""
    for left in reversed(range(_TRIES)):
        own = _own(reader, file_id)
        try:
            access = change(own)
        except Refused as refused:
            if refused.code != "stale_access" or not left:
                raise
            reader.account.contacts.load()
            continue
        _remember(reader, own, access)
        return


def _remember(reader: Reader, own: _Own, access: AccessList) -> None:
    """Note the new access list in the book, beside the current version."""
    current = own.file.current
    closing = next(
        (one.closing for one in own.versions if current is not None and one.upload == current.upload), None
    )
    version = 0 if closing is None or current is None else current.version
    hashed = NO_CLOSING if closing is None else closing.hash
    fingerprint = reader.account.identity.fingerprint
    reader.account.contacts.change(
        lambda book: book.remember(access.id, fingerprint, version, hashed, access.counter)
    )


def _own(reader: Reader, file_id: str) -> _Own:
    file = fetch(reader, file_id)
    if not file.mine:
        raise Refused(
            f"This file is {visible(file.owner)}'s; only its owner says who may read it.", code="not_yours"
        )
    owner = reader.owner(file)
    access = reader.access(file, owner)
    current = completed(reader, file, owner)
    coming = arriving(reader, file, owner, current)
    return _Own(file, owner, access, tuple(one for one in (current, coming) if one is not None))


def _url(reader: Reader, link: bytes, secret: LinkSecret) -> str:
    fragment = link_fragment(secret, reader.account.identity.fingerprint)
    return f"{seen_from_outside(reader.account.server)}/s/{link.hex()}#{fragment.text}"


def _link_named(links: list[str], given: str | None) -> str:
    if not links:
        raise NotFound("This file has no link.", code="not_found")
    found = [link for link in links if given is None or link.startswith(given.lower())]
    if not found:
        raise NotFound(f"No link of this file begins with {given}.", hint=f"Its links: {', '.join(links)}")
    if len(found) > 1:
        raise UsageError("Which link?", hint=f"Give the first digits of one: {', '.join(found)}")
    return found[0]
