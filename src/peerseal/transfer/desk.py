"""What a signed-in person does with stored files, one call each; the command line and the SDK stand on it."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Final

from peerseal.client.account import OpenAccount
from peerseal.errors import Interrupted, PeersealError, Refused, UsageError
from peerseal.files.scan import scan
from peerseal.files.source import Source
from peerseal.protocol.book import Contact
from peerseal.protocol.heads import ClosingHead, read_closing, read_opening
from peerseal.transfer.about import About
from peerseal.transfer.cancel import Cancel
from peerseal.transfer.destination import Destination, NewFileFor, NextVersionOf, contacts_named
from peerseal.transfer.download import DownloadResult, Origin, Target, download
from peerseal.transfer.download_notes import Keeping
from peerseal.transfer.events import Event, Notice
from peerseal.transfer.trust import Owner, Reader, Sealed, accusing
from peerseal.transfer.upload import UploadResult, UploadWish, upload
from peerseal.transfer.upload_notes import Where, journal_id
from peerseal.transfer.versions import fetch, newest, numbered, remember
from peerseal.transport.store import Tickets
from peerseal.wire.limits import RECORD_SIZE
from peerseal.wire.stored import AskStoreTicket, File, StoreTicket

Tell = Callable[[Event], None]


class Desk:
    """The signed-in account at work. `tell` hears what happens, on the calling thread; `cancel` stops it."""

    def __init__(
        self, account: OpenAccount, tell: Tell, cancel: Cancel, record_size: int = RECORD_SIZE
    ) -> None:
        self.account: Final = account
        self.reader: Final = Reader(account)
        self._tell = tell
        self._cancel = cancel
        self._record_size = record_size

    def upload(
        self,
        open_source: Callable[[], Source],
        contacts: Sequence[Contact] = (),
        *,
        expires: int | None = None,
        again: Sequence[str] | None = None,
    ) -> UploadResult:
        """A new file for these contacts, or for oneself. `expires` in ms since 1970.

        `again` names what is uploaded, a folder and paths as seen from there: the same words later go on with what
        was interrupted. None: it cannot.
        """
        # By their keys: what was sealed for somebody's old ones is never gone on with.
        whom = [contact.fingerprint.hex() for contact in contacts]
        about = None if again is None else ("new", *sorted(whom), "", *again)
        return self._upload(open_source, NewFileFor(self.reader, contacts, expires), about, again=again)

    def update(
        self,
        file_id: str,
        open_source: Callable[[], Source],
        *,
        expected: int | None = None,
        again: Sequence[str] | None = None,
    ) -> UploadResult:
        """The next version of one's own file. `expected`: only if this is the current version."""
        about = None if again is None else ("next", file_id, *again)
        return self._upload(open_source, self._next_of(file_id, expected), about, again=again)

    def restore(self, file_id: str, number: int) -> UploadResult:
        """Version `number` again as the newest one, under a fresh key."""
        from peerseal.transfer.reseal import StoredSource

        destination = self._next_of(file_id, None)
        file = fetch(self.reader, file_id)
        sealed = numbered(self.reader, file, self.reader.owner(file), number)
        return self._upload(
            lambda: StoredSource(sealed, self._origin(sealed)), destination, None, title=sealed.card.title
        )

    def download(self, file: File, target: Target, number: int | None = None) -> DownloadResult:
        """A version of a file (None: the current one) to `target`."""
        owner = self.reader.owner(file)
        access = self.reader.access(file, owner)
        if not owner.mine:
            with accusing(owner.name):
                access.check_listed(self.account.identity.fingerprint)
        sealed = self._version(file, owner, number)
        target = Target(target.folder, target.fd, target.unhide, self._keeping(number))
        result = download(sealed, self._origin(sealed), target, self._tell, self._cancel)
        if number is None:
            try:
                remember(self.reader, owner, sealed, result.closing, access)
            except PeersealError as error:  # what was asked for is here; only the note of it is not
                self._tell(Notice(f"Your contact book could not note this version: {error.message}"))
        return result

    def resume_upload(self, journal_id: str, about: About) -> UploadResult:
        """Go on with an upload by its journal. Raises Refused (`other_account`), UsageError, PeersealError."""
        noted, taken, home = about.upload, about.taken, self.home
        if noted is None or taken is None or home is None or not taken.paths:
            raise UsageError(
                "This upload cannot be taken up from here.", hint="Run the same command again: it goes on."
            )
        self._check_own(noted.opening)
        destination: Destination
        if noted.next:
            destination = self._next_of(about.id.hex(), None)
        else:
            destination = NewFileFor(self.reader, contacts_named(self.account, noted.to), noted.expires)
        names = taken.names
        where = Where(home, journal_id, lambda text: self._tell(Notice(text)))
        wish = UploadWish(lambda: scan(names), destination, where, about.record_size, paths=tuple(names))
        return upload(self.account, wish, self._tell, self._cancel)

    def resume_download(self, about: About) -> DownloadResult:
        """Go on with a download by its journal."""
        if about.put is None or about.download is None:
            raise UsageError("This is no download.")
        file = fetch(self.reader, about.id.hex())
        return self.download(file, Target(about.put.folder, unhide=about.put.unhide), about.download.asked)

    def abandon(self, about: About) -> None:
        """Free what an upload that is given up holds at the server. Raises PeersealError."""
        if about.upload is not None:
            self.account.api.call("abandon", upload=about.upload.upload)

    def _check_own(self, opening: bytes) -> None:
        try:
            read_opening(opening, self.account.identity.bundle)
        except PeersealError:
            raise Refused(
                "Another account began this upload.", code="other_account", hint="Sign in as that one."
            ) from None

    def _version(self, file: File, owner: Owner, number: int | None) -> Sealed:
        current = None if file.current is None else file.current.version
        if number is None or number == current:
            return newest(self.reader, file, owner)
        return numbered(self.reader, file, owner, number)

    def _next_of(self, file_id: str, expected: int | None) -> NextVersionOf:
        return NextVersionOf(
            self.reader, file_id, expected=expected, notice=lambda text: self._tell(Notice(text))
        )

    def _upload(
        self,
        open_source: Callable[[], Source],
        destination: Destination,
        about: Sequence[str] | None,
        title: str | None = None,
        again: Sequence[str] | None = None,
    ) -> UploadResult:
        journal = None if about is None else self._where(about)
        paths = tuple(os.path.join(again[0], path) for path in again[1:]) if again else ()  # noqa: PTH118
        wish = UploadWish(open_source, destination, journal, self._record_size, title, paths)
        return upload(self.account, wish, self._tell, self._cancel)

    @property
    def home(self) -> str | None:
        """This user's own folder, where journals lie; None if nothing is kept on this disk."""
        folder = self.account.keyring.folder
        return None if folder is None else os.path.dirname(folder)  # noqa: PTH120 - pathlib costs start-up time

    def _where(self, about: Sequence[str]) -> Where | None:
        home = self.home
        if home is None:
            return None
        who = (str(self.account.server), self.account.identity.fingerprint.hex())
        return Where(home, journal_id((*who, *about)), lambda text: self._tell(Notice(text)))

    def _keeping(self, asked: int | None) -> Keeping | None:
        home = self.home
        if home is None:
            return None
        return Keeping(home, str(self.account.server), lambda text: self._tell(Notice(text)), asked)

    def _origin(self, sealed: Sealed) -> Origin:
        api = self.account.api

        def ticket() -> StoreTicket:
            return api.ask(StoreTicket, "store_ticket", AskStoreTicket("download"), upload=sealed.upload)

        def again() -> ClosingHead | None:
            file = fetch(self.reader, sealed.file.id.hex())
            for version in (file.current, file.arriving):
                if version is not None and version.upload == sealed.upload:
                    if version.closing is None:
                        return None
                    with accusing(sealed.owner.name):
                        return read_closing(version.closing, sealed.owner.bundle, sealed.opening)
            raise Interrupted("Another version came first.", code="stale", retryable=True)

        return Origin(self.account.server, Tickets(ticket), again)
