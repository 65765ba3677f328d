"""What a session tells its driver: each event once, in the order things happened."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple, TypeAlias

from peerseal.crypto_engine import Bundle, FileKey
from peerseal.errors import PeersealError
from peerseal.protocol.control import Ack, Answer, Done, FileKeyMessage, Offer
from peerseal.protocol.moves import Candidates, Description, Have, Ice, Path, PathKind, Where


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
    """Where the records will come, and the first record of each stream that comes there."""

    id: bytes
    kind: PathKind
    stream: bytes
    manifest: int
    content: int


class WhereArrived(NamedTuple):
    """The sender asks what is held, after a break: stop reading and say `have`, or cancel with `not_found`."""

    id: bytes


class HaveArrived(NamedTuple):
    """What the receiver holds after a break, see `moves.Have`."""

    have: Have


class CandidatesArrived(NamedTuple):
    """Where the peer listens for TCP; §16.1 says which addresses may be tried."""

    candidates: Candidates


class DescriptionArrived(NamedTuple):
    """The peer's side of a WebRTC connection."""

    description: Description


class IceArrived(NamedTuple):
    """Addresses of the peer's that WebRTC may try."""

    ice: Ice


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
    | WhereArrived
    | HaveArrived
    | CandidatesArrived
    | DescriptionArrived
    | IceArrived
    | AckArrived
    | Cancelled
    | DoneArrived
    | PeerVanished
    | PeerLeft
    | Failed
)

#: Messages about one transfer: they move its stage, and each is an event for the other side.
TransferMessage: TypeAlias = (
    Offer | Answer | FileKeyMessage | Path | Where | Have | Candidates | Description | Ice | Ack | Done
)


def event_of(message: TransferMessage) -> Event:
    """What the arrival of `message` is for the driver."""
    kind = type(message)
    return _OF_WHOLE[kind](message) if kind in _OF_WHOLE else _OF_FIELDS[kind](*message)


_OF_WHOLE: Final[dict[type[TransferMessage], Callable[..., Event]]] = {
    Offer: OfferArrived,
    Ack: AckArrived,
    Have: HaveArrived,
    Candidates: CandidatesArrived,
    Description: DescriptionArrived,
    Ice: IceArrived,
}
_OF_FIELDS: Final[dict[type[TransferMessage], Callable[..., Event]]] = {
    Answer: AnswerArrived,
    FileKeyMessage: KeyArrived,
    Path: PathArrived,
    Where: WhereArrived,
    Done: DoneArrived,
}
