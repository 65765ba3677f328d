"""Uploads a source as a stored file or its next version: seal, wrap the key for its readers, carry, commit.

A journal in the user's folder lets the same command go on after a crash or a lost connection (protocol.md §4: a file
key is used again only by its own journal).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from peerseal.client.account import OpenAccount
from peerseal.errors import Interrupted, LocalFileFailed, PeersealError, Refused
from peerseal.files.source import Source
from peerseal.protocol.heads import read_opening
from peerseal.transfer.about import About
from peerseal.transfer.cancel import Cancel
from peerseal.transfer.chunks_up import Carried, StreamUp, Upward, fill_from
from peerseal.transfer.destination import Destination
from peerseal.transfer.events import Event, FileDone, Notice, Path
from peerseal.transfer.outgoing import SealedFile
from peerseal.transfer.payload import Payload, payload_of
from peerseal.transfer.progress import Meter
from peerseal.transfer.upload_begun import UploadBeginning, noted_of
from peerseal.transfer.upload_heads import closing_of
from peerseal.transfer.upload_notes import UploadNotes, Where
from peerseal.transfer.upload_room import Room
from peerseal.transport.store import Tickets
from peerseal.wire.limits import RECORD_SIZE
from peerseal.wire.stored import Commit, File
from peerseal.wire.value import Value

GO_ON: Final = "Run the same command again: it goes on where it stopped."
FROM_THE_START: Final = "Nothing of it was kept; run the command again to begin from the start."
_COMMIT_TRIES: Final = 4
_MAX_NOTICES: Final = 10


class UploadWish(Value):
    """What to upload and where it goes. `journal`: where to note how far it is, None: it cannot go on later.

    `paths`: what a later process opens again, absolute. `title`: how lists show it, None: by its names.
    """

    open_source: Callable[[], Source]
    destination: Destination
    journal: Where | None = None
    record_size: int = RECORD_SIZE
    title: str | None = None
    paths: tuple[str, ...] = ()


class UploadResult(Value):
    """What is stored now. `id` of the file (hex)."""

    id: str
    version: int
    title: str
    files: int
    bytes: int
    seconds: float
    recipients: tuple[str, ...]


def upload(
    account: OpenAccount, wish: UploadWish, on_event: Callable[[Event], None], cancel: Cancel
) -> UploadResult:
    """Carry out the wish. Raises PeersealError; events go to `on_event`, on the calling thread."""
    with UploadNotes(wish.journal) as notes:
        return _Uploading(account, wish, notes, on_event, cancel).run()


class _Uploading:
    def __init__(
        self,
        account: OpenAccount,
        wish: UploadWish,
        notes: UploadNotes,
        on_event: Callable[[Event], None],
        cancel: Cancel,
    ) -> None:
        self._account = account
        self._api = account.api
        self._wish = wish
        self._to = wish.destination
        self._notes = notes
        self._tell = on_event
        self._cancel = cancel
        self._beginning = UploadBeginning(account, wish, notes, on_event)
        self._told_silence = False

    def run(self) -> UploadResult:
        """Go on with what was begun, if it is still the same; else anew."""
        try:
            return self._run_once()
        except LocalFileFailed as error:
            if error.code != "source_changed" or not self._beginning.anew:
                raise
        return self._run_once()

    def _run_once(self) -> UploadResult:
        source = self._wish.open_source()
        try:
            for notice in source.notices[:_MAX_NOTICES]:
                self._tell(Notice(notice))
            if len(source.notices) > _MAX_NOTICES:
                self._tell(Notice(f"… and {len(source.notices) - _MAX_NOTICES} more like these."))
            payload = payload_of(source, self._wish.record_size, self._wish.title)
            self._to.check()
            return self._run(payload, source)
        except Interrupted as stop:
            raise self._may_go_on(stop) from None
        except PeersealError as error:
            if error.code == "source_changed" and self._beginning.went_on:
                self._beginning.start_anew()
            elif error.code == "source_changed" or not self._notes.keeps:
                self._beginning.give_up()
            raise
        except BaseException:  # Ctrl-C, SIGTERM
            if self._notes.keeps:
                self._tell(Notice(GO_ON))
            else:
                begun = self._notes.begun
                self._beginning.give_up()
                if begun is not None:
                    self._tell(Notice(FROM_THE_START))
            raise
        finally:
            source.close()

    def _run(self, payload: Payload, source: Source) -> UploadResult:
        meter = Meter(payload.size, self._tell)
        begun, ticket, held, reserved = self._beginning.begin(payload)
        if ticket is None:
            return self._was_committed(begun, payload, meter)
        self._tell(Path("store", "chunks"))
        file = SealedFile(begun.id, begun.version, begun.record_size, begun.key)
        upload_id = noted_of(begun).upload
        room = Room(self._api, upload_id, payload.manifest_bytes, reserved)
        tickets = Tickets(lambda: self._beginning.ticket(upload_id), ticket)
        where = Upward(self._account.server, tickets, self._notes, held)

        def on_bytes(count: int) -> None:
            if self._cancel.cancelled:
                raise Interrupted("You stopped it.", code="cancelled")
            if where.tickets.out_of_reach and not self._told_silence:
                self._told_silence = True
                self._tell(Notice("The server does not answer; trying again for a while."))
            meter.advance(count, source.entries[source.current].path if source.entries else "")

        manifest_up = StreamUp(file, "manifest", where, on_bytes=lambda _count: on_bytes(0))
        manifest = manifest_up.run(fill_from(payload.head), len(payload.head), more=payload.open)
        content_up = StreamUp(
            file,
            "content",
            where,
            on_bytes=on_bytes,
            make_room=room.make if payload.open else None,
        )
        content = content_up.run(source.fill, payload.size)
        if payload.open:
            sizes = payload.writer.size(0, content.plain)
            manifest = manifest_up.run(fill_from(sizes), len(sizes))
        stored = self._commit(begun, manifest, content)
        meter.finish("")
        self._notes.discard()
        for entry in source.entries:
            if entry.kind == "file":
                self._tell(FileDone(entry.path))
        return self._result(stored, begun, payload, content.plain, meter)

    def _was_committed(self, begun: About, payload: Payload, meter: Meter) -> UploadResult:
        """The last run ended between the server's yes and this machine hearing it."""
        stored = self._api.ask(File, "file", file=begun.id.hex())
        self._to.committed(stored)
        self._notes.discard()
        return self._result(stored, begun, payload, payload.size or 0, meter)

    # --- the end ---

    def _commit(self, begun: About, manifest: Carried, content: Carried) -> File:
        opening = read_opening(noted_of(begun).opening, self._account.identity.bundle)
        closing = closing_of(opening, manifest, content)
        body = Commit(closing.sign(self._account.identity), manifest.sealed, content.sealed)
        with self._cancel.shield():
            stored = self._repeat_commit(body, begun)
            self._to.remember(begun.version, closing.hash)
        return stored

    def _repeat_commit(self, body: Commit, begun: About) -> File:
        """The same commit again is the same answer, so a lost one is asked for again."""
        for left in reversed(range(_COMMIT_TRIES)):
            try:
                return self._api.ask(File, "commit", body, upload=noted_of(begun).upload)
            except Interrupted:
                if not left:
                    raise
                time.sleep(1.0)
            except Refused as refused:
                if refused.code != "stale":
                    raise
                self._beginning.give_up()
                raise self._to.conflict() from None
        raise Interrupted("The commit was not answered.", code="connection_lost", retryable=True)

    def _result(self, stored: File, begun: About, payload: Payload, size: int, meter: Meter) -> UploadResult:
        return UploadResult(
            id=stored.id,
            version=begun.version,
            title=payload.card.title,
            files=payload.card.files,
            bytes=size,
            seconds=meter.seconds,
            recipients=self._to.recipients,
        )

    def _may_go_on(self, stop: Interrupted) -> Interrupted:
        """After an interruption: what is up stays if a later run can go on, and is freed if none can."""
        if not self._notes.keeps:
            self._beginning.give_up()
            hint = f"{stop.hint} {FROM_THE_START}".strip()
            return Interrupted(stop.message, code=stop.code, hint=hint, retryable=stop.retryable)
        return Interrupted(stop.message, code=stop.code, hint=GO_ON, retryable=True)
