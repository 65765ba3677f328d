"""The meeting messages of `docs/wire.md` §1: what client and server say, typed. `codec` reads and writes them."""

from __future__ import annotations

from typing import Literal, TypeAlias

from peerseal.wire.value import Value

Role: TypeAlias = Literal["sender", "receiver"]
StreamEnd: TypeAlias = Literal["send", "receive"]
RoomMode: TypeAlias = Literal["words", "code", "resume"]
Side: TypeAlias = Literal["initiator", "responder"]
LobbyKind: TypeAlias = Literal["network", "room", "everyone", "none"]


class Peer(Value):
    """Somebody as others see them. `name` is display only; `tag` tells two of a name apart.

    `account`: the account's name as registered, None for a guest; the server's word, which proves nothing.
    """

    id: str
    tag: str
    name: str
    role: Role
    account: str | None


class Lobby(Value):
    """Which list of peers a connection is in, and why if it is not the obvious one."""

    kind: LobbyKind
    reason: str | None


# --- client → server, §1.1 ---


class Join(Value):
    """I am here. `listed` is false for code mode and for senders who only ask for somebody."""

    role: Role
    name: str
    room: str | None
    listed: bool


class Leave(Value):
    """I am going."""


class Connect(Value):
    """Ask the peer with id `to`."""

    to: str


class Cancel(Value):
    """Withdraw a request of mine."""

    request: str


class Answer(Value):
    """Accept or decline a request to me."""

    request: str
    accept: bool


class Signal(Value):
    """Opaque bytes for the other member of a room, in both directions."""

    room: str
    body: bytes


class Close(Value):
    """The room is over."""

    room: str


class AskTicket(Value):
    """`ticket`: let me open one end of a relay stream of this room."""

    room: str
    stream: bytes
    end: StreamEnd


class Allocate(Value):
    """Open a nameplate: this one, or the smallest free if None."""

    nameplate: str | None


class Claim(Value):
    """I was told this nameplate."""

    nameplate: str


class Release(Value):
    """Close my nameplate."""


class Rejoin(Value):
    """Meet the other side of `rendezvous` again, §1.5; or, with `room`: that room is ours under it."""

    rendezvous: bytes
    side: Side
    room: str | None

    def __repr__(self) -> str:
        return f"Rejoin(…, side={self.side!r}, room={self.room!r})"  # who knows the bytes may take the place


class AskIce(Value):
    """`ice`: which STUN and TURN servers are there for this room, §1.6?"""

    room: str


class Ping(Value):
    """I am still here, in both directions."""


ClientMessage: TypeAlias = (
    Join
    | Leave
    | Connect
    | Cancel
    | Answer
    | Signal
    | Close
    | AskTicket
    | Allocate
    | Claim
    | Release
    | Rejoin
    | AskIce
    | Ping
)

# --- replies, §1.1 ---


class Done(Value):
    """It was done; there is nothing more to say."""


class Joined(Value):
    """Reply to `Join`. Peers of a big lobby that do not fit here follow in `Presence`."""

    you: Peer
    lobby: Lobby
    peers: tuple[Peer, ...]


class Requested(Value):
    """Reply to `Connect` and `Claim`: the id under which the outcome will be told."""

    request: str


class Accepted(Value):
    """Reply to an `Answer` that accepted."""

    room: str


class Ticket(Value):
    """Reply to `AskTicket`. The ticket is a secret: it opens the stream, once."""

    ticket: str
    expires: int

    def __repr__(self) -> str:
        return "Ticket(…)"


class Allocated(Value):
    """Reply to `Allocate`."""

    nameplate: str


class IceServer(Value):
    """A STUN server (no credential) or a TURN server with a credential of the asker's own, in base64."""

    urls: tuple[str, ...]
    username: str | None
    credential: str | None

    def __repr__(self) -> str:
        return f"IceServer(urls={self.urls!r}, …)"


class Ice(Value):
    """Reply to `AskIce`. Nothing in it: the operator has set nothing."""

    servers: tuple[IceServer, ...]


class Refusal(Value):
    """`{"ok": false}`: a stable code, and a sentence for people."""

    code: str
    message: str


Reply: TypeAlias = Done | Joined | Requested | Accepted | Ticket | Allocated | Ice | Refusal

# --- server → client, §1.2 ---


class Presence(Value):
    """Peers that came to the lobby, and ids of those that left."""

    joined: tuple[Peer, ...]
    left: tuple[str, ...]


class Request(Value):
    """`peer` (on the wire `from`) asks to connect."""

    request: str
    peer: Peer


class RequestEnded(Value):
    """A request came to nothing; `code` says how."""

    request: str
    code: str


class Room(Value):
    """A room of you and `peer` exists. `request` is None for the allocator of a nameplate and after `Rejoin`."""

    room: str
    peer: Peer
    request: str | None
    mode: RoomMode


class RoomClosed(Value):
    """The room is gone and its streams are cut."""

    room: str
    code: str


class Notice(Value):
    """Something to show to the members of a room."""

    room: str
    code: str


class CodeClosed(Value):
    """The nameplate is gone."""

    code: str


ServerMessage: TypeAlias = (
    Presence | Request | RequestEnded | Room | Signal | RoomClosed | Notice | CodeClosed | Ping
)
