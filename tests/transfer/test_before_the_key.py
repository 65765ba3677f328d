"""Breaks between the accepting answer and the file key: both sides say that nothing was sent, soon and clearly."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import pytest

import peerseal
from peerseal.crypto_engine import resume_room
from peerseal.errors import PeersealError
from peerseal.protocol.control import Answer, Cancel, ControlMessage, FileKeyMessage, Offer
from peerseal.protocol.handshake import Handshake
from peerseal.protocol.moves import Where
from peerseal.transfer import away, comeback
from peerseal.transfer import receive as receiving_side
from peerseal.transfer.events import Gone, Parked, Ready
from peerseal.transfer.journal import Journal
from support.hostile_sender import Entry, HostileSender, Trick
from support.raw_peer import RawPeer, decoded, encoded

from .conftest import Doing
from .test_claims_of_receivers import Liar
from .wishing import noise, sending

pytestmark = pytest.mark.e2e
_Message = TypeVar("_Message", bound=ControlMessage)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comeback.Bond.conversation, "__defaults__", (lambda _: False, 4.0))
    monkeypatch.setattr(receiving_side, "SAY_SECONDS", 1.0)


def said_that_nothing_was_sent(error: PeersealError) -> None:
    assert (error.code, error.exit_code, error.retryable) == ("nothing_sent", 10, True)
    assert "before anything was sent" in error.message
    assert "once more" in error.hint


def is_gone(liar: Liar) -> None:
    """The connection is lost without a word."""
    liar.peer.close()


class Returned:
    """The receiver of before, back by the secret of the first channel."""

    def __init__(self, server: str, resume: bytes) -> None:
        self.peer = RawPeer(server)
        self.peer.join("Mallory", "receiver", listed=False)
        self.peer.call("rejoin", rendezvous=encoded(resume_room(resume)), side="responder", room=None)
        self._room = str(self.peer.hear("room", 20)["room"])
        self._handshake = Handshake.responder(bytes.fromhex(self._room), "resume", resume=resume)
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


@pytest.mark.parametrize("store", ["never", "auto"])
def test_a_sender_whose_receiver_is_lost_right_after_its_yes_says_that_nothing_was_sent(
    server: str, outbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, store: str
) -> None:
    monkeypatch.setattr(away, "PATIENCE_SECONDS", 1.0)
    noise(outbox / "a.bin", 10_000_000)
    file, home = outbox / "a.bin", tmp_path / "home"
    sender = sending(server, file, store=store, keep_in=str(home), taken=(str(file),))
    liar = Liar(server, sender.code())
    offer = liar.told(Offer)
    liar.says(Answer(offer.id, accept=True, code=None, message=None))
    is_gone(liar)
    said_that_nothing_was_sent(sender.error())
    assert not any(isinstance(event, Parked) for event in sender.events)
    assert Journal.all(str(home)) == []


def test_a_sender_hears_from_a_receiver_that_came_back_without_the_key(server: str, outbox: Path) -> None:
    noise(outbox / "a.bin", 10_000_000)
    sender = sending(server, outbox / "a.bin")
    liar = Liar(server, sender.code())
    offer = liar.told(Offer)
    resume = liar._handshake.channel.export("resume")
    liar.says(Answer(offer.id, accept=True, code=None, message=None))
    liar.told(FileKeyMessage)
    is_gone(liar)
    sender.wait_for(Gone)
    back = Returned(server, resume)
    asked = back.told(Where)
    back.says(Cancel(asked.id, "not_found", None))
    said_that_nothing_was_sent(sender.error())
    back.peer.close()


def test_a_receiver_whose_sender_is_lost_before_the_key_says_that_nothing_was_sent(
    server: str, inbox: Path
) -> None:
    receiver = Doing(peerseal.receive, name="Bob", into=inbox, server=server, unverified=True)
    receiver.wait_for(Ready)
    trick = Trick((Entry(b"a.bin", b"x" * 5000),))
    mallory = HostileSender(server)
    mallory.ask("Bob")
    mallory.agree()
    mallory.offer(trick)
    assert mallory.accepted()
    mallory.close()
    said_that_nothing_was_sent(receiver.error())
    assert list(inbox.iterdir()) == []
