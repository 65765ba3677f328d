"""Two sides of a handshake or session in one room, and everything they say to each other."""

from collections.abc import Callable

from peerseal.crypto_engine import Code, random_bytes
from peerseal.protocol.events import Event
from peerseal.protocol.handshake import Handshake, Mode
from peerseal.protocol.session import Session

#: Changes a message on its way, or drops it (None).
Wire = Callable[[bytes], bytes | None]


def pair(
    mode: Mode = "words", code: Code | None = None, other: Code | None = None
) -> tuple[Handshake, Handshake]:
    """An initiator and a responder who both believe they are in one fresh room."""
    room = random_bytes(16)
    return Handshake.initiator(room, mode, code), Handshake.responder(room, mode, other or code)


def shake(initiator: Handshake, responder: Handshake) -> None:
    """Carries a whole handshake."""
    to_responder = initiator.start()
    while to_responder:
        answers = [answer for message in to_responder for answer in responder.receive(message)]
        to_responder = [reply for answer in answers for reply in initiator.receive(answer)]


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
