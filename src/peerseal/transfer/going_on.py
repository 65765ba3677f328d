"""Goes on with a live transfer that a former process began: what its journal says, and the other side met again."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from peerseal.client.settings import ServerUrl, parse_server
from peerseal.crypto_engine import ParkSecret, mark_holds, sha256
from peerseal.errors import LocalFileFailed, PeersealError
from peerseal.files.scan import scan
from peerseal.files.source import Source
from peerseal.protocol.manifest import ManifestWriter
from peerseal.transfer.about import About, Live
from peerseal.transfer.arrival import Collecting, ReceiveResult, collect, only_from_the_server
from peerseal.transfer.cancel import Cancel
from peerseal.transfer.comeback import Bond, Returning
from peerseal.transfer.events import Event
from peerseal.transfer.keeping import Keeping
from peerseal.transfer.outgoing import Outgoing, SealedFile, changed_since
from peerseal.transfer.recognition import Known
from peerseal.transfer.send import Delivering, Parcel, SendResult, deliver
from peerseal.wire.messages import Role

if TYPE_CHECKING:
    from peerseal.transfer.journal import Journal
    from peerseal.transfer.lanes import Wanted

_NAME: Final = "peerseal"
_TELL_SECONDS: Final = 5.0


def resume_send(
    journal: Journal,
    on_event: Callable[[Event], None],
    cancel: Cancel,
    paths: Wanted | None = None,
    server: ServerUrl | None = None,
) -> SendResult:
    """Go on as its sender. The journal is open and locked; it is discarded when the receiver has everything.

    `paths`: which ways from now on, `server`: where it is now; as in the process before if not said.

    Raises LocalFileFailed (`source_changed`) if what is sent is no longer what was begun, PeersealError.
    """
    about, live = _from_now_on(journal, paths, server)
    taken = about.taken
    if taken is None:
        raise _no_journal()
    file = SealedFile(about.id, about.version, about.record_size, about.key)
    source = scan(taken.names)
    try:
        writer = ManifestWriter(open=False, record_size=file.record_size)
        head = writer.entries(source.entries)
        check = None if source.stamp() == taken.stamp else _checking(file, source)
        bond = _bond(about, live, "sender", cancel, on_event)
        bond.key_arrived = any(journal.acks)
        try:
            if sha256(head) != taken.manifest:
                raise _tell_changed(journal, bond, on_event)
            work = Delivering(
                Parcel(file, source, writer, head, about.total),
                bond,
                Keeping(journal, on_event),
                _known(about),
                _park(about, live),
                live.paths,
                live.store,
                again=True,
                check=check,
            )
            return deliver(work, on_event)
        finally:
            bond.close()
    finally:
        source.close()


def resume_receive(
    journal: Journal,
    on_event: Callable[[Event], None],
    cancel: Cancel,
    paths: Wanted | None = None,
    server: ServerUrl | None = None,
) -> ReceiveResult:
    """Go on as its receiver, from what the disk holds and the marks prove. As `resume_send` else.

    Raises LocalFileFailed (`part_gone`) if the part folder is gone.
    """
    from peerseal.transfer.at_rest import Restored

    about, live = _from_now_on(journal, paths, server)
    try:
        restored = Restored.of(journal)
    except LocalFileFailed as error:
        raise _no_use(error, journal) from None
    if restored.offer.shared and live.paths == "direct":
        restored.sink.kept()
        raise only_from_the_server()
    bond = _bond(about, live, "receiver", cancel, on_event)
    try:
        work = Collecting(
            restored.file,
            restored.offer,
            restored.sink,
            bond,
            Keeping(journal, on_event, restored.sink),
            _known(about),
            _park(about, live),
            live.paths,
            restore=restored.into,
        )
        return collect(work, on_event)
    finally:
        bond.close()
        restored.sink.kept()  # nothing, if it is in its place or given up


def _bond(about: About, live: Live, role: Role, cancel: Cancel, tell: Callable[[Event], None]) -> Bond:
    returning = Returning(
        server=parse_server(about.server),
        name=_NAME,
        role=role,
        side=live.role,
        resume=live.resume,
        verified=about.peer.verified,
        may_send=live.unchecked,
        peer=about.peer.name,
    )
    return Bond(returning, cancel, tell)


def _checking(file: SealedFile, source: Source) -> Callable[[Outgoing, int], None]:
    """What is sent has another time or identity than it had: each record the receiver holds must still be the same."""

    def check(outgoing: Outgoing, content: int) -> None:
        source.seek(0)
        plain = memoryview(bytearray(file.record_size))
        last = max(1, -(-(outgoing.total or 0) // file.record_size)) - 1
        for index in range(content):
            size = outgoing.bytes_of(index + 1) - index * file.record_size
            filled = source.fill(plain[:size])
            mark = outgoing.marks.get("content", index)
            if filled != size or not mark_holds(
                file.key, "content", file.id, file.version, index, index == last, mark, plain[:filled]
            ):
                raise changed_since()

    return check


def _known(about: About) -> Known:
    return Known(about.peer.name, about.peer.contact, about.peer.verified)


def _park(about: About, live: Live) -> ParkSecret:
    if live.park is None:
        raise _no_journal()
    return ParkSecret(bytes(live.park), about.id, about.version)


def _live(about: About) -> Live:
    if about.live is None:
        raise _no_journal()
    return about.live


def _from_now_on(journal: Journal, paths: Wanted | None, server: ServerUrl | None) -> tuple[About, Live]:
    """What the journal says, and says from now on: a wish of this time holds for the next process too."""
    about, live = journal.about, _live(journal.about)
    if paths is None and server is None:
        return about, live
    live = Live(**{**vars(live), "paths": paths or live.paths})
    about = About(**{**vars(about), "live": live, "server": str(server or about.server)})
    journal.replace(about)
    return about, live


def _no_use(error: LocalFileFailed, journal: Journal) -> LocalFileFailed:
    return LocalFileFailed(
        error.message,
        code=error.code,
        hint=f"Have it sent again. `peerseal transfers discard {journal.id[:8]}` takes it off the list.",
    )


def _tell_changed(journal: Journal, bond: Bond, tell: Callable[[Event], None]) -> PeersealError:
    """It cannot go on: the receiver, if it is there, need not wait for it."""
    with contextlib.suppress(PeersealError):
        bond.conversation(patience=_TELL_SECONDS)
    return Keeping(journal, tell).stopped(changed_since(), bond)


def _no_journal() -> PeersealError:
    return LocalFileFailed("The journal does not say how to go on.", code="journal_damaged")
