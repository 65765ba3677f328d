"""What a send to several leaves for a later process: its park, who has come, a leaf of each record (its journal)."""

from __future__ import annotations

import contextlib
import os
import time
from typing import TYPE_CHECKING, Final

from peerseal.crypto_engine import Secret
from peerseal.errors import Interrupted, PeersealError, ServerUnreachable
from peerseal.transfer.about import About, Admitted, Parked, Several, Taken, With
from peerseal.transfer.keeping import KEPT_FROM_BYTES, created, go_on_with, may_go_on

if TYPE_CHECKING:
    from peerseal.client.parks import ParkPass
    from peerseal.crypto_engine import ParkSecret, Stream
    from peerseal.transfer.journal import Journal
    from peerseal.transfer.keeping import Tell
    from peerseal.transfer.outgoing import SealedFile
    from peerseal.transfer.payload import Payload
    from peerseal.transfer.recognition import Known
    from peerseal.transfer.send import SendWish

_NAMES_MAX: Final = 4096


class FanOutNotes:
    """The journal of a send to several, or none. Ends with `done`, `left` or `stopped`."""

    def __init__(self, tell: Tell, journal: Journal | None = None) -> None:
        """`journal`: a former process's; without one `begin` may make it."""
        self._tell = tell
        self._journal = journal

    @property
    def kept(self) -> bool:
        """Whether a later process could go on."""
        return self._journal is not None

    def begin(
        self, wish: SendWish, file: SealedFile, payload: Payload, pass_: ParkPass, own: tuple[bytes, bytes]
    ) -> None:
        """Before the park is made. What comes from no disk, or is small, keeps none."""
        home, size = wish.keep_in, payload.size
        if home is None or not wish.taken or size is None or size < KEPT_FROM_BYTES:
            return
        paths = tuple(os.fsencode(os.path.abspath(path)) for path in wish.taken)  # noqa: PTH100 - pathlib costs start-up time
        about = About(
            kind="several",
            server=str(wish.server),
            title=payload.card.title,
            peer=With(""),
            id=file.id,
            version=file.version,
            record_size=file.record_size,
            key=file.key,
            total=size,
            files=payload.card.files,
            text=payload.card.text,
            started=int(time.time() * 1000),
            taken=Taken(paths, payload.digest, payload.stamp),
            several=Several(Parked(pass_.id, pass_.token), Secret(own[0] + own[1]), ()),
        )
        self._journal = created(home, about, self._tell)

    def admitted(self, known: Known, secret: ParkSecret) -> None:
        """Before it gets the key. Raises LocalFileFailed."""
        if (journal := self._journal) is None or (several := journal.about.several) is None:
            return
        who = Admitted(With(known.name, known.contact, known.verified), secret.secret)
        self._say(journal, Several(several.parked, several.own, (*several.to, who)))

    def sealed(self, stream: Stream, index: int, leaf: bytes) -> None:
        """Before the record leaves."""
        if self._journal is not None:
            self._journal.mark(stream, index, leaf)

    def stored(self, manifest: int, content: int, size: int) -> None:
        """So many records of each stream, and bytes of content, are durable on the server."""
        if self._journal is not None:
            with contextlib.suppress(
                PeersealError
            ):  # the slots' own writing says what is wrong with the disk
                self._journal.acked(manifest, content, size)

    def complete(self, expires: int) -> None:
        """Everything is there until `expires` (ms): only how to take it back is still of use."""
        if (journal := self._journal) is None or (several := journal.about.several) is None:
            return
        there = Parked(several.parked.park, several.parked.token, expires)
        with contextlib.suppress(PeersealError, OSError):  # it is there all the same
            self._say(journal, Several(there, several.own, several.to))
            journal.cut("manifest", 0)
            journal.cut("content", 0)

    # --- the end ---

    def done(self) -> None:
        """Everybody has it, or nobody ever will."""
        if self._journal is not None:
            self._journal.discard()
            self._journal = None

    def left(self) -> None:
        """The sender goes, and somebody does not have all of it yet."""
        if self._journal is not None:
            self._journal.close()
            self._journal = None

    def can_wait(self, error: BaseException) -> bool:
        """Whether a later process may go on after this."""
        return self.kept and (not isinstance(error, PeersealError) or may_go_on(error))

    def hint(self) -> str:
        """What a person types to go on."""
        return "" if self._journal is None else go_on_with(self._journal.id, anything=False)

    def stopped(self, error: PeersealError) -> PeersealError:
        """It failed, and may go on: the journal stays. Returns the error to raise."""
        hint = self.hint()
        self.left()
        failure = ServerUnreachable if isinstance(error, ServerUnreachable) else Interrupted
        return failure(error.message, code=error.code, hint=hint, retryable=True)

    @staticmethod
    def _say(journal: Journal, several: Several) -> None:
        names = ", ".join(one.peer.name for one in several.to)[:_NAMES_MAX]
        about = journal.about
        peer = With(names, verified=bool(several.to) and all(one.peer.verified for one in several.to))
        journal.replace(About(**{**vars(about), "peer": peer, "several": several}))
