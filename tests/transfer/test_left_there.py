"""What lies on the server for a receiver who was away: its sender sees it there and can take it back; its receiver can let it go."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from peerseal.cli import main
from peerseal.client.settings import parse_server
from peerseal.crypto_engine import ParkSecret
from peerseal.errors import UsageError
from peerseal.transfer import away, comeback
from peerseal.transfer.about import About
from peerseal.transfer.going_on import resume_receive
from peerseal.transfer.journals import Listed, all_journals
from peerseal.transfer.left_there import LeftThere, left_until, look
from peerseal.transfer.leftovers import discard, end_park
from peerseal.transfer.parking import find_parked
from support.cutting_proxy import CuttingProxy

from .test_going_on import going_on, meet_at
from .wishing import noise, receiving, sending

pytestmark = pytest.mark.e2e
_SIZE = 20_000_000


def left(
    server: str, outbox: Path, inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[Path, Path]:
    """A receiver is cut off half-way, and the sender leaves the rest on the server: where their journals lie."""
    monkeypatch.setattr(away, "PATIENCE_SECONDS", 0.5)
    monkeypatch.setattr(comeback.Bond.conversation, "__defaults__", (lambda _: False, 2.0))
    file, homes = outbox / "a.bin", (tmp_path / "alice", tmp_path / "bob")
    noise(file, _SIZE)
    with CuttingProxy(server, lambda _number: _SIZE // 2) as proxy:
        proxy.for_good = True
        alice = sending(
            server, file, store="auto", record_size=65_536, keep_in=str(homes[0]), taken=(str(file),)
        )
        bob = receiving(proxy.url, alice.code(), inbox, keep_in=str(homes[1]))
        assert alice.result().expires > 0
        assert bob.error().exit_code == 10
    meet_at(server, homes[1])
    return homes


def only(home: Path) -> Listed:
    (listed,) = all_journals(str(home))
    return listed


def about_of(home: Path) -> About:
    about = only(home).about
    assert about is not None
    return about


def lies_there(server: str, about: About) -> bool:
    assert about.live is not None
    assert about.live.park is not None
    found = find_parked(parse_server(server), ParkSecret(bytes(about.live.park), about.id, about.version))
    if found is not None:
        found.close()
    return found is not None


def said(home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *words: str) -> str:
    monkeypatch.setenv("PEERSEAL_HOME", str(home))
    capsys.readouterr()
    assert main.main(["transfers", *words]) == 0
    return capsys.readouterr().out


def test_the_sender_sees_it_there_until_it_is_fetched(
    server: str,
    outbox: Path,
    inbox: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    capsys: pytest.CaptureFixture[str],
) -> None:
    alice, bob = left(server, outbox, inbox, tmp_path, monkeypatch)
    assert "not fetched yet" in said(alice, capsys, monkeypatch, "list")
    (row,) = json.loads(said(alice, capsys, monkeypatch, "list", "--json"))["transfers"]
    assert row["on_server"]["state"] == "waiting"
    assert row["on_server"]["until"] > time.time() * 1000
    going_on(resume_receive, bob).result()
    assert "fetched from the server" in said(alice, capsys, monkeypatch, "list")
    assert not all_journals(str(alice))


def test_there_is_nothing_to_resume_for_its_sender_who_can_take_it_back(
    server: str,
    outbox: Path,
    inbox: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    capsys: pytest.CaptureFixture[str],
) -> None:
    alice, bob = left(server, outbox, inbox, tmp_path, monkeypatch)
    monkeypatch.setenv("PEERSEAL_HOME", str(alice))
    assert main.main(["transfers", "resume", only(alice).id]) == UsageError.exit_code
    assert "nothing is left to do here" in capsys.readouterr().err
    assert lies_there(server, about_of(bob))
    said(alice, capsys, monkeypatch, "discard", "--all", "-y")
    assert not lies_there(server, about_of(bob))
    assert not all_journals(str(alice))


def test_a_receiver_who_discards_lets_go_of_it_on_the_server(
    server: str, outbox: Path, inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, bob = left(server, outbox, inbox, tmp_path, monkeypatch)
    about = about_of(bob)
    assert lies_there(server, about)
    discard(str(bob), only(bob), end_park)
    assert not lies_there(server, about)
    assert look([only(alice)])[only(alice).id].state == "fetched"
    assert list(inbox.iterdir()) == []


def test_what_has_expired_is_said_without_asking(
    server: str, outbox: Path, inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, _ = left(server, outbox, inbox, tmp_path, monkeypatch)
    listed, until = only(alice), left_until(about_of(alice))
    assert until is not None
    with monkeypatch.context() as later:
        later.setattr(time, "time", lambda: until / 1000 + 1)
        assert look([listed]) == {listed.id: LeftThere(until, "expired")}


def test_a_server_that_says_nothing_does_not_keep_the_list_waiting(
    server: str, outbox: Path, inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, _ = left(server, outbox, inbox, tmp_path, monkeypatch)
    assert look([only(alice)], 0)[only(alice).id].state in ("unknown", "waiting")


def test_small_ones_that_lie_there_are_listed_too(
    server: str, outbox: Path, inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("peerseal.transfer.keeping.KEPT_FROM_BYTES", 2 * _SIZE)
    monkeypatch.setattr(away, "PATIENCE_SECONDS", 0.5)
    monkeypatch.setattr(comeback.Bond.conversation, "__defaults__", (lambda _: False, 2.0))
    file, home = outbox / "a.bin", tmp_path / "alice"
    noise(file, _SIZE)
    with CuttingProxy(server, lambda _number: _SIZE // 2) as proxy:
        proxy.for_good = True
        alice = sending(server, file, store="auto", record_size=65_536, keep_in=str(home), taken=(str(file),))
        bob = receiving(proxy.url, alice.code(), inbox)
        assert alice.result().expires > 0
        bob.error()
    assert look([only(home)])[only(home).id].state == "waiting"
