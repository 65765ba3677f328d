"""Goes on with a send to several that a former process began: those who have come get the rest, nobody else comes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from peerseal.client.parks import ParkPass
from peerseal.client.settings import ServerUrl, parse_server
from peerseal.crypto_engine import ParkSecret, Stream
from peerseal.errors import LocalFileFailed, NotFound, PeersealError
from peerseal.files.scan import scan
from peerseal.transfer.about import About, Several, Taken
from peerseal.transfer.events import Event, Notice, Resume
from peerseal.transfer.fan_out_notes import FanOutNotes
from peerseal.transfer.outgoing import SealedFile, changed_since
from peerseal.transfer.parking import Parking
from peerseal.transfer.payload import payload_of
from peerseal.transfer.progress import Meter
from peerseal.transfer.recognition import Known
from peerseal.transfer.shared_park import SharedPark
from peerseal.transfer.shared_upload import ManyResult, SharedUpload
from peerseal.wire.limits import ID_BYTES

if TYPE_CHECKING:
    from peerseal.transfer.cancel import Cancel
    from peerseal.transfer.journal import Journal


def resume_several(
    journal: Journal, on_event: Callable[[Event], None], cancel: Cancel, server: ServerUrl | None = None
) -> ManyResult:
    """Put the rest on the server for those who have come. The journal is open and locked.

    `server`: where it is now; as in the process before if not said.

    Raises LocalFileFailed (`source_changed`) if what is sent is no longer what was begun, NotFound once the server has
    let go of it, PeersealError.
    """
    about = journal.about
    if server is not None:
        about = About(**{**vars(about), "server": str(server)})
        journal.replace(about)
    several, taken = about.several, about.taken
    if several is None or taken is None:
        raise LocalFileFailed("The journal does not say how to go on.", code="journal_damaged")
    if not several.to:
        raise _over(journal, NotFound("Nobody had come yet.", code="not_found", hint="Send it again."))
    return _go_on(journal, about, several, taken, on_event, cancel)


def _go_on(  # noqa: PLR0917 - what the journal says
    journal: Journal,
    about: About,
    several: Several,
    taken: Taken,
    tell: Callable[[Event], None],
    cancel: Cancel,
) -> ManyResult:
    place = parse_server(about.server)
    pass_ = ParkPass(several.parked.park, bytes(several.parked.token))
    secrets = [ParkSecret(bytes(one.park), about.id, about.version) for one in several.to]
    own = bytes(several.own)
    file = SealedFile(about.id, about.version, about.record_size, about.key)
    source = scan(taken.names)
    try:
        payload = payload_of(source, about.record_size)
        if payload.digest != taken.manifest:
            _take_back(place, pass_)
            raise _over(journal, changed_since())
        notes, meter = FanOutNotes(tell, journal), Meter(payload.size, tell)
        park = SharedPark(place, file, source, payload, notes, (own[:ID_BYTES], own[ID_BYTES:]))
        work = SharedUpload(park, notes, source, payload, meter, tell, cancel)
        for secret, one in zip(secrets, several.to, strict=True):
            work.holders.add(Known(one.peer.name, one.peer.contact, one.peer.verified), secret.reader)
        tell(Notice(f"Nobody else can come now; {work.holders.names} can finish."))
        same = payload.stamp == taken.stamp
        with work.ending():
            stored = park.go_on(pass_, secrets, None if same else _noted(journal))
            meter.go_back(stored)
            tell(Resume(stored, payload.size, work.holders.names))
            work.until_everybody_has_it()
            return work.complete()
    finally:
        source.close()


def _noted(journal: Journal) -> Callable[[Stream, int], bytes | None]:
    """The leaves of the process before: nobody has touched what was sent, or they show it."""
    return lambda stream, count: journal.slots(stream, 0, count)


def _take_back(server: ServerUrl, own: ParkPass) -> None:
    """Those who wait for it need not."""
    from peerseal.client.parks import ParkPlan

    parking = Parking.resume(server, ParkPlan(0, 0, 0), own)
    parking.discard()
    parking.close()


def _over(journal: Journal, error: PeersealError) -> PeersealError:
    journal.discard()
    return error
