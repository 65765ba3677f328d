"""A sender that is killed knows what it had heard: every ack is noted as it comes."""

from __future__ import annotations

from pathlib import Path

import pytest

from peerseal.protocol.control import Ack
from peerseal.transfer.held import Held
from peerseal.transfer.journal import Journal

from .wishing import noise, receiving, sending

pytestmark = pytest.mark.e2e
_SIZE = 64_000_000


def test_every_ack_is_in_the_journal_before_the_next_one_comes(
    server: str, outbox: Path, inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[tuple[int, int, int]] = []
    noted: list[tuple[int, int, int]] = []
    acknowledged, acked = Held.acknowledged, Journal.acked

    def hear(self: Held, ack: Ack) -> bool:
        heard.append(ack[1:])
        return acknowledged(self, ack)

    def note(self: Journal, manifest: int, content: int, size: int) -> None:
        noted.append((manifest, content, size))
        acked(self, manifest, content, size)

    monkeypatch.setattr(Held, "acknowledged", hear)
    monkeypatch.setattr(Journal, "acked", note)
    noise(outbox / "a.bin", _SIZE)
    file = outbox / "a.bin"
    alice = sending(server, file, keep_in=str(tmp_path / "alice"), taken=(str(file),))
    receiving(server, alice.code(), inbox).result()
    alice.result()
    assert len(heard) > 5
    assert noted == heard
