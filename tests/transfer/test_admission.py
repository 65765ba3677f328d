"""A code for several while the server is away, and while somebody lets others wait: who has come loses nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from peerseal.errors import Interrupted, PeersealError, VerificationFailed
from peerseal.transfer import admission
from peerseal.transfer.events import Notice, Peer, Ready
from peerseal.transfer.events import Offer as Shown
from peerseal.transfer.person import Settled
from support.cutting_proxy import CuttingProxy
from support.live_server import LiveServer

from .fanning import Receiving, Sending, same


def test_a_server_that_stays_away_ends_the_code_and_takes_nothing_from_who_has_come(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admission, "AWAY_SECONDS", 1.0)
    with LiveServer() as live:
        sending = Sending(live.url, [str(folder)], 2)
        Receiving(live.url, sending.wait_for(Ready).code, tmp_path / "one").result()
        while "has everything" not in sending.wait_for(Notice).message:
            """Who has come; the other one is still waited for."""
        live.stop()
        with pytest.raises(Interrupted) as cut:
            sending.result()
    assert (cut.value.code, cut.value.exit_code) == ("connection_lost", 10)
    assert "to the others" in cut.value.hint
    assert same(folder, tmp_path / "one")


def test_a_code_outlives_the_server_that_is_started_anew(folder: Path, tmp_path: Path) -> None:
    data = {"data": str(tmp_path / "server")}
    with LiveServer(data) as before, CuttingProxy(before.url) as way:
        sending = Sending(way.url, [str(folder)], 2)
        code = sending.wait_for(Ready).code
        go_on = threading.Event()
        early = Receiving(way.url, code, tmp_path / "early", slow=go_on)
        while "1 more may" not in sending.wait_for(Notice).message:
            """It has the key, and is off the line."""
        way.refuses = True
        before.stop()
        while "waits for the server" not in sending.wait_for(Notice).message:
            """The upload of what is there already may be told before."""
        with LiveServer(data) as after:
            way.leads_to(after.url)
            way.refuses = False
            while "good again" not in sending.wait_for(Notice).message:
                """Whoever tries before that finds no such code."""
            Receiving(way.url, code, tmp_path / "late").result()
            go_on.set()
            early.result()
            assert [receiver.done for receiver in sending.result().receivers] == [True, True]
    assert same(folder, tmp_path / "early")
    assert same(folder, tmp_path / "late")


def test_a_wrong_guess_closes_the_code_after_the_server_was_started_anew_too(
    folder: Path, tmp_path: Path
) -> None:
    with LiveServer() as before, CuttingProxy(before.url) as way:
        sending = Sending(way.url, [str(folder)], 2)
        code = sending.wait_for(Ready).code
        way.refuses = True
        before.stop()
        with LiveServer() as after:
            way.leads_to(after.url)
            way.refuses = False
            while "good again" not in sending.wait_for(Notice).message:
                """Its number is shown again."""
            with pytest.raises(PeersealError):
                Receiving(way.url, f"{code.partition('-')[0]}-wrong-guess", tmp_path / "guess").result()
            with pytest.raises(VerificationFailed):
                sending.result()


class _Thinking(Settled):
    """Somebody who does not answer."""

    def accept_offer(self, offer: Shown, still: Callable[[], object]) -> bool:
        while True:
            time.sleep(0.05)
            still()


def test_who_does_not_answer_holds_up_the_others_only_for_a_while(
    server: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("peerseal.transfer.fan_out.OTHERS_SECONDS", 1.0)
    sending = Sending(server, [str(folder)], 2)
    code = sending.wait_for(Ready).code
    silent = Receiving(server, code, tmp_path / "silent", person=_Thinking())
    sending.wait_for(Peer)
    quick = [Receiving(server, code, tmp_path / name) for name in ("one", "other")]
    for receiver in quick:
        receiver.result()
    assert {receiver.name for receiver in sending.result().receivers} == {"one", "other"}
    with pytest.raises(PeersealError):
        silent.result()
