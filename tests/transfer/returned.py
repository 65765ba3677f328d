"""A receiver by hand that comes back after a break, with the secret of the first channel or without."""

from __future__ import annotations

from typing import TypeVar

from peerseal.crypto_engine import resume_room
from peerseal.protocol.control import ControlMessage
from peerseal.protocol.handshake import Handshake
from support.raw_peer import RawPeer, decoded, encoded

_Message = TypeVar("_Message", bound=ControlMessage)


class Returned:
    """The receiver of before, back by the secret of the first channel."""

    def __init__(self, server: str, resume: bytes, *, proof: bytes | None = None) -> None:
        """`proof`: what it shows instead of the secret, if it only knows where the two meet."""
        self.peer = RawPeer(server)
        self.peer.join("Mallory", "receiver", listed=False)
        self.peer.call("rejoin", rendezvous=encoded(resume_room(resume)), side="responder", room=None)
        self._room = str(self.peer.hear("room", 20)["room"])
        self._handshake = Handshake.responder(bytes.fromhex(self._room), "resume", resume=proof or resume)
        while not self._handshake.established:
            self._signal(self._handshake.receive(self._body()))

    def says(self, message: ControlMessage) -> None:
        self._signal([self._handshake.channel.seal(message)])

    def told(self, kind: type[_Message]) -> _Message:
        while True:
            message = self._handshake.channel.open(self._body())
            if isinstance(message, kind):
                return message

    def _body(self) -> bytes:
        return decoded(self.peer.hear("signal", 20)["body"])

    def _signal(self, bodies: list[bytes]) -> None:
        for body in bodies:
            self.peer.call("signal", room=self._room, body=encoded(body))
