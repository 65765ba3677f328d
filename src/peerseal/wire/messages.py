"""The meeting messages of `docs/wire.md` §1: what client and server say, typed. `codec` reads and writes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Role: TypeAlias = Literal["sender", "receiver"]
StreamEnd: TypeAlias = Literal["send", "receive"]
RoomMode: TypeAlias = Literal["words", "code"]
LobbyKind: TypeAlias = Literal["network", "room", "everyone", "none"]


@dataclass(frozen=True, slots=True)
class Peer:
    """Somebody as others see them. `name` is display only; `tag` tells two of a name apart."""

    id: str
    tag: str
    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class Lobby:
    """Which list of peers a connection is in, and why if it is not the obvious one."""

    kind: LobbyKind
    reason: str | None


# --- client → server, §1.1 ---


@dataclass(frozen=True, slots=True)
class Join:
    """I am here. `listed` is false for code mode and for senders who only ask for somebody."""

    role: Role
    name: str
    room: str | None
    listed: bool


@dataclass(frozen=True, slots=True)
class Leave:
    """I am going."""


@dataclass(frozen=True, slots=True)
class Connect:
    """Ask the peer with id `to`."""

    to: str


@dataclass(frozen=True, slots=True)
class Cancel:
    """Withdraw a request of mine."""

    request: str


@dataclass(frozen=True, slots=True)
class Answer:
    """Accept or decline a request to me."""

    request: str
    accept: bool


@dataclass(frozen=True, slots=True)
class Signal:
    """Opaque bytes for the other member of a room, in both directions."""

    room: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Close:
    """The room is over."""

    room: str


@dataclass(frozen=True, slots=True)
class AskTicket:
    """`ticket`: let me open one end of a relay stream of this room."""

    room: str
    stream: bytes
    end: StreamEnd


@dataclass(frozen=True, slots=True)
class Allocate:
    """Open a nameplate: this one, or the smallest free if None."""

    nameplate: str | None


@dataclass(frozen=True, slots=True)
class Claim:
    """I was told this nameplate."""

    nameplate: str


@dataclass(frozen=True, slots=True)
class Release:
    """Close my nameplate."""


@dataclass(frozen=True, slots=True)
class Ping:
    """I am still here, in both directions."""


ClientMessage: TypeAlias = (
    Join | Leave | Connect | Cancel | Answer | Signal | Close | AskTicket | Allocate | Claim | Release | Ping
)

# --- replies, §1.1 ---


@dataclass(frozen=True, slots=True)
class Done:
    """It was done; there is nothing more to say."""


@dataclass(frozen=True, slots=True)
class Joined:
    """Reply to `Join`. Peers of a big lobby that do not fit here follow in `Presence`."""

    you: Peer
    lobby: Lobby
    peers: tuple[Peer, ...]


@dataclass(frozen=True, slots=True)
class Requested:
    """Reply to `Connect` and `Claim`: the id under which the outcome will be told."""

    request: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """Reply to an `Answer` that accepted."""

    room: str


@dataclass(frozen=True, slots=True)
class Ticket:
    """Reply to `AskTicket`. The ticket is a secret: it opens the stream, once."""

    ticket: str
    expires: int

    def __repr__(self) -> str:
        return "Ticket(…)"


@dataclass(frozen=True, slots=True)
class Allocated:
    """Reply to `Allocate`."""

    nameplate: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """`{"ok": false}`: a stable code, and a sentence for people."""

    code: str
    message: str


Reply: TypeAlias = Done | Joined | Requested | Accepted | Ticket | Allocated | Refusal

# --- server → client, §1.2 ---


@dataclass(frozen=True, slots=True)
class Presence:
    """Peers that came to the lobby, and ids of those that left."""

    joined: tuple[Peer, ...]
    left: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Request:
    """`peer` (on the wire `from`) asks to connect."""

    request: str
    peer: Peer


@dataclass(frozen=True, slots=True)
class RequestEnded:
    """A request came to nothing; `code` says how."""

    request: str
    code: str


@dataclass(frozen=True, slots=True)
class Room:
    """A room of you and `peer` exists. `request` is None only for the allocator of a nameplate."""

    room: str
    peer: Peer
    request: str | None
    mode: RoomMode


@dataclass(frozen=True, slots=True)
class RoomClosed:
    """The room is gone and its streams are cut."""

    room: str
    code: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to show to the members of a room."""

    room: str
    code: str


@dataclass(frozen=True, slots=True)
class CodeClosed:
    """The nameplate is gone."""

    code: str


ServerMessage: TypeAlias = (
    Presence | Request | RequestEnded | Room | Signal | RoomClosed | Notice | CodeClosed | Ping
)
