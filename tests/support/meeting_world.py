"""The meeting's rules played with a clock and links of our own: no sockets, no loop."""

import json
from collections.abc import Callable
from itertools import count
from typing import Any

from peerseal.server.live.connection import Connection
from peerseal.server.live.discovery import Visitor
from peerseal.server.live.outgoing import Outgoing
from peerseal.server.live.service import Meeting
from peerseal.server.relay.switchboard import Switchboard
from peerseal.wire import messages as m

ICE = (m.IceServer(("stun:stun.example.org",), None, None),)
NETWORK = m.Lobby("network", None)
NOBODY = m.Lobby("none", "not_local")


class Person:
    """A connection and everything it was told."""

    def __init__(self, world: "World", lobby: m.Lobby, address: str, *, heartbeat: bool) -> None:
        self.world = world
        #: Bytes this person did not read.
        self.backlog = 0
        self.told: list[dict[str, Any]] = []
        self.ended: list[str] = []
        self.connection: Connection = world.meeting.arrive(self, Visitor(lobby, address), heartbeat=heartbeat)

    def deliver(self, message: Outgoing) -> None:
        frame = json.loads(message.frame)
        assert json.loads(message.event[1:]) == [
            frame["type"],
            {k: v for k, v in frame.items() if k != "type"},
        ]
        self.told.append(frame)

    def cut(self, code: str) -> None:
        self.ended.append(code)

    def say(self, message: m.ClientMessage) -> m.Reply:
        reply = self.world.meeting.receive(self.connection, message)
        self.world.settle()
        return reply

    def join(self, name: str = "Bob", room: str | None = None, *, listed: bool = True) -> m.Joined:
        reply = self.say(m.Join("receiver", name, room, listed))
        assert isinstance(reply, m.Joined), reply
        return reply

    def heard(self, *kinds: str) -> list[dict[str, Any]]:
        """Messages since the last time, of these kinds or all but pings."""
        told, self.told = self.told, []
        return [frame for frame in told if (frame["type"] in kinds if kinds else frame["type"] != "ping")]

    @property
    def id(self) -> str:
        return self.connection.id


class World:
    def __init__(self) -> None:
        self.now = 1000.0
        self.later: list[Callable[[], None]] = []
        self.people: list[Person] = []
        ids = count(1)
        self.switchboard = Switchboard(lambda: self.now)
        self.meeting = Meeting(
            self.switchboard, lambda: self.now, self.later.append, lambda: f"{next(ids):032x}", lambda: ICE
        )

    def person(
        self, lobby: m.Lobby = NETWORK, address: str = "192.168.1.7", *, heartbeat: bool = True
    ) -> Person:
        self.people.append(Person(self, lobby, address, heartbeat=heartbeat))
        return self.people[-1]

    def settle(self) -> None:
        while self.later:
            self.later.pop(0)()

    def tick(self, seconds: float = 1.0) -> None:
        self.now += seconds
        self.meeting.tick()
        self.settle()

    def two(self) -> tuple[Person, Person]:
        alice, bob = self.person(), self.person()
        alice.join("Alice")
        bob.join("Bob")
        self.tick()
        alice.heard(), bob.heard()
        return alice, bob

    def room(self) -> tuple[Person, Person, str]:
        alice, bob = self.two()
        request = alice.say(m.Connect(bob.id))
        assert isinstance(request, m.Requested)
        accepted = bob.say(m.Answer(request.request, accept=True))
        assert isinstance(accepted, m.Accepted)
        alice.heard(), bob.heard()
        return alice, bob, accepted.room

    def code(self, address: str = "192.168.1.7") -> tuple[Person, str]:
        sender = self.person(NOBODY, address)
        sender.join("Alice", listed=False)
        reply = sender.say(m.Allocate(None))
        assert isinstance(reply, m.Allocated)
        return sender, reply.nameplate


def code(reply: m.Reply) -> str:
    """The code of a refusal."""
    assert isinstance(reply, m.Refusal), reply
    return reply.code
