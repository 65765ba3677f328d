"""Several receivers of one code: each has it byte for byte, whatever becomes of the others."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from peerseal.client.settings import parse_server
from peerseal.crypto_engine import park_secret, random_bytes
from peerseal.errors import Declined, PeersealError, Refused, TimedOut, VerificationFailed
from peerseal.files.stream_source import from_stdin
from peerseal.protocol.control import Answer, Offer
from peerseal.transfer.events import Notice, Parked, Peer, Ready
from peerseal.transfer.events import Path as PathEvent
from peerseal.transfer.parking import Parking, plan_of
from support.cutting_way import CuttingWay
from support.live_server import LiveServer

from .fanning import RECORD, Receiving, Sending, pour, same
from .test_claims_of_receivers import Liar


def test_each_has_it_and_a_slow_one_holds_up_nobody(server: str, folder: Path, tmp_path: Path) -> None:
    sending = Sending(server, [str(folder)], 3)
    code = sending.wait_for(Ready).code
    go_on = threading.Event()
    slow = Receiving(server, code, tmp_path / "slow", slow=go_on)
    sending.wait_for(Peer)
    quick = [Receiving(server, code, tmp_path / name) for name in ("one", "other")]
    for receiver in quick:
        receiver.result()
    parked = sending.wait_for(Parked)
    assert parked.expires > time.time() * 1000
    assert not slow.over
    go_on.set()
    slow.result()
    result = sending.result()
    assert [receiver.done for receiver in result.receivers] == [True] * 3
    assert (result.files, result.bytes) == (2, 700_005)
    for name in ("slow", "one", "other"):
        assert same(folder, tmp_path / name)


def test_the_sender_may_leave_once_it_is_told_so(server: str, folder: Path, tmp_path: Path) -> None:
    sending = Sending(server, [str(folder)], 1)
    go_on = threading.Event()
    slow = Receiving(server, sending.wait_for(Ready).code, tmp_path / "slow", slow=go_on)
    sending.wait_for(Parked)
    sending.cancel.cancel()
    result = sending.result()
    assert [receiver.done for receiver in result.receivers] == [False]
    go_on.set()
    slow.result()
    assert same(folder, tmp_path / "slow")


def test_who_says_no_leaves_the_place_to_somebody_else(server: str, folder: Path, tmp_path: Path) -> None:
    sending = Sending(server, [str(folder)], 1)
    code = sending.wait_for(Ready).code
    with pytest.raises(Declined):
        Receiving(server, code, tmp_path / "no", accept=False).result()
    assert "said no" in sending.wait_for(Notice).message
    Receiving(server, code, tmp_path / "yes").result()
    assert [receiver.name for receiver in sending.result().receivers] == ["yes"]


def test_a_wrong_guess_closes_the_code_and_who_is_in_finishes(
    server: str, folder: Path, tmp_path: Path
) -> None:
    sending = Sending(server, [str(folder)], 3)
    code = sending.wait_for(Ready).code
    one = Receiving(server, code, tmp_path / "one")
    one.result()
    nameplate = code.partition("-")[0]
    with pytest.raises(PeersealError):
        Receiving(server, f"{nameplate}-wrong-guess", tmp_path / "guess").result()
    with pytest.raises(VerificationFailed) as closed:
        sending.result()
    assert closed.value.code == "wrong_code"
    assert same(folder, tmp_path / "one")
    with pytest.raises(PeersealError):
        Receiving(server, code, tmp_path / "late").result()


class Squatter(Liar):
    """A receiver with the code who parks something of its own under its reader id before it says yes."""

    def __init__(self, server: str, code: str) -> None:
        super().__init__(server, code)
        offer = self.told(Offer)
        secret = park_secret(self.exporter("park"), offer.id, offer.version)
        self._parking = Parking.begin(parse_server(server), plan_of(RECORD, 100, 100), [secret])
        self.says(Answer(offer.id, accept=True, code=None, message=None))

    def close(self) -> None:
        self._parking.close()
        self.peer.close()


@pytest.mark.parametrize("first", [True, False])
def test_who_squats_its_own_place_in_the_park_is_turned_away_alone(
    server: str, folder: Path, tmp_path: Path, *, first: bool
) -> None:
    """Whatever a receiver does with its own secret is no matter of the others."""
    sending = Sending(server, [str(folder)], 2)
    code = sending.wait_for(Ready).code
    honest = [] if first else [Receiving(server, code, tmp_path / "before")]
    for receiver in honest:
        receiver.result()
    squatter = Squatter(server, code)
    while "gets nothing" not in sending.wait_for(Notice).message:
        """Who has come, and who has everything."""
    squatter.close()
    while len(honest) < 2:
        honest.append(Receiving(server, code, tmp_path / f"after{len(honest)}"))
        honest[-1].result()
    assert [receiver.done for receiver in sending.result().receivers] == [True, True]
    for name in ("after0", "after1") if first else ("before", "after1"):
        assert same(folder, tmp_path / name)


def test_a_server_that_lets_nobody_else_read_keeps_what_those_who_came_were_promised(
    server: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise Refused("The server says no.", code="quota")

    sending = Sending(server, [str(folder)], 2)
    code = sending.wait_for(Ready).code
    go_on = threading.Event()
    one = Receiving(server, code, tmp_path / "one", slow=go_on)
    sending.wait_for(PathEvent)
    monkeypatch.setattr(Parking, "add_reader", refuse)
    with pytest.raises(PeersealError):
        Receiving(server, code, tmp_path / "other").result()
    sending.wait_for(Parked)
    go_on.set()
    one.result()
    assert same(folder, tmp_path / "one")
    with pytest.raises(Refused) as refused:
        sending.result()
    assert refused.value.code == "quota"


def test_nobody_came(server: str, folder: Path) -> None:
    with pytest.raises(TimedOut):
        Sending(server, [str(folder)], 2, timeout=0.3).result()


def test_those_who_came_have_it_when_others_did_not(server: str, folder: Path, tmp_path: Path) -> None:
    sending = Sending(server, [str(folder)], 2, timeout=3.0)
    Receiving(server, sending.wait_for(Ready).code, tmp_path / "one").result()
    with pytest.raises(TimedOut):
        sending.result()
    assert same(folder, tmp_path / "one")


def test_a_receiver_whose_connections_keep_breaking_has_it_all_the_same(folder: Path, tmp_path: Path) -> None:
    with LiveServer() as live:
        way = CuttingWay(live.port, 200_000, down=True)
        sending = Sending(live.url, [str(folder)], 1)
        cut = Receiving(way.url, sending.wait_for(Ready).code, tmp_path / "cut")
        cut.result()
        way.close()
        assert way.cuts >= 3
        assert same(folder, tmp_path / "cut")
        sending.result()


def test_standard_input_is_read_once_for_all(server: str, tmp_path: Path) -> None:
    """A stream whose length nobody knew: those who came have it once it has ended."""
    read, write = os.pipe()
    content = random_bytes(300_000)
    sending = Sending(server, [], 2, source=lambda: from_stdin(read, "stdin", RECORD))
    code = sending.wait_for(Ready).code
    threading.Thread(target=pour, args=(write, content), daemon=True).start()
    receivers = [Receiving(server, code, tmp_path / name) for name in ("one", "other")]
    for receiver in receivers:
        receiver.result()
    assert sending.result().bytes == len(content)
    for name in ("one", "other"):
        assert (tmp_path / name / "stdin").read_bytes() == content
