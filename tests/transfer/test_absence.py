"""A sender to several that is gone, or only slow: those who wait for it are told, and keep what has come."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from peerseal.crypto_engine import random_bytes
from peerseal.errors import Interrupted
from peerseal.files.stream_source import from_stdin
from peerseal.transfer import absence
from peerseal.transfer.events import Gone, Ready
from peerseal.transfer.journals import all_journals
from support.cutting_proxy import CuttingProxy
from support.live_server import LiveServer

from .fanning import RECORD, WAIT, Receiving, Sending, pour

_SIZE = 40_000_000
_SHORT_WAITS = "import peerseal.wire.limits\npeerseal.wire.limits.CHUNK_WAIT_SECONDS = 0.3\n"


def test_a_sender_that_is_cut_off_half_way_is_said_to_be_gone_and_what_came_is_kept(
    outbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(absence, "GONE_SECONDS", 1.0)
    monkeypatch.setattr(absence, "RETURN_SECONDS", 2.0)
    (outbox / "big.bin").write_bytes(random_bytes(_SIZE))
    with LiveServer(before=_SHORT_WAITS) as live, CuttingProxy(live.url) as proxy:
        sending = Sending(proxy.url, [str(outbox / "big.bin")], 2)
        one = Receiving(live.url, sending.wait_for(Ready).code, tmp_path / "one", keep_in=tmp_path / "home")
        assert one.began.wait(WAIT)
        proxy.refuses = True
        proxy.cut_everything()
        with pytest.raises(Interrupted) as gone:
            one.result()
        sending.cancel.cancel()
    assert (gone.value.code, gone.value.exit_code) == ("not_back", 10)
    assert "peerseal transfers resume" in gone.value.hint
    assert [event.name for event in one.events if isinstance(event, Gone)] == ["Ada"]
    (listed,) = all_journals(str(tmp_path / "home"))
    assert 0 < listed.done < _SIZE


def test_standard_input_that_stands_still_is_told_to_those_who_wait_for_its_end(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its sender may be gone, or only slow: it is waited for, however long that takes."""
    monkeypatch.setattr(absence, "GONE_SECONDS", 0.5)
    monkeypatch.setattr(absence, "RETURN_SECONDS", 1.0)
    read, write = os.pipe()
    sending = Sending(server, [], 1, source=lambda: from_stdin(read, "stdin", RECORD))
    content = random_bytes(200_000)
    os.write(write, content[:50_000])
    one = Receiving(server, sending.wait_for(Ready).code, tmp_path / "one")
    end = time.monotonic() + WAIT
    while not any(isinstance(event, Gone) for event in one.events):
        assert time.monotonic() < end
        time.sleep(0.05)
    pour(write, content[50_000:])
    one.result()
    assert (tmp_path / "one" / "stdin").read_bytes() == content
    sending.result()
