"""A receiver that leaves in the middle: the rest lies on the server for it, and the sender may go."""

from __future__ import annotations

from pathlib import Path

import pytest

from peerseal.client.parks import SenderPark
from peerseal.crypto_engine import RECORD_OVERHEAD
from peerseal.errors import Interrupted
from peerseal.transfer import away, comeback
from peerseal.transfer.events import Complete, Notice, Parked, Resume
from peerseal.transfer.events import Path as PathEvent
from peerseal.transfer.going_on import resume_receive, resume_send
from peerseal.transfer.journals import all_journals
from peerseal.transfer.leftovers import end_park
from peerseal.wire.limits import MIB
from peerseal.wire.parks import Park
from support.cutting_proxy import CuttingProxy
from support.live_server import LiveServer

from .test_going_on import going_on, interrupted, meet_at
from .test_parked_marks import parks_so_much, store_too
from .wishing import noise, receiving, sending

pytestmark = pytest.mark.e2e
_SIZE = 40_000_000


def test_the_rest_is_parked_and_a_new_process_finishes_from_there(
    server: str, outbox: Path, inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(away, "PATIENCE_SECONDS", 0.5)
    monkeypatch.setattr(comeback.Bond.conversation, "__defaults__", (lambda _: False, 2.0))
    content = noise(outbox / "a.bin", _SIZE)
    home = tmp_path / "bob"
    with CuttingProxy(server, lambda _number: _SIZE // 2) as proxy:
        proxy.for_good = True
        alice = sending(server, outbox / "a.bin", store="auto", record_size=65_536)
        bob = receiving(proxy.url, alice.code(), inbox, keep_in=str(home))
        sent = alice.result()
        assert bob.error().exit_code == 10
    assert sent.path == "store"
    assert sent.expires == alice.wait_for(Parked).expires > 0
    meet_at(server, home)
    again = going_on(resume_receive, home)
    assert again.result().paths == (str(inbox / "a.bin"),)
    assert (inbox / "a.bin").read_bytes() == content
    assert any(isinstance(event, Resume) and event.from_ > 0 for event in again.events)
    assert not all_journals(str(home))


def test_a_receiver_whose_way_was_cut_finds_it_parked_by_itself(
    server: str, outbox: Path, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(away, "PATIENCE_SECONDS", 0.5)
    content = noise(outbox / "a.bin", _SIZE)
    with CuttingProxy(server, lambda _number: _SIZE // 2) as proxy:
        proxy.for_good = True
        alice = sending(server, outbox / "a.bin", store="auto", record_size=65_536)
        bob = receiving(proxy.url, alice.code(), inbox)
        assert alice.result().expires > 0
        proxy.refuses = proxy.for_good = False
        assert bob.result().path == "store"
    assert (inbox / "a.bin").read_bytes() == content


def test_a_wrong_record_of_a_park_takes_nothing_away_that_was_proved(
    outbox: Path, inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = noise(outbox / "a.bin", _SIZE)
    with LiveServer() as live:
        homes = interrupted(live.url, outbox, inbox, tmp_path, monkeypatch)
        monkeypatch.setattr(away, "PATIENCE_SECONDS", 0.5)
        store_too(homes[0])
        going_on(resume_send, homes[0]).result()
        chunk = parked_chunks(live)[-8]
        right = chunk.read_bytes()
        chunk.write_bytes(right[:300_000] + bytes([right[300_000] ^ 1]) + right[300_001:])
        bob = going_on(resume_receive, homes[1])
        error = bob.error()
        assert (error.code, error.exit_code) == ("not_authentic", 7)
        assert "peerseal transfers resume" in error.hint
        assert not (inbox / "a.bin").exists()
        chunk.write_bytes(right)
        again = going_on(resume_receive, homes[1])
        again.result()
        first, second = (
            next(event.from_ for event in person.events if isinstance(event, Resume))
            for person in (bob, again)
        )
        assert second > first + 4 * MIB
    assert (inbox / "a.bin").read_bytes() == content


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_receiver_that_takes_everything_while_it_still_comes_is_not_said_to_be_waited_for(  # noqa: PLR0917 - fixtures
    server: str, outbox: Path, inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    """It has all of it `before` the server hears that this is all, or right `after`, and then that answer is lost."""
    monkeypatch.setattr(away, "PATIENCE_SECONDS", 0.5)
    content, file = noise(outbox / "a.bin", _SIZE), outbox / "a.bin"
    commit = SenderPark.commit
    with CuttingProxy(server, lambda _number: _SIZE // 2) as proxy:
        proxy.for_good = True
        alice = sending(
            server,
            file,
            store="auto",
            record_size=65_536,
            keep_in=str(tmp_path / "alice"),
            taken=(str(file),),
        )
        bob = receiving(proxy.url, alice.code(), inbox)

        def raced(self: SenderPark, *sizes: int) -> Park:
            monkeypatch.setattr(SenderPark, "commit", commit)
            told = commit(self, *sizes) if when == "after" else None
            proxy.refuses = proxy.for_good = False
            assert bob.result().path == "store"
            if told is None:
                return commit(self, *sizes)
            raise Interrupted("The connection broke.", code="connection_lost", retryable=True)

        monkeypatch.setattr(SenderPark, "commit", raced)
        sent = alice.result()
    assert (sent.path, sent.expires, sent.bytes) == ("store", 0, _SIZE)
    assert any(isinstance(event, Complete) for event in alice.events)
    assert not any(isinstance(event, Parked) for event in alice.events)
    assert not all_journals(str(tmp_path / "alice"))
    assert (inbox / "a.bin").read_bytes() == content


def test_what_came_of_a_park_that_its_sender_ends_is_kept_and_the_rest_comes_live(
    server: str, outbox: Path, inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = noise(outbox / "a.bin", _SIZE)
    homes = interrupted(server, outbox, inbox, tmp_path, monkeypatch)
    store_too(homes[0])
    with monkeypatch.context() as patience:
        patience.setattr(away, "PATIENCE_SECONDS", 0.5)
        parks_so_much(patience, 100)
        assert going_on(resume_send, homes[0]).error().exit_code == 10
    bob = going_on(resume_receive, homes[1])
    assert bob.wait_for(PathEvent).kind == "store"
    about = all_journals(str(homes[0]))[0].about
    assert about is not None
    end_park(about)
    while "is not there any more" not in bob.wait_for(Notice).message:
        """It waits for its sender."""
    alice = going_on(resume_send, homes[0])
    assert bob.result().path == "relay"
    alice.result()
    assert (inbox / "a.bin").read_bytes() == content


def parked_chunks(live: LiveServer) -> list[Path]:
    """Files of whole chunks of content, in order, on the disk of a server that is the attacker's."""
    assert live._folder is not None
    full = 16 * (65_536 + RECORD_OVERHEAD)
    found = [
        path for path in Path(live._folder.name).rglob("*") if path.is_file() and path.stat().st_size == full
    ]
    return sorted(found, key=lambda path: (len(path.name), path.name))
