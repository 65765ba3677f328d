"""Peers that lie about breaks: what they hold, where a path begins, who they are."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

import peerseal
from peerseal.crypto_engine import Marks
from peerseal.errors import PeersealError
from peerseal.protocol.control import Ack, FileKeyMessage
from peerseal.protocol.moves import Have, Where
from peerseal.protocol.moves import Path as PathMessage
from peerseal.transfer.events import Gone, Ready
from support.hostile_sender import Entry, HostileSender, Trick

from .conftest import Doing
from .returned import Returned
from .test_claims_of_receivers import Liar
from .wishing import noise, sending

pytestmark = pytest.mark.e2e


@pytest.fixture
def sender(server: str, outbox: Path) -> Doing:
    noise(outbox / "big.bin", 30_000_000)
    return sending(server, outbox / "big.bin")


@pytest.fixture
def liar(server: str, sender: Doing) -> Iterator[Liar]:
    liar = Liar(server, sender.code())
    yield liar
    liar.peer.close()


def asked_where(liar: Liar) -> bytes:
    """The receiver says that its path broke, and is asked what it holds; the file's id."""
    file, stream = liar.takes_the_offer()
    with liar.peer.open_pipe(liar.room, stream, "receive") as pipe:
        pipe.recv(1000)
    liar.says(Ack(file, 0, 0, 0))
    liar.told(Where)
    return file


def test_a_have_beyond_what_was_sent_ends_the_transfer(sender: Doing, liar: Liar) -> None:
    file = asked_where(liar)
    liar.says(Have(file, 1, 2**40, 0, bytes(32)))
    assert (sender.error().code, sender.error().exit_code) == ("out_of_order", 7)


def test_marks_of_something_else_end_the_transfer(sender: Doing, liar: Liar) -> None:
    file = asked_where(liar)
    liar.says(Have(file, 1, 0, 0, bytes(32)))
    assert (sender.error().code, sender.error().exit_code) == ("content_differs", 7)


def test_bytes_that_are_not_those_of_the_records_end_the_transfer(sender: Doing, liar: Liar) -> None:
    file = asked_where(liar)
    liar.says(Have(file, 1, 0, 5, bytes(32)))
    assert sender.error().code == "content_differs"


def test_a_have_nobody_asked_for_ends_the_transfer(sender: Doing, liar: Liar) -> None:
    file, _ = liar.takes_the_offer()
    liar.says(Have(file, 0, 0, 0, bytes(32)))
    assert sender.error().code == "out_of_order"


def test_a_receiver_whose_every_path_breaks_is_given_up(
    sender: Doing, liar: Liar, monkeypatch: pytest.MonkeyPatch
) -> None:
    from peerseal.transfer import delivery

    monkeypatch.setattr(delivery, "_STRIKES", (0.0, 0.0, 0.0))
    file = asked_where(liar)
    nothing = Marks().hash(0, 0)
    for _ in range(3):
        liar.says(Have(file, 0, 0, 0, nothing))
        stream = liar.told(PathMessage).stream
        with liar.peer.open_pipe(liar.room, stream, "receive") as pipe:
            pipe.recv(1000)
        if _ < 2:
            liar.told(Where)
    assert (sender.error().code, sender.error().exit_code) == ("stream_cut", 10)
    assert not any(isinstance(event, Gone) for event in sender.events)


def test_who_knows_where_the_two_meet_but_not_the_secret_gets_nothing(
    server: str, sender: Doing, liar: Liar
) -> None:
    liar.takes_the_offer()
    resume = liar._handshake.channel.export("resume")
    liar.peer.close()
    sender.wait_for(Gone)
    with pytest.raises((PeersealError, TimeoutError)):
        Returned(server, resume, proof=bytes(32))
    back = Returned(server, resume)
    asked = back.told(Where)
    back.says(Have(asked.id, 0, 0, 0, Marks().hash(0, 0)))
    path = back.told(PathMessage)
    assert (path.kind, path.manifest, path.content) == ("relay", 0, 0)
    back.peer.close()


@pytest.fixture
def receiver(server: str, inbox: Path) -> Doing:
    receiver = Doing(peerseal.receive, name="Bob", into=inbox, server=server, unverified=True)
    receiver.wait_for(Ready)
    return receiver


@pytest.fixture
def mallory(server: str, receiver: Doing) -> Iterator[HostileSender]:
    """A sender whose offer was taken, and who has given the key."""
    mallory = HostileSender(server)
    mallory.ask("Bob")
    mallory.agree()
    file = mallory.offer(Trick((Entry(b"a.bin", b"x" * 200_000),)))
    assert mallory.accepted()
    mallory._say(FileKeyMessage(file, mallory._key))
    yield mallory
    mallory.close()


def test_a_sender_that_only_asks_is_given_up(receiver: Doing, mallory: HostileSender, inbox: Path) -> None:
    file = mallory._id
    for number in range(200):
        if receiver.over:
            break
        mallory._say(PathMessage(file, "relay", number.to_bytes(8, "big"), 0, 0))
        mallory._say(Where(file))
        with contextlib.suppress(TimeoutError, AssertionError):
            mallory.told(Have, 3)
            mallory._said.clear()
    assert (receiver.error().code, receiver.error().exit_code) == ("limit", 7)
    assert list(inbox.iterdir()) == []


@pytest.mark.parametrize("first", [(0, 3), (1, 0), (2**40, 0)])
def test_a_path_that_begins_elsewhere_ends_it(
    receiver: Doing, mallory: HostileSender, first: tuple[int, int]
) -> None:
    mallory._say(PathMessage(mallory._id, "relay", bytes(8), *first))
    assert (receiver.error().code, receiver.error().exit_code) == ("out_of_order", 7)


@pytest.mark.parametrize("first", [(0, 3), (1, 0)])
def test_so_does_one_after_the_receiver_has_said_what_it_holds(
    receiver: Doing, mallory: HostileSender, first: tuple[int, int]
) -> None:
    file = mallory._id
    mallory._say(PathMessage(file, "relay", bytes(8), 0, 0))
    mallory._say(Where(file))
    mallory.told(Have)
    mallory._say(PathMessage(file, "relay", b"another!", *first))
    assert (receiver.error().code, receiver.error().exit_code) == ("out_of_order", 7)
