"""How meeting messages stand on the wire: one table of their fields, and what reads and writes by it.

The carriers differ only in how they wrap these: WebSocket and HTTP put `type` (and `ref`) beside the fields,
Socket.IO uses the type as event name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

from peerseal.wire import fields as f
from peerseal.wire.limits import (
    ICE_URL_MAX_CHARACTERS,
    ICE_URLS_MAX,
    NAME_MAX_CHARACTERS,
    RENDEZVOUS_BYTES,
    ROOM_TOKEN_BYTES,
    SIGNAL_MAX_BYTES,
    STREAM_ID_BYTES,
    TICKET_BYTES,
)
from peerseal.wire.messages import (
    Accepted,
    Allocate,
    Allocated,
    Answer,
    AskIce,
    AskTicket,
    Cancel,
    Claim,
    ClientMessage,
    Close,
    CodeClosed,
    Connect,
    Done,
    Ice,
    IceServer,
    Join,
    Joined,
    Leave,
    Lobby,
    Notice,
    Peer,
    Ping,
    Presence,
    Refusal,
    Rejoin,
    Release,
    Reply,
    Request,
    Requested,
    RequestEnded,
    Room,
    RoomClosed,
    ServerMessage,
    Signal,
    Ticket,
)
from peerseal.wire.strict_json import JsonObject, JsonValue, malformed

_NAME: Final = f.text(1, NAME_MAX_CHARACTERS)
_ROLE: Final = f.one_of("sender", "receiver")
_SIGNAL: Final = {"room": f.ID, "body": f.octets(0, SIGNAL_MAX_BYTES)}
_PEER: Final = f.record(
    Peer,
    {"id": f.ID, "tag": f.text(4, 4), "name": _NAME, "role": _ROLE, "account": f.nullable(_NAME)},
)
_LOBBY: Final = f.record(
    Lobby,
    {"kind": f.one_of("network", "room", "everyone", "none"), "reason": f.nullable(f.text(1, 100))},
)
_ICE_SERVER: Final = f.record(
    IceServer,
    {
        "urls": f.array(f.text(1, ICE_URL_MAX_CHARACTERS), ICE_URLS_MAX),
        "username": f.nullable(f.text(1, 100)),
        "credential": f.nullable(f.text(1, 100)),
    },
)
#: Codes to come must not break clients of today, so a code is any short word.
_CODE: Final = f.text(1, 64)
_Shape: TypeAlias = tuple[Callable[..., Any], dict[str, f.Field]]

_CLIENT: Final[dict[str, _Shape]] = {
    "join": (
        Join,
        {"role": _ROLE, "name": _NAME, "room": f.nullable(f.token(ROOM_TOKEN_BYTES)), "listed": f.BOOLEAN},
    ),
    "leave": (Leave, {}),
    "connect": (Connect, {"to": f.ID}),
    "cancel": (Cancel, {"request": f.ID}),
    "answer": (Answer, {"request": f.ID, "accept": f.BOOLEAN}),
    "signal": (Signal, _SIGNAL),
    "close": (Close, {"room": f.ID}),
    "ticket": (
        AskTicket,
        {
            "room": f.ID,
            "stream": f.octets(STREAM_ID_BYTES, STREAM_ID_BYTES),
            "end": f.one_of("send", "receive"),
        },
    ),
    "allocate": (Allocate, {"nameplate": f.nullable(f.NAMEPLATE)}),
    "claim": (Claim, {"nameplate": f.NAMEPLATE}),
    "release": (Release, {}),
    "rejoin": (
        Rejoin,
        {
            "rendezvous": f.octets(RENDEZVOUS_BYTES, RENDEZVOUS_BYTES),
            "side": f.one_of("initiator", "responder"),
            "room": f.nullable(f.ID),
        },
    ),
    "ice": (AskIce, {"room": f.ID}),
    "ping": (Ping, {}),
}
_SERVER: Final[dict[str, _Shape]] = {
    "presence": (Presence, {"joined": f.array(_PEER), "left": f.array(f.ID)}),
    "request": (Request, {"request": f.ID, "from": _PEER}),
    "request_ended": (RequestEnded, {"request": f.ID, "code": _CODE}),
    "room": (
        Room,
        {
            "room": f.ID,
            "peer": _PEER,
            "request": f.nullable(f.ID),
            "mode": f.one_of("words", "code", "resume"),
        },
    ),
    "signal": (Signal, _SIGNAL),
    "room_closed": (RoomClosed, {"room": f.ID, "code": _CODE}),
    "notice": (Notice, {"room": f.ID, "code": _CODE}),
    "code_closed": (CodeClosed, {"code": _CODE}),
    "ping": (Ping, {}),
}
_REQUESTED: Final[_Shape] = (Requested, {"request": f.ID})
_ACCEPTED: Final[_Shape] = (Accepted, {"room": f.ID})
_DONE: Final[_Shape] = (Done, {})
_REFUSAL: Final[_Shape] = (Refusal, {"code": _CODE, "message": f.text(0, 1000)})
_REPLY: Final[dict[type[ClientMessage], _Shape]] = {
    Join: (Joined, {"you": _PEER, "lobby": _LOBBY, "peers": f.array(_PEER)}),
    Connect: _REQUESTED,
    Claim: _REQUESTED,
    AskTicket: (
        Ticket,
        {"ticket": f.token(TICKET_BYTES), "expires": f.integer(1, 86_400)},
    ),
    Allocate: (Allocated, {"nameplate": f.NAMEPLATE}),
    AskIce: (Ice, {"servers": f.array(_ICE_SERVER, ICE_URLS_MAX)}),
}


def read_client(kind: str, fields: JsonObject) -> ClientMessage:
    """The client's message of type `kind`; unknown types and wrong fields are `malformed`."""
    message: ClientMessage = _read(_CLIENT, kind, fields)
    return message


def read_server(kind: str, fields: JsonObject) -> ServerMessage:
    """The server's message of type `kind`; unknown types and wrong fields are `malformed`."""
    message: ServerMessage = _read(_SERVER, kind, fields)
    return message


def write_client(message: ClientMessage) -> tuple[str, JsonObject]:
    """Type and fields of a client's message."""
    return _write(_CLIENT, message)


def write_server(message: ServerMessage) -> tuple[str, JsonObject]:
    """Type and fields of a server's message."""
    return _write(_SERVER, message)


def read_reply(asked: ClientMessage, fields: JsonObject) -> Reply:
    """The reply object to `asked` (without `type` and `ref`); may be a `Refusal`."""
    rest = dict(fields)
    ok: JsonValue = rest.pop("ok", None)
    if not isinstance(ok, bool):
        raise malformed("a reply without ok")
    make, shape = _reply_shape(asked) if ok else _REFUSAL
    reply: Reply = make(**f.read_fields(shape, rest))
    return reply


def write_peer(peer: Peer) -> JsonValue:
    """One peer as it stands in messages."""
    return _PEER.write(peer)


def write_reply(asked: ClientMessage | None, reply: Reply) -> JsonObject:
    """The reply object, `ok` first. `asked` may be None only for a `Refusal`."""
    if isinstance(reply, Refusal):
        return {"ok": False, **f.write_fields(_REFUSAL[1], reply)}
    if isinstance(reply, Done) or asked is None:
        return {"ok": True}
    return {"ok": True, **f.write_fields(_reply_shape(asked)[1], reply)}


def read_frame(frame: JsonObject) -> tuple[ClientMessage, int]:
    """A WebSocket or HTTP message of the client's, and its `ref`."""
    rest = dict(frame)
    kind = rest.pop("type", None)
    ref = f.integer(0).read(rest.pop("ref", None))
    if not isinstance(kind, str):
        raise malformed("a message without type")
    return read_client(kind, rest), ref


def write_frame(message: ClientMessage, ref: int) -> JsonObject:
    """A client's message as it stands on WebSocket and HTTP."""
    kind, fields = write_client(message)
    return {"type": kind, "ref": ref, **fields}


def write_server_frame(message: ServerMessage) -> JsonObject:
    """A server's message as it stands on WebSocket and HTTP (replies: `{"type": "reply", "ref": n, …}`)."""
    kind, fields = write_server(message)
    return {"type": kind, **fields}


def _reply_shape(asked: ClientMessage) -> _Shape:
    if isinstance(asked, Answer) and asked.accept:
        return _ACCEPTED
    return _REPLY.get(type(asked), _DONE)


def _read(table: dict[str, _Shape], kind: str, fields: JsonObject) -> Any:
    if kind not in table:
        raise malformed("unknown message type")
    make, shape = table[kind]
    return make(**f.read_fields(shape, fields))


def _write(table: dict[str, _Shape], message: object) -> tuple[str, JsonObject]:
    for kind, (made, shape) in table.items():
        if made is type(message):
            return kind, f.write_fields(shape, message)
    raise TypeError(f"{type(message).__name__} does not go this way")
