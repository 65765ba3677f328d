"""Direct paths beside the relay: taken when they stand, left when they break, never without both sides' will."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from peerseal.transfer import lanes
from peerseal.transfer.events import Gone
from peerseal.transfer.events import Path as PathEvent
from peerseal.transport.byte_stream import ByteStream
from peerseal.transport.direct import DirectEnd, DirectTcp
from support.cutting_proxy import CuttingProxy

from .conftest import Doing
from .wishing import noise, receiving, sending

pytestmark = pytest.mark.e2e
_SIZE = 48_000_000


def kinds(person: Doing) -> list[str]:
    return [event.kind for event in person.events if isinstance(event, PathEvent)]


def test_a_big_transfer_moves_to_the_direct_path(server: str, outbox: Path, inbox: Path) -> None:
    content = noise(outbox / "a.bin", _SIZE)
    alice = sending(server, outbox / "a.bin", paths="any")
    bob = receiving(server, alice.code(), inbox, paths="any")
    bob.result()
    alice.result()
    assert (inbox / "a.bin").read_bytes() == content
    assert kinds(alice)[0] == "relay"
    assert kinds(alice)[:2] in (["relay", "direct"], ["relay"])


def test_who_wants_only_direct_paths_sends_nothing_over_the_server(
    server: str, outbox: Path, inbox: Path
) -> None:
    content = noise(outbox / "a.bin", 3_000_000)
    alice = sending(server, outbox / "a.bin", paths="direct")
    bob = receiving(server, alice.code(), inbox, paths="direct")
    bob.result()
    assert alice.result().path == "direct"
    assert (inbox / "a.bin").read_bytes() == content
    assert kinds(alice) == kinds(bob) == ["direct"]


def test_a_little_goes_directly_too_if_its_receiver_wants_nothing_else(
    server: str, outbox: Path, inbox: Path
) -> None:
    content = noise(outbox / "a.bin", 100_000)
    alice = sending(server, outbox / "a.bin", paths="any")
    bob = receiving(server, alice.code(), inbox, paths="direct")
    assert bob.result().path == "direct"
    assert alice.result().path == "direct"
    assert kinds(bob) == ["direct"]
    assert (inbox / "a.bin").read_bytes() == content


@pytest.mark.parametrize(("sender", "receiver"), [("direct", "relay"), ("relay", "direct")])
def test_only_direct_and_only_relay_do_not_go_together(  # noqa: PLR0917 - fixtures
    server: str, outbox: Path, inbox: Path, sender: str, receiver: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "DIRECT_SECONDS", 0.5)
    monkeypatch.setattr("peerseal.transfer.collection.DIRECT_SECONDS", 0.5)
    noise(outbox / "a.bin", 3_000_000)
    alice = sending(server, outbox / "a.bin", paths=sender)
    bob = receiving(server, alice.code(), inbox, paths=receiver)
    direct = alice if sender == "direct" else bob
    assert (direct.error().code, direct.error().exit_code) == ("no_direct_path", 10)
    assert alice.error().exit_code
    assert bob.error().exit_code
    assert list(inbox.iterdir()) == []


def test_a_direct_path_that_breaks_falls_back_to_the_relay(
    server: str, outbox: Path, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = noise(outbox / "a.bin", _SIZE)
    broken = threading.Event()
    send = ByteStream.send

    def send_until_it_breaks(self: ByteStream, *pieces: memoryview) -> None:
        if isinstance(self, DirectEnd) and not broken.is_set():
            broken.set()
            self.abort()
        send(self, *pieces)

    monkeypatch.setattr(ByteStream, "send", send_until_it_breaks)
    # Slow enough that the direct path stands before the end.
    alice = sending(server, outbox / "a.bin", paths="any", record_size=65_536)
    bob = receiving(server, alice.code(), inbox, paths="any")
    bob.result()
    alice.result()
    assert (inbox / "a.bin").read_bytes() == content
    if broken.is_set():
        assert kinds(alice) == ["relay", "direct", "relay"]
    assert not any(isinstance(event, Gone) for event in alice.events + bob.events)


def test_a_direct_path_comes_back_in_every_channel_and_its_attempts_are_counted_over_all(
    server: str, outbox: Path, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line to the server is cut twice in the middle: both meet again, and find each other directly again."""
    content = noise(outbox / "a.bin", _SIZE)
    counted: list[object] = []
    begin = DirectTcp.__init__
    send = ByteStream.send
    sent, cuts = [0], [0]

    def noted(self: DirectTcp, *arguments: object, **options: object) -> None:
        counted.append(options["attempts"])
        begin(self, *arguments, **options)  # type: ignore[arg-type]

    with CuttingProxy(server) as proxy:

        def send_until_it_is_cut(self: ByteStream, *pieces: memoryview) -> None:
            sent[0] += 1
            if isinstance(self, DirectEnd) and sent[0] % 200 == 0 and cuts[0] < 2:
                cuts[0] += 1
                proxy.cut_everything()
            send(self, *pieces)

        monkeypatch.setattr(DirectTcp, "__init__", noted)
        monkeypatch.setattr(ByteStream, "send", send_until_it_is_cut)
        alice = sending(proxy.url, outbox / "a.bin", paths="direct", record_size=65_536)
        bob = receiving(server, alice.code(), inbox, paths="direct")
        bob.result()
        alice.result()
    assert (inbox / "a.bin").read_bytes() == content
    assert cuts == [2]
    for person in (alice, bob):
        assert kinds(person) == ["direct"] * 3
        assert sum(isinstance(event, Gone) for event in person.events) == 2
    assert len(counted) >= 6
    assert len(set(map(id, counted))) == 2
