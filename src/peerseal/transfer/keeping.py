"""What a live transfer leaves for a later process: when its journal begins, what goes into it, and how it ends.

Small ones keep none: to send them again is quicker than to say how to go on.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from peerseal.crypto_engine import Marks, ParkSecret, sha256
from peerseal.errors import (
    IntegrityFailed,
    Interrupted,
    LocalFileFailed,
    PeersealError,
    ServerUnreachable,
)
from peerseal.transfer.comeback import Bond, Returning
from peerseal.transfer.endings import wire_code
from peerseal.transfer.events import Event, Notice
from peerseal.wire.limits import MIB

if TYPE_CHECKING:
    from peerseal.client.parks import ParkPass
    from peerseal.files.folder_sink import FolderSink
    from peerseal.protocol.control import Offer
    from peerseal.transfer.about import About, Live, Parked, With
    from peerseal.transfer.away import Store
    from peerseal.transfer.journal import Journal
    from peerseal.transfer.lanes import Wanted
    from peerseal.transfer.outgoing import SealedFile
    from peerseal.transfer.parked_marks import ParkedMarks
    from peerseal.transfer.recognition import Known
    from peerseal.transfer.send import Parcel, SendWish

KEPT_FROM_BYTES: Final = 4 * MIB
_MAY_GO_ON: Final = (1, 3, 6, 10)
"""Exit codes of failures after which the transfer may go on: nobody said no, and nothing was wrong with it."""
_OVER: Final = ("cancelled", "source_changed", "local_file", "nothing_sent")
_WRONG_RECORD: Final = ("not_authentic", "out_of_order", "malformed", "truncated")
_TITLE_CHARACTERS: Final = 80
_NO_WAY: Final = "no_direct_path"
Tell = Callable[[Event], None]


class Keeping:
    """The journal of one live transfer, or none. Ends with `done`, `stopped` or `interrupted`."""

    def __init__(
        self,
        journal: Journal | None,
        tell: Callable[[Event], None],
        sink: FolderSink | None = None,
        later: Callable[[Parked], Journal | None] = lambda _parked: None,
    ) -> None:
        """`sink`: a receiver's, which keeps what it holds if the journal stays.

        `later` makes a journal for a sender who had none, and has left everything on the server.
        """
        self.journal = journal
        self._later = later
        self._tell = tell
        self._sink = sink

    def marks(self) -> Marks:
        """Of what was sealed before."""
        if self.journal is None:
            return Marks()
        return Marks(self.journal.joined("manifest"), self.journal.joined("content"))

    def parked_marks(self, own: Marks) -> ParkedMarks | None:
        """Of what was sealed before for a park."""
        if self.journal is None:
            return None
        from peerseal.transfer.parked_marks import ParkedMarks

        return ParkedMarks.of(self.journal, own)

    def done(self) -> None:
        """Everything is across, or lies on the server."""
        if self.journal is not None:
            self.journal.discard()

    def parked(self, own: ParkPass, expires: int) -> None:
        """Everything lies on the server until `expires` (ms): only that is remembered, and how to take it back."""
        from peerseal.transfer.about import Parked

        there = Parked(own.id, own.token, expires)
        journal = self.journal
        if journal is None:
            journal = self._later(there)
        else:
            with contextlib.suppress(PeersealError, OSError):  # it is there all the same
                journal.replace(_with_parked(journal.about, there))
                journal.cut("manifest", 0)
                journal.cut("content", 0)
        self.journal = None
        if journal is not None:
            journal.close()

    def stopped(self, error: PeersealError, bond: Bond, *, parked: bool = False) -> PeersealError:
        """It failed: say so to the other side, keep what may go on. Returns the error to raise.

        `parked`: in what lay on the server. One record there that does not open takes none of those away that did.
        """
        journal = self.journal
        wrong = parked and error.code in _WRONG_RECORD
        full = isinstance(error, LocalFileFailed) and error.code == "no_space"
        if journal is None or not (full or wrong or may_go_on(error)):
            bond.finish(wire_code(error), cancel=True)
            self.done()
            return error
        farewell = _NO_WAY if error.code == _NO_WAY else self._farewell(journal)
        bond.finish(wire_code(error) if full else farewell, cancel=full)
        hint = go_on_with(journal.id, anything=_anything(journal))
        if error.code == _NO_WAY:
            hint = _another_way(journal)
        self._keep(journal)
        if wrong:
            return IntegrityFailed(error.message, code=error.code, hint=hint)
        if full:
            return LocalFileFailed(
                error.message, code=error.code, hint=f"Free some space. {hint}", retryable=True
            )
        failure = ServerUnreachable if isinstance(error, ServerUnreachable) else Interrupted
        return failure(error.message, code=error.code, hint=hint, retryable=True)

    def interrupted(self, bond: Bond) -> None:
        """The person ends this process: Ctrl-C, SIGTERM."""
        journal = self.journal
        if journal is None:
            bond.finish("cancelled", cancel=True)
            return
        bond.finish(self._farewell(journal))
        hint = go_on_with(journal.id, anything=_anything(journal))
        self._keep(journal)
        self._tell(Notice(hint))

    @staticmethod
    def _farewell(journal: Journal) -> str | None:
        """A receiver who wants nothing over the server says so, or the sender would leave the rest there."""
        about = journal.about
        only_direct = about.live is not None and about.live.paths == "direct"
        return _NO_WAY if about.kind == "receive" and only_direct else None

    def _keep(self, journal: Journal) -> None:
        journal.close()
        if self._sink is not None:
            self._sink.kept()


def keep_sending(  # noqa: PLR0917 - everything a journal says
    wish: SendWish,
    parcel: Parcel,
    returning: Returning,
    known: Known,
    park: ParkSecret,
    tell: Callable[[Event], None],
) -> Keeping:
    """Begin a sender's journal, if a later process could go on and it is worth it."""
    home = wish.keep_in
    if home is None or not wish.taken or parcel.total is None:
        return Keeping(None, tell)

    def later(parked: Parked) -> Journal | None:
        about = _with_parked(_about_sending(wish, parcel, returning, known, park), parked)
        return created(home, about, tell)

    if parcel.total < KEPT_FROM_BYTES:
        return Keeping(None, tell, later=later)
    return Keeping(created(home, _about_sending(wish, parcel, returning, known, park), tell), tell)


def _about_sending(
    wish: SendWish, parcel: Parcel, returning: Returning, known: Known, park: ParkSecret
) -> About:
    from peerseal.transfer.about import About, Taken

    paths = tuple(os.fsencode(os.path.abspath(path)) for path in wish.taken)  # noqa: PTH100 - pathlib costs start-up time
    file = parcel.file
    return About(
        kind="send",
        server=str(returning.server),
        title=_title([entry.path for entry in parcel.source.entries]),
        peer=_with(known),
        id=file.id,
        version=file.version,
        record_size=file.record_size,
        key=file.key,
        total=parcel.total,
        files=parcel.files,
        text=parcel.text,
        started=int(time.time() * 1000),
        live=_live(returning, park, wish.paths, wish.store),
        taken=Taken(paths, sha256(parcel.head), parcel.source.stamp()),
    )


def _with_parked(about: About, parked: Parked) -> About:
    from peerseal.transfer.about import About, Live

    live = about.live
    return (
        about if live is None else About(**{**vars(about), "live": Live(**{**vars(live), "parked": parked})})
    )


def keep_receiving(  # noqa: PLR0917 - as above
    home: str | None,
    sink: FolderSink,
    offer: Offer,
    file: SealedFile,
    returning: Returning,
    known: Known,
    park: ParkSecret,
    tell: Callable[[Event], None],
    *,
    unhide: bool,
    paths: Wanted,
) -> Keeping:
    """Begin a receiver's journal. What goes into a folder can go on later; a total that is not known counts as big."""
    if home is None or (offer.bytes is not None and offer.bytes < KEPT_FROM_BYTES):
        return Keeping(None, tell, sink)
    from peerseal.protocol.control import encode
    from peerseal.transfer.about import About, Put

    about = About(
        kind="receive",
        server=str(returning.server),
        title=_title([entry.path for entry in offer.preview]),
        peer=_with(known),
        id=file.id,
        version=file.version,
        record_size=file.record_size,
        key=file.key,
        total=offer.bytes,
        files=offer.files,
        text=offer.text,
        started=int(time.time() * 1000),
        live=_live(returning, park, paths, "auto"),
        put=Put(os.fsencode(sink.target), sink.part_name, unhide, encode(offer)[1]),
    )
    return Keeping(created(home, about, tell), tell, sink)


def go_on_with(journal_id: str, *, anything: bool = True) -> str:
    """What a person types to go on. `anything`: whether anything has arrived yet."""
    kept = "What has arrived is kept. " if anything else ""
    return f"{kept}To go on: `peerseal transfers resume {journal_id[:8]}`."


def _another_way(journal: Journal) -> str:
    """What this side can do about there being no direct path: it may be the one that wants none."""
    go_on, live = f"`peerseal transfers resume {journal.id[:8]}", journal.about.live
    if live is not None and live.paths == "relay":
        return f"{go_on} --direct-only` looks for a direct path; or the other side goes on with --relay-only."
    return f"{go_on} --relay-only` goes on over the server, sealed as well."


def _anything(journal: Journal) -> bool:
    return bool(journal.acks.bytes if journal.about.kind == "send" else journal.marks("content"))


def may_go_on(error: PeersealError) -> bool:
    """Whether the transfer may go on after this failure."""
    return error.exit_code in _MAY_GO_ON and error.code not in _OVER


def created(home: str, about: About, tell: Callable[[Event], None]) -> Journal | None:
    """A new journal; None, and told, if there can be none: the transfer goes on all the same."""
    from peerseal.transfer.journal import Journal

    try:
        return Journal.create(home, about, lambda text: tell(Notice(text)))
    except PeersealError as error:
        tell(Notice(f"This transfer could not go on after an interruption: {error.message}"))
        return None


def _with(known: Known) -> With:
    from peerseal.transfer.about import With

    return With(known.name, known.contact, known.verified)


def _live(returning: Returning, park: ParkSecret, paths: Wanted, store: Store) -> Live:
    from peerseal.transfer.about import Live

    return Live(returning.side, returning.resume, returning.may_send, park.secret, paths=paths, store=store)


def _title(paths: list[str]) -> str:
    """How lists show it: the one name at the top, or the first and how many more there are."""
    tops = list(dict.fromkeys(path.partition("/")[0] for path in paths))
    if not tops:
        return ""
    more = f" and {len(tops) - 1} more" if len(tops) > 1 else ""
    return tops[0][:_TITLE_CHARACTERS] + more
