"""Two sides of a handshake in one room."""

from peerseal.crypto_engine import Code, random_bytes
from peerseal.protocol.handshake import Handshake, Mode


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
