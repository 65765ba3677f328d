"""What a download notes, so that a later run goes on: the leaves of every record it has placed, and where.

Going on begins with a check: each record at rest must have the leaf that was noted for it, and in the end all leaves
together the root its owner signed. From the first that differs on, everything is fetched again.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Final

from peerseal.client.home import Notice, home_folder
from peerseal.crypto_engine import LEAF_BYTES, Leaves, lp, sha256
from peerseal.errors import LocalFileFailed, PeersealError, Refused
from peerseal.files.folder_sink import FolderSink
from peerseal.files.part import remove_part
from peerseal.protocol.entries import Entry
from peerseal.transfer.about import About, Download, Put, With
from peerseal.transfer.journal import Journal
from peerseal.transfer.journals import open_or_none, part_names
from peerseal.transfer.trust import Sealed
from peerseal.wire.limits import ID_BYTES, MIB, RECORDS_PER_CHUNK
from peerseal.wire.value import Value

LEAST_BYTES: Final = 8 * MIB
"""What is shorter begins anew faster than it goes on."""


class Keeping(Value):
    """Who keeps a journal of a download: this user's folder, the server, and how the version was asked for.

    `asked`: its number, None for the current one. `link`: the id of the link it came by (hex), None with an account.
    """

    home: str
    server: str
    notice: Notice
    asked: int | None = None
    link: str | None = None


class Held(Value):
    """What an earlier run placed, checked: leaves of whole chunks of content, and their bytes of plaintext."""

    leaves: bytes = b""
    bytes: int = 0


class DownloadNotes:
    """The journal of one download, locked while open; with `keeping` None, or for little, nothing is kept."""

    def __init__(self, sealed: Sealed, folder: str, keeping: Keeping | None, *, unhide: bool) -> None:
        """`folder`: where it goes. Raises Refused (`busy`) if another process does the same."""
        self._sealed = sealed
        self._folder = folder
        self._unhide = unhide
        self._keeping = keeping
        self._journal: Journal | None = None
        size = sealed.card.bytes
        self._wanted = keeping is not None and (size is None or size >= LEAST_BYTES)
        if keeping is not None and self._wanted:
            self._id: Final = _journal_id(keeping, sealed, folder)
            self._journal = open_or_none(keeping.home, self._id)

    def sink(self, entries: list[Entry], *, check: Callable[[], None]) -> tuple[FolderSink, Held]:
        """Where the content goes, and what of it is there. `check` is called before each record that is read again.

        Raises LocalFileFailed.
        """
        again = None if self._journal is None else self._again(self._journal, entries, check)
        if again is not None:
            return again
        keeping = self._keeping
        sink = FolderSink(self._folder, unhide=self._unhide, kept=self._kept_parts)
        self._begin(sink, entries)
        if keeping is not None and self._wanted:
            self._note(keeping, sink)
        return sink, Held()

    def placed(self, chunk: int, leaves: bytes) -> None:
        """Note the leaves of a chunk that was placed. One thread at a time."""
        if self._journal is not None:
            self._journal.mark("content", chunk * RECORDS_PER_CHUNK, leaves)

    @property
    def keeps(self) -> bool:
        """Whether a later run can go on from here."""
        return self._journal is not None

    def discard(self) -> None:
        """It is done, or over for good."""
        journal, self._journal = self._journal, None
        if journal is not None:
            journal.discard()

    def close(self) -> None:
        """Close it; may be called twice."""
        if self._journal is not None:
            self._journal.close()

    def _kept_parts(self) -> frozenset[str]:
        """Of other transfers into the same folder, also if this one keeps no journal."""
        return part_names(home_folder(os.environ) if self._keeping is None else self._keeping.home)

    def _begin(self, sink: FolderSink, entries: list[Entry]) -> None:
        try:
            for entry in entries:
                sink.expect(entry)
        except BaseException:
            sink.abort()
            raise

    def _note(self, keeping: Keeping, sink: FolderSink) -> None:
        about = self._about(keeping, sink.part_name)
        try:
            if self._journal is None:
                self._journal = Journal.create(keeping.home, about, keeping.notice, journal_id=self._id)
            else:
                self._journal.begin_anew(about)
        except Refused:
            sink.abort()
            raise
        except PeersealError as error:
            keeping.notice(f"It could not go on after a break: {error.message}")

    def _about(self, keeping: Keeping, part: str) -> About:
        sealed = self._sealed
        owner = sealed.owner
        return About(
            kind="download",
            server=keeping.server,
            title=sealed.card.title,
            peer=With(owner.name, verified=owner.verified),
            id=sealed.file.id,
            version=sealed.file.version,
            record_size=sealed.file.record_size,
            key=sealed.file.key,
            total=sealed.card.bytes,
            files=sealed.card.files,
            text=sealed.card.text,
            started=int(time.time() * 1000),
            put=Put(os.fsencode(self._folder), part, self._unhide),
            download=Download(sealed.upload, sealed.opening.hash, keeping.asked, keeping.link),
        )

    # --- going on ---

    def _again(
        self, journal: Journal, entries: list[Entry], check: Callable[[], None]
    ) -> tuple[FolderSink, Held] | None:
        """The part folder of the earlier run, if it is of the same version and still there."""
        about = journal.about
        if about.put is None or about.download is None:
            return None
        if about.download.opening != self._sealed.opening.hash or about.put.unhide is not self._unhide:
            remove_part(about.put.folder, about.put.part)
            return None
        noted = journal.marks("content")
        full = about.record_size * RECORDS_PER_CHUNK
        chunks = len(noted) // LEAF_BYTES // RECORDS_PER_CHUNK
        if self._sealed.closing is not None:
            # The last chunk comes again: it tells that this was the end.
            chunks = min(chunks, self._sealed.content.chunks - 1)
        try:
            sink = FolderSink.resume(
                self._folder, about.put.part, entries, chunks * full, unhide=self._unhide
            )
        except LocalFileFailed as error:
            if error.code != "part_gone":
                raise
            self._say("What was received before is gone; beginning anew.")
            return None
        try:
            good = self._good(sink, noted[: chunks * RECORDS_PER_CHUNK * LEAF_BYTES], check)
            if good < chunks * RECORDS_PER_CHUNK:
                self._say("Part of what was received before is damaged; that part comes again.")
                chunks = good // RECORDS_PER_CHUNK
                sink.go_back(chunks * full)
            journal.cut("content", chunks * RECORDS_PER_CHUNK)
        except BaseException:
            sink.kept()
            raise
        if chunks:
            self._say("Going on with the download that was begun before.")
        return sink, Held(noted[: chunks * RECORDS_PER_CHUNK * LEAF_BYTES], chunks * full)

    def _good(self, sink: FolderSink, noted: bytes, check: Callable[[], None]) -> int:
        """How many records at rest, all of them full, have the leaves that were noted."""
        file = self._sealed.file
        leaves = Leaves(file.key, "content", file.id, file.version)
        view = memoryview(bytearray(file.record_size))
        for index in range(len(noted) // LEAF_BYTES):
            check()
            there = sink.read_back(index * file.record_size, view)
            if there < len(view) or leaves.leaf(view) != noted[index * LEAF_BYTES : (index + 1) * LEAF_BYTES]:
                return index
        return len(noted) // LEAF_BYTES

    def _say(self, text: str) -> None:
        if self._keeping is not None:
            self._keeping.notice(text)


def _journal_id(keeping: Keeping, sealed: Sealed, folder: str) -> str:
    """The same file, asked for in the same way, into the same folder."""
    asked = b"link " + keeping.link.encode() if keeping.link else b"%d" % (keeping.asked or 0)
    what = lp(b"download", keeping.server.encode(), sealed.file.id, asked, os.fsencode(folder))
    return sha256(what).hex()[: 2 * ID_BYTES]
