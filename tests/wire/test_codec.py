"""Messages survive the wire, and nothing but exactly their fields is accepted."""

import pytest

from peerseal.errors import IntegrityFailed
from peerseal.wire import codec
from peerseal.wire import messages as m
from peerseal.wire.strict_json import JsonObject, dumps, loads_object

ID = "00112233445566778899aabbccddeeff"
BOB = m.Peer(id=ID, tag="1a2b", name="Bob", role="receiver", account="bob")
CLIENT = [
    m.Join(role="sender", name="Alice ☃", room="A" * 22, listed=True),
    m.Join(role="receiver", name="x" * 200, room=None, listed=False),
    m.Leave(),
    m.Connect(to=ID),
    m.Cancel(request=ID),
    m.Answer(request=ID, accept=True),
    m.Signal(room=ID, body=bytes(40_000)),
    m.Close(room=ID),
    m.AskTicket(room=ID, stream=bytes(8), end="send"),
    m.Allocate(nameplate=None),
    m.Allocate(nameplate="999999999"),
    m.Claim(nameplate="7"),
    m.Release(),
    m.Rejoin(rendezvous=bytes(range(16)), side="initiator", room=None),
    m.Rejoin(rendezvous=bytes(16), side="responder", room=ID),
    m.AskIce(room=ID),
    m.Ping(),
]
SERVER = [
    m.Presence(joined=(BOB,), left=(ID,)),
    m.Request(request=ID, peer=BOB),
    m.RequestEnded(request=ID, code="declined"),
    m.Room(room=ID, peer=BOB, request=None, mode="code"),
    m.Room(room=ID, peer=BOB, request=None, mode="resume"),
    m.Signal(room=ID, body=b"\x00\xff"),
    m.RoomClosed(room=ID, code="left"),
    m.Notice(room=ID, code="third_party"),
    m.CodeClosed(code="expired"),
    m.Ping(),
]
REPLIES = [
    (m.Leave(), m.Done()),
    (CLIENT[0], m.Joined(you=BOB, lobby=m.Lobby("none", "proxied"), peers=(BOB,))),
    (m.Connect(to=ID), m.Requested(request=ID)),
    (m.Answer(request=ID, accept=True), m.Accepted(room=ID)),
    (m.Answer(request=ID, accept=False), m.Done()),
    (m.AskTicket(room=ID, stream=bytes(8), end="receive"), m.Ticket(ticket="A" * 43, expires=60)),
    (m.Allocate(nameplate=None), m.Allocated(nameplate="1")),
    (m.Claim(nameplate="1"), m.Requested(request=ID)),
    (m.Rejoin(rendezvous=bytes(16), side="initiator", room=None), m.Done()),
    (m.AskIce(room=ID), m.Ice(servers=())),
    (
        m.AskIce(room=ID),
        m.Ice(
            servers=(
                m.IceServer(urls=("stun:stun.example.org",), username=None, credential=None),
                m.IceServer(
                    urls=("turn:turn.example.org",), username="1790000000:00112233", credential="c2VjcmV0"
                ),
            )
        ),
    ),
    (m.Claim(nameplate="1"), m.Refusal(code="not_found", message="no such code")),
]


def over_the_wire(value: JsonObject) -> JsonObject:
    return loads_object(dumps(value).encode())


@pytest.mark.parametrize("message", CLIENT)
def test_client_messages_come_back(message: m.ClientMessage) -> None:
    assert codec.read_frame(over_the_wire(codec.write_frame(message, 7))) == (message, 7)


@pytest.mark.parametrize("message", SERVER)
def test_server_messages_come_back(message: m.ServerMessage) -> None:
    frame = over_the_wire(codec.write_server_frame(message))
    kind = frame.pop("type")
    assert isinstance(kind, str)
    assert codec.read_server(kind, frame) == message


@pytest.mark.parametrize(("asked", "reply"), REPLIES)
def test_replies_come_back(asked: m.ClientMessage, reply: m.Reply) -> None:
    assert codec.read_reply(asked, over_the_wire(codec.write_reply(asked, reply))) == reply


def test_the_asking_peer_stands_under_from() -> None:
    assert codec.write_server_frame(m.Request(request=ID, peer=BOB)) == {
        "type": "request",
        "request": ID,
        "from": {"id": ID, "tag": "1a2b", "name": "Bob", "role": "receiver", "account": "bob"},
    }


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("shout", {}),
        ("leave", {"x": 1}),
        ("connect", {}),
        ("connect", {"to": ID.upper()}),
        ("connect", {"to": ID + "\n"}),
        ("connect", {"to": None}),
        ("connect", {"to": ID, "from": ID}),
        ("join", {"role": "owner", "name": "A", "room": None, "listed": True}),
        ("join", {"role": "sender", "name": "", "room": None, "listed": True}),
        ("join", {"role": "sender", "name": "x" * 201, "room": None, "listed": True}),
        ("join", {"role": "sender", "name": "A", "room": "A" * 21, "listed": True}),
        ("join", {"role": "sender", "name": "A", "room": "A" * 21 + "B", "listed": True}),
        ("join", {"role": "sender", "name": "A", "room": None, "listed": 1}),
        ("answer", {"request": ID, "accept": "yes"}),
        ("signal", {"room": ID, "body": "AA=="}),
        ("ticket", {"room": ID, "stream": "AAAAAAAAAAA", "end": "both"}),
        ("ticket", {"room": ID, "stream": "AAAA", "end": "send"}),
        ("allocate", {"nameplate": "0"}),
        ("allocate", {"nameplate": "07"}),
        ("allocate", {"nameplate": 7}),
        ("allocate", {"nameplate": "1234567890"}),
        ("claim", {"nameplate": "٣"}),
        ("rejoin", {"rendezvous": "A" * 22, "side": "sender", "room": None}),
        ("rejoin", {"rendezvous": "A" * 22, "side": "initiator"}),
        ("rejoin", {"rendezvous": "A" * 20, "side": "initiator", "room": None}),
        ("rejoin", {"rendezvous": "A" * 24, "side": "initiator", "room": None}),
        ("rejoin", {"rendezvous": "A" * 22, "side": "initiator", "room": "A" * 22}),
        ("ice", {}),
        ("ice", {"room": None}),
    ],
)
def test_other_fields_are_malformed(kind: str, fields: JsonObject) -> None:
    with pytest.raises(IntegrityFailed) as refused:
        codec.read_client(kind, fields)
    assert refused.value.code == "malformed"


@pytest.mark.parametrize("frame", [{}, {"type": "ping"}, {"type": 1, "ref": 1}, {"type": "ping", "ref": -1}])
def test_frames_without_type_or_ref_are_malformed(frame: JsonObject) -> None:
    with pytest.raises(IntegrityFailed):
        codec.read_frame(frame)


def test_a_body_over_40000_bytes_is_malformed() -> None:
    with pytest.raises(IntegrityFailed):
        codec.read_frame(codec.write_frame(m.Signal(room=ID, body=bytes(40_001)), 1))


def test_a_ticket_does_not_show_itself() -> None:
    assert "AAA" not in repr(m.Ticket(ticket="A" * 43, expires=60))


def test_a_rendezvous_and_a_credential_do_not_show_themselves() -> None:
    assert "secret" not in repr(m.Rejoin(rendezvous=b"secret secret 16", side="initiator", room=None))
    assert "secret" not in repr(m.IceServer(urls=("turn:a",), username="1:2", credential="secret"))
    assert "secret" not in repr(m.Ice(servers=(m.IceServer(urls=(), username=None, credential="secret"),)))
