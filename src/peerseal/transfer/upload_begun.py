"""How an upload begins: noted here before the server hears of it, or where an earlier run of the same command stopped.

And how it is given up: what the server has of it is freed, and the journal goes.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from peerseal.client.account import OpenAccount
from peerseal.crypto_engine import FileKey, new_file_key, random_bytes, wrap_own
from peerseal.errors import Interrupted, LocalFileFailed, NotFound, PeersealError
from peerseal.transfer.about import About, Taken, With
from peerseal.transfer.about import Upload as Noted
from peerseal.transfer.chunks_up import Held
from peerseal.transfer.events import Event, Notice
from peerseal.transfer.no_room import no_room
from peerseal.transfer.payload import Payload
from peerseal.transfer.upload_heads import opening_of
from peerseal.transfer.upload_notes import UploadNotes
from peerseal.wire.limits import ID_BYTES
from peerseal.wire.stored import AskStoreTicket, NewVersion, StoreTicket, Upload

if TYPE_CHECKING:
    from peerseal.transfer.upload import UploadWish


class Begun(NamedTuple):
    """What is uploaded now: what is noted of it, the chunks that are there, and content bytes reserved.

    Without a `ticket` the server has even committed it.
    """

    about: About
    ticket: StoreTicket | None
    held: Held
    reserved: int


class UploadBeginning:
    """Begins one upload, goes on with it, or gives it up."""

    def __init__(
        self, account: OpenAccount, wish: UploadWish, notes: UploadNotes, tell: Callable[[Event], None]
    ) -> None:
        """`notes`: its journal, with what an earlier run noted."""
        self._account = account
        self._api = account.api
        self._wish = wish
        self._to = wish.destination
        self._notes = notes
        self._tell = tell
        #: What was begun before is of no use any more.
        self.anew = False
        #: This run goes on with what was begun before.
        self.went_on = False

    def begin(self, payload: Payload) -> Begun:
        """The earlier run's, if that is still of the same bytes; else a new one."""
        return self._again(payload) or self._new(payload)

    def ticket(self, upload: str) -> StoreTicket:
        """Another ticket for its chunks."""
        return self._api.ask(StoreTicket, "store_ticket", AskStoreTicket("upload"), upload=upload)

    def start_anew(self) -> None:
        """What is up is of something else than what lies here now."""
        self._tell(Notice("It has changed since its upload was interrupted; starting anew."))
        if self._notes.begun is not None:
            self._abandon(noted_of(self._notes.begun).upload)
        self.anew, self.went_on = True, False

    def give_up(self) -> None:
        """Nothing of it stays, here or on the server."""
        begun = self._notes.begun
        if begun is not None:
            self._abandon(noted_of(begun).upload)
        self._notes.discard()

    # --- anew ---

    def _new(self, payload: Payload) -> Begun:
        key = new_file_key()
        file_id, version = self._to.id, self._to.version
        card = payload.card.seal(key, file_id, version)
        opening = opening_of(
            payload, card, key, self._to, self._account.identity, record_size=self._wish.record_size
        )
        upload = random_bytes(ID_BYTES).hex()
        signed = opening.sign(self._account.identity)
        about = self._about(payload, key, Noted(upload, signed, card, *self._to.noted))
        self._notes.begin(about)
        new = NewVersion(
            upload=upload,
            version=version,
            opening=signed,
            card=card,
            record_size=self._wish.record_size,
            manifest_bytes=payload.manifest_bytes,
            content_bytes=payload.content.sealed,
            open=payload.open,
            wrap=wrap_own(key, self._account.identity, file_id, version),
        )
        try:
            return Begun(about, self._to.start(new, key), Held(), payload.content.sealed)
        except PeersealError as error:
            if not isinstance(error, Interrupted):
                self._notes.discard()
            if error.code == "quota":
                raise no_room(self._api, error, new.manifest_bytes + new.content_bytes) from None
            raise

    def _about(self, payload: Payload, key: FileKey, noted: Noted) -> About:
        names = ", ".join(self._to.recipients)
        return About(
            kind="upload",
            server=str(self._account.server),
            title=payload.card.title,
            peer=With(names, self._to.recipients[0] if len(self._to.recipients) == 1 else None),
            id=self._to.id,
            version=self._to.version,
            record_size=self._wish.record_size,
            key=key,
            total=payload.size,
            files=payload.card.files,
            text=payload.card.text,
            started=int(time.time() * 1000),
            taken=Taken(tuple(os.fsencode(path) for path in self._wish.paths), payload.digest, payload.stamp),
            upload=noted,
        )

    # --- again ---

    def _again(self, payload: Payload) -> Begun | None:
        """What an earlier run began and this one goes on with."""
        about = self._notes.begun
        if about is None or self.anew:
            return None
        noted, manifest = noted_of(about), about.taken and about.taken.manifest
        if manifest != payload.digest or about.record_size != self._wish.record_size:
            self.start_anew()
            return None
        try:
            upload = self._api.ask(Upload, "upload", upload=noted.upload)
        except NotFound:
            self._tell(Notice("The server no longer has what was uploaded before; starting anew."))
            return None
        if upload.state == "committed":
            return Begun(about, None, Held(upload), upload.content_bytes)
        try:
            self._to.take_up(about.id, about.version)
        except PeersealError:
            self.give_up()
            raise
        held = Held(upload)
        known = self._notes
        if any(known.leaves("manifest", chunk, 1) is None for chunk in held.chunks("manifest")) or any(
            known.leaves("content", chunk, 1) is None for chunk in held.chunks("content")
        ):
            # Nobody can say any more what exactly was sealed into those: a fresh key instead.
            self._abandon(noted.upload)
            return None
        self.went_on = True
        self._tell(Notice("Going on with the upload that was begun before."))
        return Begun(about, self.ticket(noted.upload), held, upload.content_bytes)

    def _abandon(self, upload: str) -> None:
        with contextlib.suppress(PeersealError):
            self._api.call("abandon", upload=upload)


def noted_of(about: About) -> Noted:
    """What a journal says of an upload. Raises LocalFileFailed if it is of none."""
    if about.upload is None:
        raise LocalFileFailed("The journal is of no upload.", code="journal_damaged")
    return about.upload
