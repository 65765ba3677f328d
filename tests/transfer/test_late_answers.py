"""Answers that come late, or not at all: nobody asks twice, gives up what is there, or takes back what has arrived."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from socket import socket

import pytest

import peerseal
from peerseal.client.meet import Meeting
from peerseal.crypto_engine import Marks, Stream
from peerseal.errors import Interrupted, PeersealError
from peerseal.files.folder_sink import FolderSink
from peerseal.protocol.control import Ack, Bye, Cancel, ControlMessage, Done
from peerseal.protocol.moves import Have, Where
from peerseal.protocol.session import Session
from peerseal.transfer import delivery
from peerseal.transfer.collection import Collection
from peerseal.transfer.conversation import Conversation
from peerseal.transfer.events import Gone, Notice, Ready
from peerseal.transfer.journals import all_journals
from support.hostile_sender import Entry, HostileSender, Trick

from .conftest import WAIT, Doing
from .test_claims_of_receivers import Liar
from .wishing import noise, receiving, sending

pytestmark = pytest.mark.e2e
_HEADER = 16
_PATIENCE = 0.3


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sender waits only so long to hear what its receiver holds."""
    monkeypatch.setattr(delivery, "HAVE_SECONDS", _PATIENCE)


def records_of(pipe: socket) -> Marks:
    """Every record of both streams, read to the final ones; what is left of each is its mark."""
    marks, ended = Marks(), 0
    names: dict[int, Stream] = {1: "manifest", 2: "content"}
    while ended < 2:
        header = exactly(pipe, _HEADER)
        record = exactly(pipe, int.from_bytes(header[:4], "big"))
        marks.put(names[header[4]], int.from_bytes(header[8:], "big"), record)
        ended += header[5]
    return marks


def exactly(pipe: socket, size: int) -> bytes:
    content = b""
    while len(content) < size:
        piece = pipe.recv(size - len(content))
        assert piece, "the path ended"
        content += piece
    return content


@pytest.fixture
def sender(server: str, outbox: Path, tmp_path: Path) -> Doing:
    """Of ten records and their list, with a journal."""
    noise(outbox / "a.bin", 5_000_000)
    file = outbox / "a.bin"
    return sending(server, file, keep_in=str(tmp_path / "alice"), taken=(str(file),))


@pytest.fixture
def liar(server: str, sender: Doing) -> Iterator[Liar]:
    liar = Liar(server, sender.code())
    yield liar
    liar.peer.close()


def has_all_of_it(liar: Liar) -> tuple[bytes, Marks]:
    """The receiver has read everything and says that its path broke before: it is asked what it holds."""
    file, stream = liar.takes_the_offer()
    with liar.peer.open_pipe(liar.room, stream, "receive") as pipe:
        marks = records_of(pipe)
    liar.says(Ack(file, 0, 0, 0))
    liar.told(Where)
    return file, marks


def test_a_receiver_that_does_not_say_what_it_holds_is_asked_once_and_gone_on_with_later(
    sender: Doing, liar: Liar, tmp_path: Path
) -> None:
    has_all_of_it(liar)
    error = sender.error()
    assert (error.code, error.exit_code) == ("peer_vanished", 10)
    assert "not saying what has arrived" in error.message
    assert "peerseal transfers resume" in error.hint
    assert len(all_journals(str(tmp_path / "alice"))) == 1
    assert liar.told(Bye).code is None


def test_who_cannot_go_on_later_tells_the_receiver_that_it_broke(server: str, outbox: Path) -> None:
    noise(outbox / "a.bin", 100_000)
    sender = sending(server, outbox / "a.bin")
    liar = Liar(server, sender.code())
    has_all_of_it(liar)
    assert (sender.error().code, sender.error().exit_code) == ("peer_vanished", 6)
    assert liar.told(Cancel).code == "stream_cut"
    liar.peer.close()


def test_a_receiver_that_has_acknowledged_everything_may_be_long_in_putting_it_in_place(
    sender: Doing, liar: Liar
) -> None:
    file, _ = has_all_of_it(liar)
    liar.says(Ack(file, 1, 10, 5_000_000))
    time.sleep(3 * _PATIENCE)
    liar.says(Done(file))
    assert sender.result().bytes == 5_000_000


def test_a_receiver_that_holds_everything_after_a_break_may_take_its_time_to_say_done(
    sender: Doing, liar: Liar
) -> None:
    file, marks = has_all_of_it(liar)
    liar.says(Have(file, 1, 10, 5_000_000, marks.hash(1, 10)))
    time.sleep(3 * _PATIENCE)
    liar.says(Done(file))
    assert sender.result().bytes == 5_000_000


def test_what_could_not_be_said_is_said_in_another_channel(
    server: str, outbox: Path, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One message that got lost is missing in its channel for good, even if the connection seems to be good again."""
    content = noise(outbox / "a.bin", 5_000_000)
    path, signal = Session.path, Meeting.signal
    announcing: list[int] = []
    losses: list[bytes] = []

    def announced(self: Session, *fields: object) -> None:
        announcing.append(threading.get_ident())
        path(self, *fields)  # type: ignore[arg-type]

    def lost(self: Meeting, room: str, body: bytes) -> None:
        if not losses and announcing == [threading.get_ident()]:
            losses.append(body)
            raise Interrupted("The connection to the server broke.", code="connection_lost", retryable=True)
        signal(self, room, body)

    monkeypatch.setattr(Session, "path", announced)
    monkeypatch.setattr(Meeting, "signal", lost)
    alice = sending(server, outbox / "a.bin")
    bob = receiving(server, alice.code(), inbox)
    bob.result()
    alice.result()
    assert len(losses) == 1
    assert len(announcing) >= 2
    assert (inbox / "a.bin").read_bytes() == content
    assert any(isinstance(event, Gone) for event in alice.events)


@pytest.mark.parametrize("farewell", [Bye(None), Bye("cancelled"), Cancel(None, "cancelled", None)])
def test_a_sender_that_leaves_while_everything_is_put_in_place_takes_nothing_away(
    server: str, inbox: Path, monkeypatch: pytest.MonkeyPatch, farewell: ControlMessage
) -> None:
    placing, over = threading.Event(), threading.Event()
    finish, end = FolderSink.finish, Conversation.end

    def slow(self: FolderSink) -> list[str]:
        placing.set()
        assert over.wait(WAIT)
        return finish(self)

    def ended(self: Conversation, error: PeersealError, *, broken: bool = False) -> None:
        end(self, error, broken=broken)
        over.set()

    monkeypatch.setattr(FolderSink, "finish", slow)
    monkeypatch.setattr(Conversation, "end", ended)
    receiver = Doing(peerseal.receive, name="Bob", into=inbox, server=server, unverified=True)
    receiver.wait_for(Ready)
    mallory = HostileSender(server)
    mallory.ask("Bob")
    mallory.agree()
    trick = Trick((Entry(b"a.bin", b"x" * 200_000),))
    mallory.offer(trick)
    assert mallory.accepted()
    mallory.deliver(trick)
    assert placing.wait(WAIT)
    mallory._say(farewell)
    assert receiver.result().paths == (str(inbox / "a.bin"),)
    assert (inbox / "a.bin").read_bytes() == b"x" * 200_000
    mallory.close()


def test_ctrl_c_while_the_sender_is_told_so_takes_nothing_back_and_says_nothing_of_going_on(
    server: str, outbox: Path, inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = noise(outbox / "a.bin", 5_000_000)
    said = Collection.say_done

    def stopped(self: Collection) -> None:
        said(self)
        raise KeyboardInterrupt

    monkeypatch.setattr(Collection, "say_done", stopped)
    alice = sending(server, outbox / "a.bin")
    bob = receiving(server, alice.code(), inbox, keep_in=str(tmp_path / "bob"))
    assert bob.result().paths == (str(inbox / "a.bin"),)
    alice.result()
    assert not any(isinstance(event, Notice) for event in bob.events)
    assert (inbox / "a.bin").read_bytes() == content
