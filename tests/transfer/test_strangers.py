"""A stranger who asks and then misbehaves costs a waiting receiver nothing: it stays listed for the right one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import peerseal
from peerseal.transfer import answering
from peerseal.transfer.events import Notice, Ready
from support.raw_peer import RawPeer, encoded

from .conftest import Doing

pytestmark = pytest.mark.e2e


@pytest.fixture
def mallory(server: str) -> Iterator[RawPeer]:
    with RawPeer(server) as peer:
        yield peer


def room_with(mallory: RawPeer, name: str) -> str:
    joined = mallory.join("Mallory")
    reply = mallory.call("connect", to=mallory.peer_called(name, joined))
    assert reply["ok"] is True, reply
    return str(mallory.hear("room")["room"])


def hands_over(server: str, outbox: Path, name: str, receiver: Doing) -> None:
    (outbox / "a.txt").write_bytes(b"hello")
    sender = Doing(peerseal.send, outbox / "a.txt", to=name, name="Alice", server=server, unverified=True)
    sender.result()
    assert receiver.result().peer == "Alice"


def waiting(server: str, inbox: Path, name: str) -> Doing:
    receiver = Doing(peerseal.receive, name=name, into=inbox, server=server, unverified=True)
    receiver.wait_for(Ready)
    return receiver


def test_who_is_let_in_and_leaves_is_forgotten(
    server: str, outbox: Path, inbox: Path, mallory: RawPeer
) -> None:
    receiver = waiting(server, inbox, "Bob")
    room_with(mallory, "Bob")
    mallory.close()
    receiver.wait_for(Notice)
    hands_over(server, outbox, "Bob", receiver)


def test_nonsense_in_the_handshake_ends_the_room_and_not_the_wait(
    server: str, outbox: Path, inbox: Path, mallory: RawPeer
) -> None:
    receiver = waiting(server, inbox, "Bob")
    room = room_with(mallory, "Bob")
    mallory.call("signal", room=room, body=encoded(b"\x01"))
    receiver.wait_for(Notice)
    hands_over(server, outbox, "Bob", receiver)


def test_many_strangers_one_after_another_change_nothing(server: str, outbox: Path, inbox: Path) -> None:
    receiver = waiting(server, inbox, "Bob")
    for _ in range(5):
        with RawPeer(server) as stranger:
            room = room_with(stranger, "Bob")
            for _ in range(100):  # more than is kept for a room that has not begun
                stranger.call("signal", room=room, body=encoded(b"\x01"))
        receiver.wait_for(Notice)
    hands_over(server, outbox, "Bob", receiver)


def test_silence_in_the_handshake_ends_the_room_and_not_the_wait(
    server: str, outbox: Path, inbox: Path, mallory: RawPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answering, "HANDSHAKE_SECONDS", 0.5)
    receiver = waiting(server, inbox, "Bob")
    room_with(mallory, "Bob")
    receiver.wait_for(Notice)
    monkeypatch.undo()
    hands_over(server, outbox, "Bob", receiver)
