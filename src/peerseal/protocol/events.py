"""What a session tells its driver: each event once, in the order things happened."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from peerseal.crypto_engine import Bundle, FileKey
from peerseal.errors import PeersealError
from peerseal.protocol.control import Ack, Answer, Done, FileKeyMessage, Offer, Path


class Established(NamedTuple):
    """Both confirmations verified. `words` to compare, in words mode."""

    words: tuple[str, ...]


class IdentityArrived(NamedTuple):
    """The peer has proved to be the one with these public keys; whose they are, the contact book says."""

    bundle: Bundle


class OfferArrived(NamedTuple):
    """The peer would send this; answer it."""

    offer: Offer


class AnswerArrived(NamedTuple):
    """The peer's answer; after a no the transfer is over."""

    id: bytes
    accept: bool
    code: str | None
    message: str | None


class KeyArrived(NamedTuple):
    """The key of an accepted offer, already checked against its commitment."""

    id: bytes
    key: FileKey


class PathArrived(NamedTuple):
    """Where the records will come."""

    id: bytes
    kind: str
    stream: bytes


class AckArrived(NamedTuple):
    """What the receiver holds, see `control.Ack`."""

    ack: Ack


class Cancelled(NamedTuple):
    """The peer ended one transfer, or with id None every one."""

    id: bytes | None
    code: str
    message: str | None


class DoneArrived(NamedTuple):
    """The receiver holds every file under its final name; the transfer is over."""

    id: bytes


class PeerVanished(NamedTuple):
    """Nothing authentic came for 25 s while pings went out."""


class PeerLeft(NamedTuple):
    """The peer said goodbye (with its code, if something was wrong) or its connection ended."""

    code: str | None


class Failed(NamedTuple):
    """The session does not hold any more; the peer was told, if it can be."""

    error: PeersealError


Event: TypeAlias = (
    Established
    | IdentityArrived
    | OfferArrived
    | AnswerArrived
    | KeyArrived
    | PathArrived
    | AckArrived
    | Cancelled
    | DoneArrived
    | PeerVanished
    | PeerLeft
    | Failed
)

#: Messages about one transfer: they move its stage, and each is an event for the other side.
TransferMessage: TypeAlias = Offer | Answer | FileKeyMessage | Path | Ack | Done


def event_of(message: TransferMessage) -> Event:
    """What the arrival of `message` is for the driver."""
    match message:
        case Offer():
            return OfferArrived(message)
        case Answer():
            return AnswerArrived(*message)
        case FileKeyMessage():
            return KeyArrived(*message)
        case Path():
            return PathArrived(*message)
        case Ack():
            return AckArrived(message)
        case Done():
            return DoneArrived(message.id)
