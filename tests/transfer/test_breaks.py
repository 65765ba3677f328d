"""Paths that break under a transfer: it goes on from the record the receiver misses, and the bytes are the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from peerseal.transfer.events import Gone, Resume
from peerseal.transfer.events import Path as PathEvent
from peerseal.transfer.incoming import Incoming
from peerseal.wire.frames import FrameHeader, FrameReader
from support.cutting_proxy import CuttingProxy

from .wishing import noise, receiving, sending

pytestmark = pytest.mark.e2e
_MEGABYTE = 1_000_000


@pytest.mark.parametrize("who", ["sender", "receiver"])
def test_a_relay_cut_three_times_loses_nothing(server: str, outbox: Path, inbox: Path, who: str) -> None:
    content = noise(outbox / "a.bin", 12 * _MEGABYTE)
    cuts = [2 * _MEGABYTE, 3 * _MEGABYTE, 1 * _MEGABYTE]
    with CuttingProxy(server, lambda number: cuts[number] if number < len(cuts) else None) as proxy:
        through = {"sender": (proxy.url, server), "receiver": (server, proxy.url)}[who]
        alice = sending(through[0], outbox / "a.bin")
        bob = receiving(through[1], alice.code(), inbox)
        bob.result()
        assert alice.result().bytes == len(content)
        assert proxy.cuts == len(cuts)
    assert (inbox / "a.bin").read_bytes() == content
    assert not any(isinstance(event, Gone) for event in alice.events + bob.events)
    assert sum(isinstance(event, PathEvent) for event in alice.events) >= len(cuts) + 1


@contextmanager
def taken_records() -> Iterator[list[tuple[str, int]]]:
    """Every record that reaches a receiver whole: its stream and index, in order."""
    taken: list[tuple[str, int]] = []
    take = Incoming._take

    def noted(self: Incoming, frame: FrameHeader, frames: FrameReader) -> None:
        taken.append((frame.stream, frame.index))
        take(self, frame, frames)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Incoming, "_take", noted)
        yield taken


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_wherever_a_path_is_cut_the_bytes_are_the_same(
    data: st.DataObject, server: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("cut")
    inbox = folder / "inbox"
    inbox.mkdir()
    record_size = data.draw(st.integers(64, 4096), "record size")
    size = data.draw(st.integers(0, 60 * record_size), "size")
    cuts = data.draw(st.lists(st.integers(150, 40_000), max_size=3), "cuts")
    who = data.draw(st.sampled_from(["sender", "receiver"]), "whose way")
    content = noise(folder / "a.bin", size)
    with CuttingProxy(server, lambda number: cuts[number] if number < len(cuts) else None) as proxy:
        through = {"sender": (proxy.url, server), "receiver": (server, proxy.url)}[who]
        with taken_records() as taken:
            alice = sending(through[0], folder / "a.bin", record_size=record_size)
            bob = receiving(through[1], alice.code(), inbox)
            bob.result()
            alice.result()
    assert (inbox / "a.bin").read_bytes() == content
    assert len(taken) == len(set(taken)) >= max(1, -(-size // record_size))


def test_a_break_that_the_sender_did_not_take_for_one_is_said_again(
    server: str, outbox: Path, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if nothing had been under way when it was said first: a sender that is through then waits for nobody."""
    content = noise(outbox / "a.bin", 10_000)
    said = Incoming.acknowledge_again
    times: list[Incoming] = []

    def unheard_at_first(self: Incoming) -> None:
        times.append(self)
        if len(times) > 1:
            said(self)

    monkeypatch.setattr(Incoming, "acknowledge_again", unheard_at_first)
    with CuttingProxy(server, lambda number: 400 if number == 0 else None) as proxy:
        alice = sending(server, outbox / "a.bin")
        receiving(proxy.url, alice.code(), inbox).result()
        alice.result()
    assert len(times) == 2
    assert (inbox / "a.bin").read_bytes() == content


def test_a_connection_that_is_lost_comes_back_and_goes_on(server: str, outbox: Path, inbox: Path) -> None:
    content = noise(outbox / "a.bin", 40 * _MEGABYTE)
    with CuttingProxy(server) as proxy:
        alice = sending(proxy.url, outbox / "a.bin")
        bob = receiving(server, alice.code(), inbox)
        bob.wait_for(PathEvent)
        proxy.cut_everything()
        bob.result()
        alice.result()
    assert (inbox / "a.bin").read_bytes() == content
    assert any(isinstance(event, Gone) for event in alice.events)
    assert any(isinstance(event, Resume) for event in bob.events)


def test_both_lose_their_connection_and_the_server_is_away_for_a_moment(
    server: str, outbox: Path, inbox: Path
) -> None:
    content = noise(outbox / "a.bin", 40 * _MEGABYTE)
    with CuttingProxy(server) as proxy:
        alice = sending(proxy.url, outbox / "a.bin")
        bob = receiving(proxy.url, alice.code(), inbox)
        bob.wait_for(PathEvent)
        proxy.refuses = True
        proxy.cut_everything()
        alice.wait_for(Gone)
        bob.wait_for(Gone)
        proxy.refuses = False
        bob.result()
        alice.result()
    assert (inbox / "a.bin").read_bytes() == content


def test_cancelling_is_no_break(server: str, outbox: Path, inbox: Path) -> None:
    with (outbox / "big.bin").open("wb") as big:
        big.truncate(3 << 30)
    alice = sending(server, outbox / "big.bin")
    bob = receiving(server, alice.code(), inbox)
    bob.wait_for(PathEvent)
    bob.cancel.cancel()
    assert bob.error().code == "cancelled"
    assert alice.error().exit_code == 5
    assert list(inbox.iterdir()) == []
    assert not any(isinstance(event, Gone) for event in alice.events)
