"""The Python SDK of stored files: plain functions of a signed-in account, beside `send` and `receive`.

    with peerseal.sign_in("http://localhost:5000", "alice", password) as alice:
        stored = peerseal.upload(alice, ["photo.jpg"], to=["bob"])
        peerseal.download(alice, stored.id, into="inbox")

They block until it is done, raise `PeersealError`, print nothing and read no environment.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Sequence

from peerseal.client.exchange import look as look_for_answers
from peerseal.client.settings import parse_link
from peerseal.errors import UsageError, VerificationFailed
from peerseal.files.bytes_source import from_text
from peerseal.files.scan import look, scan
from peerseal.files.source import Source
from peerseal.protocol.book import Contact
from peerseal.transfer import sharing
from peerseal.transfer.account import Account
from peerseal.transfer.by_link import LinkVisit
from peerseal.transfer.cancel import Cancel
from peerseal.transfer.desk import Desk
from peerseal.transfer.destination import contacts_named
from peerseal.transfer.download import DownloadResult, Target
from peerseal.transfer.download import download as carry_down
from peerseal.transfer.events import Event
from peerseal.transfer.shelf import Item, find, shelf
from peerseal.transfer.upload import UploadResult
from peerseal.wire.limits import MIB

PathLike = str | os.PathLike[str]
OnEvent = Callable[[Event], None] | None
TEXT_MAX_BYTES = MIB


def upload(
    account: Account,
    paths: PathLike | Iterable[PathLike] = (),
    *,
    to: Sequence[str] = (),
    text: str | None = None,
    expires_in: float | None = None,
    unverified: bool = False,
    on_event: OnEvent = None,
    cancel: Cancel | None = None,
) -> UploadResult:
    """Store files and folders, or a text, for these contacts, or for oneself. `expires_in` in seconds.

    Contacts whose safety number nobody compared need `unverified=True`. The same call again goes on after an
    interruption.
    """
    open_source, again = _source(paths, text)
    desk = _desk(account, on_event, cancel)
    contacts = _trusted(account, to, unverified=unverified)
    expires = None if expires_in is None else int((time.time() + expires_in) * 1000)
    return desk.upload(open_source, contacts, expires=expires, again=again)


def update(
    account: Account,
    file_id: str,
    paths: PathLike | Iterable[PathLike] = (),
    *,
    text: str | None = None,
    if_version: int | None = None,
    on_event: OnEvent = None,
    cancel: Cancel | None = None,
) -> UploadResult:
    """A new version of one's own file, for everybody who may read it. Raises Refused (`stale`) on a conflict."""
    open_source, again = _source(paths, text)
    desk = _desk(account, on_event, cancel)
    return desk.update(find(desk.reader, file_id).id, open_source, expected=if_version, again=again)


def restore(
    account: Account,
    file_id: str,
    version: int,
    *,
    on_event: OnEvent = None,
    cancel: Cancel | None = None,
) -> UploadResult:
    """An older version again as the newest one, under a fresh key."""
    desk = _desk(account, on_event, cancel)
    return desk.restore(find(desk.reader, file_id).id, version)


def stored_files(account: Account) -> list[Item]:
    """What is stored for this account, each as its owner signed it; `problem` says what does not hold."""
    return shelf(_desk(account, None, None).reader)


def download(
    account: Account,
    file_id: str,
    *,
    into: PathLike = ".",
    version: int | None = None,
    on_event: OnEvent = None,
    cancel: Cancel | None = None,
) -> DownloadResult:
    """A stored file into a folder. An id may be cut to its first digits, at least 4."""
    desk = _desk(account, on_event, cancel)
    file = find(desk.reader, file_id)
    return desk.download(file, Target(os.fspath(into), unhide=not file.mine), version)


def delete(account: Account, file_id: str) -> None:
    """Delete one's own file for everybody, or take somebody else's off one's list."""
    reader = _desk(account, None, None).reader
    sharing.delete(reader, find(reader, file_id))


def share(account: Account, file_id: str, to: Sequence[str], *, unverified: bool = False) -> None:
    """Let these contacts read it too."""
    reader = _desk(account, None, None).reader
    sharing.share(reader, find(reader, file_id).id, _trusted(account, to, unverified=unverified))


def revoke(account: Account, file_id: str, name: str) -> None:
    """Serve it to this contact no more."""
    reader = _desk(account, None, None).reader
    account.open.contacts.load()
    sharing.revoke(reader, find(reader, file_id).id, name)


def make_link(
    account: Account,
    file_id: str,
    *,
    password: str | None = None,
    expires_in: float | None = None,
    downloads: int | None = None,
) -> sharing.LinkMade:
    """A link for people without an account; its `url` holds the key. `expires_in` in seconds."""
    reader = _desk(account, None, None).reader
    expires = None if expires_in is None else int((time.time() + expires_in) * 1000)
    return sharing.make_link(
        reader, find(reader, file_id).id, password=password, expires=expires, downloads=downloads
    )


def revoke_link(account: Account, file_id: str, link_id: str | None = None) -> None:
    """The link leads nowhere any more; which one, if the file has several."""
    reader = _desk(account, None, None).reader
    sharing.revoke_link(reader, find(reader, file_id).id, link_id)


def receive_link(
    url: str,
    *,
    into: PathLike = ".",
    password: str | None = None,
    on_event: OnEvent = None,
    cancel: Cancel | None = None,
) -> DownloadResult:
    """What the link of a stored file leads to, without an account."""
    link = parse_link(url)
    if link is None or link.kind != "stored":
        raise UsageError("This is no link of a stored file.", code="link")
    visit = LinkVisit(link)
    try:
        sealed = visit.open(password)
        target = Target(os.fspath(into))
        result = carry_down(sealed, visit.origin(sealed), target, on_event or _ignore, cancel or Cancel())
        visit.confirm()
    finally:
        visit.close()
    return result


def _desk(account: Account, on_event: OnEvent, cancel: Cancel | None) -> Desk:
    look_for_answers(
        account.open, int(time.time() * 1000)
    )  # who accepted an exchange meanwhile is a contact now
    return Desk(account.open, on_event or _ignore, cancel or Cancel())


def _source(
    paths: PathLike | Iterable[PathLike], text: str | None
) -> tuple[Callable[[], Source], tuple[str, ...] | None]:
    several = [os.fspath(path) for path in ([paths] if isinstance(paths, str | os.PathLike) else paths)]
    if bool(several) is (text is not None):
        raise UsageError("Give paths or a text, one of the two.")
    if text is not None:
        return lambda: from_text(text, TEXT_MAX_BYTES), None
    look(several)
    return lambda: scan(several), (os.getcwd(), *several)  # noqa: PTH109 - pathlib costs start-up time


def _trusted(account: Account, names: Sequence[str], *, unverified: bool) -> list[Contact]:
    contacts = contacts_named(account.open, [names] if isinstance(names, str) else names)
    doubtful = [contact.name for contact in contacts if not contact.verified]
    if doubtful and not unverified:
        raise VerificationFailed(
            f"Nobody has compared safety numbers with {' and '.join(doubtful)}.",
            code="not_verified",
            hint="Compare them, or accept the risk with unverified=True.",
        )
    return contacts


def _ignore(event: Event) -> None:
    """Nobody listens."""
