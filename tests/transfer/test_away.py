"""A receiver that leaves in the middle: the rest lies on the server for it, and the sender may go."""

from __future__ import annotations

from pathlib import Path

import pytest

from peerseal.crypto_engine import RECORD_OVERHEAD
from peerseal.transfer import away, comeback
from peerseal.transfer.events import Parked, Resume
from peerseal.transfer.going_on import resume_receive, resume_send
from peerseal.transfer.journals import all_journals
from peerseal.wire.limits import MIB
from support.cutting_proxy import CuttingProxy
from support.live_server import LiveServer

from .test_going_on import going_on, interrupted, meet_at
from .test_parked_marks import store_too
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


def parked_chunks(live: LiveServer) -> list[Path]:
    """Files of whole chunks of content, in order, on the disk of a server that is the attacker's."""
    assert live._folder is not None
    full = 16 * (65_536 + RECORD_OVERHEAD)
    found = [
        path for path in Path(live._folder.name).rglob("*") if path.is_file() and path.stat().st_size == full
    ]
    return sorted(found, key=lambda path: (len(path.name), path.name))
