"""A server with bad intentions, for tests: the real one, with one thing done to what it should only carry.

Run as a program: `hostile_server.py ATTACK`, with the settings of `serve` in PEERSEAL_* variables. The attacks:

middle         sits in the middle of every handshake with keys of its own and passes control messages on
guess          the same in code mode, where it has to guess the code
flip M         flips the last bit of the first handshake message of type M
flip control   flips the last bit of the first sealed control message
flip record    flips one bit in the middle of what the relay carries
cut record     ends the relayed stream early, as if the sender had finished
swap record    exchanges two neighbouring pieces of what the relay carries
mute join      never answers who joins
double record  repeats a piece of what the relay carries
claim NAME     says of every guest that they are signed in to the account NAME
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from peerseal.crypto_engine import parse_code
from peerseal.errors import PeersealError
from peerseal.protocol.control import ControlMessage
from peerseal.protocol.handshake import Handshake
from peerseal.server.config import ServerConfig
from peerseal.server.live.connection import Connection
from peerseal.server.live.meet_socketio import SocketIoMeeting
from peerseal.server.live.outgoing import Outgoing
from peerseal.server.live.rooms import Pair
from peerseal.server.live.service import Meeting
from peerseal.server.relay.stream import Stream
from peerseal.server.run import serve
from peerseal.wire.messages import ClientMessage, Done, Join, Joined, Reply, Signal
from peerseal.wire.strict_json import JsonObject

Meddle = Callable[[Pair, Connection, bytes], None]
#: Past the manifest of a small transfer, inside its content.
SPOT = 100_000


def tell(pair: Pair, to: Connection, body: bytes) -> None:
    """Pass a body on, in the name of the other member."""
    to.tell(Outgoing.of(Signal(pair.id, body)))


class Middle:
    """In the middle of each room: the responder for the one who asked, the initiator for the one who was asked."""

    def __init__(self, guess: str | None) -> None:
        self._code = None if guess is None else parse_code(guess)
        self._sides: dict[str, tuple[Handshake, Handshake]] = {}
        self._held: list[tuple[Connection, Handshake, ControlMessage]] = []

    def __call__(self, pair: Pair, sender: Connection, body: bytes) -> None:
        first = pair.id not in self._sides
        if first:
            room, mode = bytes.fromhex(pair.id), pair.mode
            self._sides[pair.id] = (
                Handshake.responder(room, mode, self._code),
                Handshake.initiator(room, mode, self._code),
            )
        front, back = self._sides[pair.id]
        if first:
            for hello in back.start():
                tell(pair, pair.second, hello)
        near, far = (front, back) if sender is pair.first else (back, front)
        try:
            if near.established:
                self._held.append((pair.other(sender), far, near.channel.open(body)))
            else:
                for answer in near.receive(body):
                    tell(pair, sender, answer)
            self._pass_on(pair)
        except PeersealError:
            # The guess was wrong; pretend a confirmation, there is nothing to lose.
            tell(pair, sender, bytes([5]) + bytes(32))

    def _pass_on(self, pair: Pair) -> None:
        """What one side says early waits until the other side has finished its handshake."""
        held, self._held = self._held, []
        for to, far, message in held:
            if far.established:
                tell(pair, to, far.channel.seal(message))
            else:
                self._held.append((to, far, message))


class Flip:
    """Changes one bit of the first message of a type, and is honest otherwise."""

    def __init__(self, kind: int) -> None:
        self._kind, self._done = kind, False

    def __call__(self, pair: Pair, sender: Connection, body: bytes) -> None:
        if body[0] == self._kind and not self._done:
            self._done = True
            body = body[:-1] + bytes([body[-1] ^ 1])
        tell(pair, pair.other(sender), body)


def meddle_with_signals(meddle: Meddle) -> None:
    """Every signal goes through `meddle` instead of straight to the other member."""
    honest = Meeting.receive

    def receive(self: Meeting, connection: Connection, message: ClientMessage) -> Reply:
        if not isinstance(message, Signal):
            return honest(self, connection, message)
        meddle(self._pairing.member_of(connection, message.room), connection, message.body)
        return Done()

    Meeting.receive = receive  # type: ignore[method-assign]


def meddle_with_records(attack: str) -> None:
    """The relay changes the stream once it has carried `SPOT` bytes."""
    honest = Stream.feed
    carried: dict[int, int] = {}
    kept: dict[int, bytes] = {}

    def feed(self: Stream, piece: bytes) -> None:
        piece = bytes(piece)
        before = carried.get(id(self), 0)
        after = carried[id(self)] = before + len(piece)
        here = before <= SPOT < after
        at = SPOT - before
        if id(self) in kept:
            honest(self, piece + kept.pop(id(self)))
        elif not here:
            honest(self, piece)
        elif attack == "flip":
            honest(self, piece[:at] + bytes([piece[at] ^ 1]) + piece[at + 1 :])
        elif attack == "cut":
            honest(self, piece[:at])
            self.end()
        elif attack == "swap":
            kept[id(self)] = piece
        else:
            honest(self, piece + piece)

    Stream.feed = feed  # type: ignore[method-assign]


def say_nothing_to_joins() -> None:
    """A page that joins never gets its acknowledgement."""
    honest = SocketIoMeeting.event

    def event(self: SocketIoMeeting, engine_sid: str, packet: object) -> JsonObject | None:
        join = isinstance(packet, list) and packet[:1] == ["join"]
        return None if join else honest(self, engine_sid, packet)

    SocketIoMeeting.event = event  # type: ignore[method-assign]


def claim_for_guests(name: str) -> None:
    """Everybody without an account has this one, says the server."""
    join = Meeting._join

    def lie(self: Meeting, me: Connection, message: Join) -> Joined:
        me.account = me.account or name
        return join(self, me, message)

    Meeting._join = lie  # type: ignore[method-assign]


def arm(attack: str) -> None:
    """Put one attack in place."""
    verb, _, what = attack.partition(" ")
    if verb == "middle":
        meddle_with_signals(Middle(None))
    elif verb == "guess":
        meddle_with_signals(Middle("1-wrong-guess"))
    elif verb == "claim":
        claim_for_guests(what)
    elif attack == "mute join":
        say_nothing_to_joins()
    elif what == "record":
        meddle_with_records(verb)
    elif verb == "flip":
        meddle_with_signals(Flip(16 if what == "control" else int(what)))
    else:
        raise SystemExit(f"no such attack: {attack}")


if __name__ == "__main__":
    arm(sys.argv[1])
    serve(ServerConfig.from_environment())
