"""Breaks between the accepting answer and the file key: both sides say that nothing was sent, soon and clearly."""

from __future__ import annotations

from pathlib import Path

import pytest

import peerseal
from peerseal.errors import PeersealError
from peerseal.protocol.control import Answer, Cancel, FileKeyMessage, Offer
from peerseal.protocol.moves import Where
from peerseal.transfer import away, comeback
from peerseal.transfer import receive as receiving_side
from peerseal.transfer.events import Gone, Parked, Ready
from peerseal.transfer.journals import all_journals
from support.hostile_sender import Entry, HostileSender, Trick

from .conftest import Doing
from .returned import Returned
from .test_claims_of_receivers import Liar
from .wishing import noise, sending

pytestmark = pytest.mark.e2e


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
    assert all_journals(str(home)) == []


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
