"""The stored files of an account, each as its reader may trust it: what holds is shown, what does not says why."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from peerseal.errors import IntegrityFailed, NotFound, PeersealError, UsageError, VerificationFailed
from peerseal.protocol.book import Book
from peerseal.transfer.destination import has_left
from peerseal.transfer.trust import Reader, Sealed
from peerseal.transfer.versions import check_arriving, fetch, newest
from peerseal.wire.limits import PAGE_MAX_ITEMS
from peerseal.wire.stored import File, Files
from peerseal.wire.value import Value

ID_DIGITS: Final = 32
ID_DIGITS_MIN: Final = 4
_PAGES_MAX: Final = 2_000
FILES_MAX: Final = 100_000


class Item(Value):
    """One file. `owner` by the reader's own book; `title`, `files`, `bytes`, `text` from the card its owner sealed.

    `bytes` is None while nobody knows, `version` 0 if nothing of the file could be trusted: `problem` says why.
    `recipients` and `links` (their ids) only for one's own.
    """

    id: str
    owner: str
    mine: bool
    verified: bool
    version: int
    title: str
    files: int
    bytes: int | None
    text: bool
    arriving: bool
    changed: int
    expires: int | None
    recipients: tuple[str, ...]
    links: tuple[str, ...]
    problem: PeersealError | None


def shelf(reader: Reader) -> list[Item]:
    """Every file of the account, newest change first. What was seen of them is noted in the book."""
    reader.account.contacts.load()
    seen: list[tuple[Sealed, int]] = []
    items = [_item(reader, file, seen) for file in all_files(reader)]

    def remember(book: Book) -> Book:
        for sealed, access in seen:
            if sealed.closing is not None:
                owner = sealed.owner.bundle.fingerprint
                book = book.remember(sealed.file.id, owner, sealed.version, sealed.closing.hash, access)
        return book

    if remember(reader.account.contacts.book) != reader.account.contacts.book:
        reader.account.contacts.change(remember)
    return items


def all_files(reader: Reader) -> Iterator[File]:
    """What the server lists, page by page. Raises IntegrityFailed (`limit`) if it does not end."""
    query: dict[str, str | int] = {"limit": PAGE_MAX_ITEMS}
    listed = 0
    for _ in range(_PAGES_MAX):
        page = reader.account.api.ask(Files, "files", query=query)
        listed += len(page.files)
        if listed > FILES_MAX:
            break
        yield from page.files
        if page.next is None:
            return
        query["cursor"] = page.next
    raise IntegrityFailed(
        f"The server's list of your files does not end: it is past {FILES_MAX} files or {_PAGES_MAX} pages.",
        code="limit",
        hint="A whole id still works: `peerseal download ID`. Tell the person who runs the server.",
    )


def find(reader: Reader, given: str) -> File:
    """The file whose id begins with `given`, at least 4 hex digits. Raises NotFound, UsageError if several do."""
    wanted = given.strip().lower()
    if not ID_DIGITS_MIN <= len(wanted) <= ID_DIGITS or set(wanted) - set("0123456789abcdef"):
        raise UsageError(
            f"{given!r} is no file's id.",
            code="file_id",
            hint="An id, or its first 4 digits or more, is what `peerseal files` shows.",
        )
    if len(wanted) == ID_DIGITS:
        return fetch(reader, wanted)
    found = [file for file in all_files(reader) if file.id.startswith(wanted)]
    if not found:
        raise NotFound(f"No file's id begins with {wanted}.", hint="`peerseal files` lists what is there.")
    if len(found) > 1:
        ids = ", ".join(file.id[: len(wanted) + 4] for file in found[:8])
        raise UsageError(
            f"{len(found)} files' ids begin with {wanted}.", code="file_id", hint=f"They are {ids}"
        )
    return found[0]


def _item(reader: Reader, file: File, seen: list[tuple[Sealed, int]]) -> Item:
    try:
        owner = reader.owner(file)
        access = reader.access(file, owner)
        if not owner.mine:
            access.check_listed(reader.account.identity.fingerprint)
        sealed = newest(reader, file, owner)
        if sealed.closing is not None:
            check_arriving(reader, file, owner, sealed)
    except (IntegrityFailed, VerificationFailed, NotFound) as problem:
        return _untrusted(file, problem)
    seen.append((sealed, access.counter))
    wire = file.current or file.arriving
    return Item(
        id=file.id,
        owner=owner.name,
        mine=owner.mine,
        verified=owner.verified,
        version=sealed.version,
        title=sealed.card.title,
        files=sealed.card.files,
        bytes=sealed.content.plain if sealed.closing is not None else sealed.card.bytes,
        text=sealed.card.text,
        arriving=file.arriving is not None,
        changed=file.created if wire is None else wire.committed or wire.created,
        expires=file.expires,
        recipients=_readers(reader, file, access.recipients) if owner.mine else (),
        links=tuple(link.hex() for link in access.links) if owner.mine else (),
        problem=None,
    )


def _untrusted(file: File, problem: PeersealError) -> Item:
    return Item(
        id=file.id,
        owner=file.owner,
        mine=file.mine,
        verified=False,
        version=0,
        title="",
        files=0,
        bytes=None,
        text=False,
        arriving=False,
        changed=file.created,
        expires=file.expires,
        recipients=(),
        links=(),
        problem=problem,
    )


def _readers(reader: Reader, file: File, fingerprints: tuple[bytes, ...]) -> tuple[str, ...]:
    """Who may read it, by the signed list and the book, but for who left; keys that are in no book show as such."""
    names = []
    for fingerprint in fingerprints:
        contact = reader.account.contacts.book.by_fingerprint(fingerprint)
        if contact is None:
            names.append(f"({fingerprint[:4].hex()}…)")
        elif not has_left(file, contact):
            names.append(contact.name)
    return tuple(sorted(names))
