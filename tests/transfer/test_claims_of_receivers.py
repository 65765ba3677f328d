"""A sender believes no receiver that claims to have what was never sent to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import pytest

import peerseal
from peerseal.crypto_engine import parse_code
from peerseal.errors import IntegrityFailed
from peerseal.protocol.channel import Purpose
from peerseal.protocol.control import Ack, Answer, ControlMessage, Done, FileKeyMessage, Offer
from peerseal.protocol.handshake import Handshake
from peerseal.protocol.moves import Path as PathMessage
from support.raw_peer import RawPeer, decoded, encoded

from .conftest import Doing

pytestmark = pytest.mark.e2e
_Message = TypeVar("_Message", bound=ControlMessage)
BIG = 100 * 2**20


class Liar:
    """A receiver by code with the right keys."""

    def __init__(self, server: str, code: str) -> None:
        self.peer = RawPeer(server)
        self.peer.join("Mallory", "receiver", listed=False)
        self.peer.call("claim", nameplate=code.split("-", maxsplit=1)[0])
        self.room = str(self.peer.hear("room")["room"])
        self._handshake = Handshake.responder(bytes.fromhex(self.room), "code", parse_code(code))
        while not self._handshake.established:
            self._signal(self._handshake.receive(self._body()))

    def takes_the_offer(self) -> tuple[bytes, bytes]:
        """The ids of the offer and of the stream its records come on."""
        offer = self.told(Offer)
        self.says(Answer(offer.id, accept=True, code=None, message=None))
        self.told(FileKeyMessage)
        return offer.id, self.told(PathMessage).stream

    def says(self, message: ControlMessage) -> None:
        self._signal([self._handshake.channel.seal(message)])

    def told(self, kind: type[_Message]) -> _Message:
        while True:
            message = self._handshake.channel.open(self._body())
            if isinstance(message, kind):
                return message

    def exporter(self, purpose: Purpose) -> bytes:
        """A secret of this channel (protocol.md §5.2)."""
        return bytes(self._handshake.channel.export(purpose))

    def _body(self) -> bytes:
        return decoded(self.peer.hear("signal", 20)["body"])

    def _signal(self, bodies: list[bytes]) -> None:
        for body in bodies:
            self.peer.call("signal", room=self.room, body=encoded(body))


@pytest.fixture
def sender(server: str, outbox: Path) -> Doing:
    with (outbox / "big.bin").open("wb") as big:
        big.truncate(BIG)
    return Doing(peerseal.send, outbox / "big.bin", server=server)


@pytest.fixture
def liar(server: str, sender: Doing) -> Iterator[Liar]:
    liar = Liar(server, sender.code())
    yield liar
    liar.peer.close()


def test_done_before_the_end_was_sent_is_no_success(sender: Doing, liar: Liar) -> None:
    file, stream = liar.takes_the_offer()
    with liar.peer.open_pipe(liar.room, stream, "receive") as pipe:
        pipe.recv(1000)
        liar.says(Done(file))
        liar.peer.call("close", room=liar.room)
    error = sender.error()
    assert isinstance(error, IntegrityFailed)
    assert error.code == "out_of_order"


@pytest.mark.parametrize("ack", [(2**53 - 1, 0, 0), (0, 2**53 - 1, 0), (0, 0, BIG)])
def test_more_acknowledged_than_sent_ends_the_transfer(
    sender: Doing, liar: Liar, ack: tuple[int, int, int]
) -> None:
    file, stream = liar.takes_the_offer()
    with liar.peer.open_pipe(liar.room, stream, "receive") as pipe:
        pipe.recv(1000)
        liar.says(Ack(file, *ack))
        error = sender.error()
    assert isinstance(error, IntegrityFailed)
    assert error.code == "out_of_order"
