"""An accepted transfer arrives: everything after the key, until it stands under its final names."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from peerseal.crypto_engine import ParkSecret
from peerseal.errors import PeersealError, UsageError
from peerseal.files.sink import MemorySink, Sink
from peerseal.protocol.control import Offer
from peerseal.transfer.collection import Collection
from peerseal.transfer.comeback import Bond
from peerseal.transfer.events import Complete, Event, FileDone, Notice, Text
from peerseal.transfer.incoming import Incoming
from peerseal.transfer.keeping import Keeping
from peerseal.transfer.lanes import Wanted
from peerseal.transfer.outgoing import SealedFile
from peerseal.transfer.progress import Meter
from peerseal.transfer.recognition import Known
from peerseal.wire.value import Value


class ReceiveResult(Value):
    """What arrived: final paths of the top-level items, or the text. `contact`: whose keys the sender proved to hold."""

    peer: str
    verified: bool
    paths: tuple[str, ...]
    text: str | None
    files: int
    bytes: int
    seconds: float
    path: str
    contact: str | None = None


class Collecting(Value):
    """One transfer that was accepted: what from whom, and where to. `restore` brings back what a former process kept."""

    file: SealedFile
    offer: Offer
    sink: Sink
    bond: Bond
    keeping: Keeping
    known: Known
    park: ParkSecret
    paths: Wanted
    restore: Callable[[Incoming], None] | None = None


def collect(work: Collecting, tell: Callable[[Event], None]) -> ReceiveResult:
    """Everything after the key, until it stands under its final names.

    Goodbye is said here, and the journal kept or discarded, however it ends.
    """
    offer, sink, bond, keeping = work.offer, work.sink, work.bond, work.keeping
    meter = Meter(offer.bytes, tell)
    if offer.shared:
        from peerseal.transfer.shared import collect_shared

        placed = collect_shared(work, meter, tell)
        meter.finish("")
        return _result(work, placed, meter, "store", tell)

    def incoming(on_kept: Callable[..., None]) -> Incoming:
        made = Incoming(
            work.file, offer, sink, on_kept=on_kept, on_bytes=meter.advance, journal=keeping.journal
        )
        if work.restore is not None:
            work.restore(made)
            meter.go_back(made.kept.bytes)
        return made

    collection: Collection | None = None
    try:
        collection = Collection(
            bond, incoming, meter, tell, total=offer.bytes, wanted=work.paths, park=work.park
        )
        if bond.now is not None:
            collection.begin(bond.now)
        collection.run()
        placed = sink.finish()
        keeping.done()
    except PeersealError as error:
        parked = collection is not None and collection.kind == "store"
        raise keeping.stopped(error, bond, parked=parked) from None
    except BaseException:
        keeping.interrupted(bond)
        raise
    else:
        # Everything is here: Ctrl-C now only means that the sender is waited for no longer.
        with contextlib.suppress(KeyboardInterrupt):
            collection.say_done()
    finally:
        if collection is not None:
            collection.close()
    bond.finish()
    meter.finish("")
    return _result(work, placed, meter, collection.kind, tell)


def _result(
    work: Collecting, placed: list[str], meter: Meter, kind: str, tell: Callable[[Event], None]
) -> ReceiveResult:
    sink, known, files = work.sink, work.known, work.offer.files
    text = None
    if isinstance(sink, MemorySink):
        text = sink.content.decode(errors="replace")
        tell(Text(text))
    for notice in sink.notices():
        tell(Notice(notice))
    for path in sink.placed():
        tell(FileDone(path))
    final = tuple(placed)
    tell(
        Complete(
            files,
            meter.done,
            meter.seconds,
            kind,
            known.name,
            received=True,
            paths=final,
            text=work.offer.text,
        )
    )
    return ReceiveResult(
        known.name, known.verified, final, text, files, meter.done, meter.seconds, kind, known.contact
    )


def only_from_the_server() -> UsageError:
    """Who wants only direct paths cannot have what several get."""
    return UsageError(
        "This goes to several receivers, and so comes from the server, not directly.",
        code="no_direct_path",
        hint="Leave --direct-only away: the server keeps it sealed.",
    )
