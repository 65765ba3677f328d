"""The versions of a file against what this person saw before: the newest, an older one, all of them (protocol.md §13.3)."""

from __future__ import annotations

from typing import Final

from peerseal.errors import IntegrityFailed, NotFound
from peerseal.protocol.access import AccessList
from peerseal.protocol.heads import ClosingHead, OpeningHead
from peerseal.protocol.rollback import judge, judge_absent, judge_arriving
from peerseal.transfer.trust import Owner, Reader, Sealed, accusing, check_heads
from peerseal.wire.limits import PAGE_MAX_ITEMS
from peerseal.wire.stored import File, Version, Versions
from peerseal.wire.value import Value

_PAGES_MAX: Final = 1_000


class Heads(Value):
    """A committed version whose place in the history holds. `wire`: what else the server says about it."""

    wire: Version
    opening: OpeningHead
    closing: ClosingHead


def fetch(reader: Reader, file_id: str) -> File:
    """What the server says about a file (hex id)."""
    file = reader.account.api.ask(File, "file", file=file_id)
    if file.id != file_id:
        raise IntegrityFailed("The server gave another file than the one asked for.", code="content_differs")
    return file


def newest(reader: Reader, file: File, owner: Owner) -> Sealed:
    """The current version of a file, or its first while that is still arriving.

    Checked against the newest one this person saw. Raises NotFound if there is none at all.
    """
    version = completed(reader, file, owner) or arriving(reader, file, owner, None)
    if version is None:
        raise NotFound("Nothing of this file was ever completed.", code="not_found")
    return version


def completed(reader: Reader, file: File, owner: Owner) -> Sealed | None:
    """The current version, checked against the newest one this person saw; None if none was ever complete."""
    if file.current is None:
        with accusing(owner.name):
            judge_absent(reader.account.contacts.book.file(bytes.fromhex(file.id)))
        return None
    sealed = reader.sealed(file, file.current, owner)
    if sealed.closing is None:
        raise IntegrityFailed("A completed version without its closing head.", code="content_differs")
    _judge(reader, file, owner, sealed.opening, sealed.closing)
    return sealed


def arriving(reader: Reader, file: File, owner: Owner, current: Sealed | None) -> Sealed | None:
    """The upload under way, None if there is none: the very next version after `current` (None: the first)."""
    if file.arriving is None:
        return None
    check_arriving(reader, file, owner, current)
    return reader.sealed(file, file.arriving, owner)


def check_arriving(reader: Reader, file: File, owner: Owner, current: Sealed | None) -> None:
    """See `arriving`, also for who was not given its key. Raises IntegrityFailed (`rolled_back`), VerificationFailed."""
    if file.arriving is None:
        return
    file_id = bytes.fromhex(file.id)
    opening, closing = check_heads(owner, file_id, file.arriving)
    heads = None if current is None or current.closing is None else (current.opening, current.closing)
    with accusing(owner.name):
        judge_arriving(reader.account.contacts.book.file(file_id), heads, opening, closing)


def numbered(reader: Reader, file: File, owner: Owner, number: int) -> Sealed:
    """Version `number` of a file, at its place in the history."""
    for heads in history(reader, file, owner):
        if heads.wire.version == number:
            if not heads.wire.kept:
                raise NotFound(
                    f"Version {number} is no longer kept.", hint=f"peerseal history {file.id[:8]} lists them."
                )
            return reader.sealed(file, heads.wire, owner)
    raise NotFound(
        f"There is no version {number} of this file.", hint=f"peerseal history {file.id[:8]} lists them."
    )


def history(reader: Reader, file: File, owner: Owner) -> list[Heads]:
    """All committed versions, oldest first: a chain without a gap up to at least the newest one seen.

    Raises IntegrityFailed (`rolled_back`) and whatever a head that does not hold raises.
    """
    chain: list[Heads] = []
    for version in all_versions(reader, file.id):
        if version.state != "committed":
            continue
        opening, closing = check_heads(owner, bytes.fromhex(file.id), version)
        if closing is None:
            raise IntegrityFailed("A completed version without its closing head.", code="content_differs")
        previous = chain[-1].closing.hash if chain else b""
        with accusing(owner.name):
            if version.version != len(chain) + 1 or opening.previous != previous:
                raise IntegrityFailed("the versions do not follow each other", code="rolled_back")
        chain.append(Heads(version, opening, closing))
    if not chain:
        raise NotFound("Nothing of this file was ever completed.")
    _check_seen(reader, owner, bytes.fromhex(file.id), chain)
    return chain


def all_versions(reader: Reader, file_id: str) -> list[Version]:
    """All versions the server lists, oldest first."""
    versions: list[Version] = []
    query: dict[str, str | int] = {"limit": PAGE_MAX_ITEMS}
    for _ in range(_PAGES_MAX):
        page = reader.account.api.ask(Versions, "versions", file=file_id, query=query)
        versions += page.versions
        if page.next is None:
            break
        query["cursor"] = page.next
    return versions


def remember(reader: Reader, owner: Owner, sealed: Sealed, closing: ClosingHead, access: AccessList) -> None:
    """Note in the book that this version was seen whole."""
    file_id, version = sealed.file.id, sealed.version
    fingerprint = owner.bundle.fingerprint
    reader.account.contacts.change(
        lambda book: book.remember(file_id, fingerprint, version, closing.hash, access.counter)
    )


def _judge(
    reader: Reader, file: File, owner: Owner, opening: OpeningHead, closing: ClosingHead | None
) -> None:
    seen = reader.account.contacts.book.file(opening.id)
    between: list[tuple[OpeningHead, ClosingHead]] = []
    if seen is not None and seen.version and opening.version > seen.version + 1:
        for version in all_versions(reader, file.id):
            if seen.version < version.version < opening.version and version.state == "committed":
                first, last = check_heads(owner, opening.id, version)
                if last is not None:
                    between.append((first, last))
    with accusing(owner.name):
        judge(seen, opening, closing, between)


def _check_seen(reader: Reader, owner: Owner, file_id: bytes, chain: list[Heads]) -> None:
    seen = reader.account.contacts.book.file(file_id)
    if seen is None:
        return
    with accusing(owner.name):
        if seen.owner != owner.bundle.fingerprint:
            raise IntegrityFailed("this file belonged to somebody else before", code="unknown_owner")
        if seen.version > len(chain) or (
            seen.version and chain[seen.version - 1].closing.hash != seen.closing
        ):
            raise IntegrityFailed("the version seen before is not among them", code="rolled_back")
