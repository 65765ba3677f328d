"""Two sessions in one room, as far along as a test needs them, and everything they say to each other."""

from collections.abc import Callable
from typing import NamedTuple

from peerseal.crypto_engine import Code, FileKey, commitment, new_file_id, new_file_key, random_bytes
from peerseal.protocol.control import Offer, PreviewEntry
from peerseal.protocol.events import Event, Failed, PeerLeft
from peerseal.protocol.handshake import Handshake
from peerseal.protocol.session import Session
from support.handshakes import pair

CODE = Code("7", "harbor-velvet")
STREAM = bytes(8)
#: Changes a message on its way, or drops it (None).
Wire = Callable[[bytes], bytes | None]


class File(NamedTuple):
    """What a sender would send, and its key."""

    offer: Offer
    key: FileKey


def file() -> File:
    key, file_id = new_file_key(), new_file_id()
    shown = (PreviewEntry("a.txt", 5, "file"),)
    return File(Offer(file_id, 1, 64, commitment(key, file_id, 1), 1, 5, False, False, False, shown), key)


def sessions(code: Code | None = None, other: Code | None = None) -> tuple[Session, Session]:
    initiator, responder = pair("words" if code is None else "code", code, other)
    sender, receiver = Session(initiator), Session(responder)
    sender.start(0.0)
    receiver.start(0.0)
    return sender, receiver


def resumed(one: bytes, other: bytes | None = None, verified: bool = True) -> tuple[Session, Session]:
    """Two who come back with the secrets they kept, as far as the handshake takes them."""
    room = random_bytes(16)
    initiator = Handshake.initiator(room, "resume", resume=one)
    responder = Handshake.responder(room, "resume", resume=one if other is None else other)
    sender, receiver = Session(initiator, verified=verified), Session(responder)
    sender.start(0.0)
    receiver.start(0.0)
    return sender, receiver


def carrying() -> tuple[Session, Session, File]:
    """Records move on a first path."""
    sender, receiver, sent = keyed()
    sender.path(sent.offer.id, "relay", STREAM, 0, 0)
    carry(sender, receiver)
    return sender, receiver, sent


def connected() -> tuple[Session, Session]:
    """Two sessions in words mode; the sender's person has compared the words."""
    sender, receiver = sessions()
    carry(sender, receiver)
    sender.words_match()
    return sender, receiver


def keyed() -> tuple[Session, Session, File]:
    sender, receiver = connected()
    sent = file()
    sender.offer(sent.offer)
    carry(sender, receiver)
    receiver.answer(sent.offer.id, accept=True)
    carry(sender, receiver)
    sender.file_key(sent.offer.id, sent.key)
    carry(sender, receiver)
    return sender, receiver, sent


def failure(events: list[Event]) -> str:
    [event] = [event for event in events if isinstance(event, Failed)]
    return event.error.code


def left(events: list[Event]) -> list[str | None]:
    return [event.code for event in events if isinstance(event, PeerLeft)]


def carry(
    one: Session, other: Session, now: float = 0.0, wire: Wire = lambda message: message
) -> list[Event]:
    """Carries what both sessions have to say until neither has more; every event, in order."""
    events: list[Event] = []
    for _ in range(100):
        moved = False
        for sender, receiver in ((one, other), (other, one)):
            for message in sender.outbox():
                moved = True
                carried = wire(message)
                if carried is not None:
                    events += receiver.receive(carried, now)
        if not moved:
            return events
    raise AssertionError("two sessions that never fall silent")
