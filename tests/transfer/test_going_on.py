"""What two processes left unfinished, two others finish: from the journals, and nothing that does not hold is believed."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from peerseal.client.settings import parse_server
from peerseal.transfer import away, comeback, keeping, lanes
from peerseal.transfer.events import Notice, Parked, Resume, Waiting
from peerseal.transfer.events import Path as PathEvent
from peerseal.transfer.going_on import resume_receive, resume_send
from peerseal.transfer.journal import Journal
from peerseal.transfer.journals import all_journals
from support.cutting_proxy import CuttingProxy

from .conftest import Doing
from .wishing import noise, receiving, sending

pytestmark = pytest.mark.e2e
_SIZE = 40_000_000


def interrupted(
    server: str, outbox: Path, inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[Path, Path]:
    """Two who gave up half-way: where their journals lie."""
    homes = tmp_path / "alice", tmp_path / "bob"
    with monkeypatch.context() as impatient:
        impatient.setattr(comeback, "RETURN_SECONDS", 0.5)
        impatient.setattr(comeback.Bond.conversation, "__defaults__", (lambda _: False, 0.5))
        with CuttingProxy(server, lambda _number: _SIZE // 2) as proxy:
            proxy.for_good = True
            file = outbox / "a.bin"
            alice = sending(proxy.url, file, keep_in=str(homes[0]), taken=(str(file),), record_size=65_536)
            bob = receiving(proxy.url, alice.code(), inbox, keep_in=str(homes[1]))
            for person in (alice, bob):
                error = person.error()
                assert error.exit_code == 10
                assert "peerseal transfers resume" in error.hint
    meet_at(server, *homes)
    return homes


def meet_at(server: str, *homes: Path) -> None:
    """The way that was cut is gone: what the journals call the server is where it really is."""
    for home in homes:
        listed = all_journals(str(home))
        assert len(listed) == 1
        with Journal.open(str(home), listed[0].id) as journal:
            journal.replace(type(journal.about)(**{**vars(journal.about), "server": server}))


def going_on(act: Callable[..., object], home: Path) -> Doing:
    def run(on_event: Callable[..., None], cancel: object, timeout: float) -> object:
        del timeout
        with Journal.open(str(home), all_journals(str(home))[0].id) as journal:
            return act(journal, on_event, cancel)

    return Doing(run)


def test_two_new_processes_finish_what_two_others_began(
    server: str, outbox: Path, inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = noise(outbox / "a.bin", _SIZE)
    homes = interrupted(server, outbox, inbox, tmp_path, monkeypatch)
    alice, bob = going_on(resume_send, homes[0]), going_on(resume_receive, homes[1])
    assert bob.result().paths == (str(inbox / "a.bin"),)
    alice.result()
    assert (inbox / "a.bin").read_bytes() == content
    assert [path.name for path in inbox.iterdir()] == ["a.bin"]
    assert not any(all_journals(str(home)) for home in homes)
    assert all(any(isinstance(event, Resume) for event in person.events) for person in (alice, bob))


def test_what_was_torn_on_the_disk_comes_again(
    server: str, outbox: Path, inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = noise(outbox / "a.bin", _SIZE)
    homes = interrupted(server, outbox, inbox, tmp_path, monkeypatch)
    part = next(inbox.rglob("a.bin"))
    assert part.stat().st_size > 1_000_000
    with part.open("r+b") as torn:
        torn.seek(70_000)
        torn.write(b"\0" * 5)
    alice, bob = going_on(resume_send, homes[0]), going_on(resume_receive, homes[1])
    bob.result()
    alice.result()
    assert (inbox / "a.bin").read_bytes() == content


def test_a_source_with_another_identity_is_checked_and_one_that_changed_stops(
    server: str, outbox: Path, inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = noise(outbox / "a.bin", _SIZE)
    homes = interrupted(server, outbox, inbox, tmp_path, monkeypatch)
    file = outbox / "a.bin"
    times = file.stat().st_atime_ns, file.stat().st_mtime_ns
    changed = bytes([content[0] ^ 1]) + content[1:]
    file.write_bytes(changed)
    os.utime(file, ns=times)
    alice, bob = going_on(resume_send, homes[0]), going_on(resume_receive, homes[1])
    assert alice.error().code == "source_changed"
    assert bob.error().code == "source_changed"
    assert not any(all_journals(str(home)) for home in homes)


def test_small_ones_leave_no_journal(server: str, outbox: Path, inbox: Path, tmp_path: Path) -> None:
    noise(outbox / "a.bin", keeping.KEPT_FROM_BYTES - 1)
    homes = tmp_path / "alice", tmp_path / "bob"
    file = outbox / "a.bin"
    alice = sending(server, file, keep_in=str(homes[0]), taken=(str(file),))
    bob = receiving(server, alice.code(), inbox, keep_in=str(homes[1]))
    bob.result()
    alice.result()
    assert not any((home / "transfers").exists() for home in homes)


def told_nobody_an_address(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Transfers for which somebody looks for direct paths from now on."""
    looked: list[bytes] = []
    begin = lanes.Beside.__init__

    def noted(self: lanes.Beside, conversation: object, file_id: bytes, *rest: object) -> None:
        looked.append(file_id)
        begin(self, conversation, file_id, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(lanes.Beside, "__init__", noted)
    return looked


def test_who_wanted_only_the_relay_tells_nobody_an_address_later_either(
    server: str, outbox: Path, inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = noise(outbox / "a.bin", _SIZE)
    homes = interrupted(server, outbox, inbox, tmp_path, monkeypatch)
    looked = told_nobody_an_address(monkeypatch)
    alice, bob = going_on(resume_send, homes[0]), going_on(resume_receive, homes[1])
    bob.result()
    alice.result()
    assert looked == []
    assert (inbox / "a.bin").read_bytes() == content


def test_another_way_may_be_wished_for_and_holds_from_then_on(
    server: str, outbox: Path, inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = noise(outbox / "a.bin", _SIZE)
    homes = interrupted(server, outbox, inbox, tmp_path, monkeypatch)
    alice = going_on(partial(resume_send, paths="direct"), homes[0])
    alice.wait_for(Waiting)
    with (homes[0] / "transfers").joinpath(all_journals(str(homes[0]))[0].id, "about.json").open() as about:
        assert json.load(about)["live"]["paths"] == "direct"
    bob = going_on(partial(resume_receive, paths="direct"), homes[1])
    bob.result()
    alice.result()
    assert (inbox / "a.bin").read_bytes() == content
    assert {event.kind for event in alice.events if isinstance(event, PathEvent)} == {"direct"}


def test_what_the_server_may_keep_is_remembered(
    server: str, outbox: Path, inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noise(outbox / "a.bin", _SIZE)
    homes = interrupted(server, outbox, inbox, tmp_path, monkeypatch)
    monkeypatch.setattr(away, "PATIENCE_SECONDS", 0.5)
    monkeypatch.setattr(comeback.Bond.conversation, "__defaults__", (lambda _: False, 3.0))
    alice = going_on(resume_send, homes[0])
    assert alice.error().code == "not_back"
    assert not any(isinstance(event, Parked) for event in alice.events)


def test_who_resumes_where_no_server_is_hears_so_at_once(
    server: str, outbox: Path, inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noise(outbox / "a.bin", _SIZE)
    homes = interrupted(server, outbox, inbox, tmp_path, monkeypatch)
    meet_at("http://127.0.0.1:9", *homes)
    for act, home in ((resume_send, homes[0]), (resume_receive, homes[1])):
        person = going_on(act, home)
        error = person.error()
        assert (error.code, error.exit_code) == ("server_unreachable", 3)
        assert "127.0.0.1:9" in error.message
        assert "peerseal transfers resume" in error.hint
        assert not any(isinstance(event, Waiting) for event in person.events)
    assert all(all_journals(str(home)) for home in homes)


def test_who_resumes_where_something_accepts_and_closes_hears_so_and_it_is_tried_again(
    server: str, outbox: Path, inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noise(outbox / "a.bin", _SIZE)
    homes = interrupted(server, outbox, inbox, tmp_path, monkeypatch)
    monkeypatch.setattr(comeback.Bond.conversation, "__defaults__", (lambda _: False, 4.0))
    with socket.create_server(("127.0.0.1", 0)) as forwarder:

        def accept_and_close() -> None:
            with contextlib.suppress(OSError):
                while True:
                    forwarder.accept()[0].close()

        threading.Thread(target=accept_and_close, daemon=True).start()
        meet_at(f"http://127.0.0.1:{forwarder.getsockname()[1]}", *homes)
        bob = going_on(resume_receive, homes[1])
        said = bob.wait_for(Notice)
        error = bob.error()
        forwarder.shutdown(socket.SHUT_RDWR)
    assert said.message.endswith("Trying again…")
    assert error.exit_code == 10
    assert "transfers resume" in error.hint
    assert len(all_journals(str(homes[1]))) == 1


def test_a_server_that_has_moved_is_named_once_and_remembered(
    server: str, outbox: Path, inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = noise(outbox / "a.bin", _SIZE)
    homes = interrupted(server, outbox, inbox, tmp_path, monkeypatch)
    meet_at("http://127.0.0.1:9", *homes)
    moved = parse_server(server)
    alice = going_on(partial(resume_send, server=moved), homes[0])
    alice.wait_for(Waiting)
    (listed,) = all_journals(str(homes[0]))
    assert listed.about is not None
    assert listed.about.server == server
    bob = going_on(partial(resume_receive, server=moved), homes[1])
    bob.result()
    alice.result()
    assert (inbox / "a.bin").read_bytes() == content


def test_a_receiver_who_wants_nothing_from_the_server_takes_nothing_parked(
    server: str, outbox: Path, inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noise(outbox / "a.bin", _SIZE)
    homes = interrupted(server, outbox, inbox, tmp_path, monkeypatch)
    monkeypatch.setattr(away, "PATIENCE_SECONDS", 0.5)
    monkeypatch.setattr(comeback.Bond.conversation, "__defaults__", (lambda _: False, 2.0))
    with Journal.open(str(homes[0]), all_journals(str(homes[0]))[0].id) as journal:
        about = journal.about
        assert about.live is not None
        live = type(about.live)(**{**vars(about.live), "store": "auto"})
        journal.replace(type(about)(**{**vars(about), "live": live}))
    alice = going_on(resume_send, homes[0])
    alice.result()
    assert any(isinstance(event, Parked) for event in alice.events)
    bob = going_on(partial(resume_receive, paths="direct"), homes[1])
    assert bob.error().code == "not_back"
    assert not any(isinstance(event, PathEvent) for event in bob.events)
    bob = going_on(partial(resume_receive, paths="relay"), homes[1])
    assert bob.result().path == "store"
    assert not any(isinstance(event, Waiting) for event in bob.events)


def test_a_receiver_that_finds_no_direct_path_leaves_nothing_on_the_server(
    server: str, outbox: Path, inbox: Path, tmp_path: Path
) -> None:
    noise(outbox / "a.bin", _SIZE)
    homes = tmp_path / "alice", tmp_path / "bob"
    file = outbox / "a.bin"
    alice = sending(server, file, store="auto", keep_in=str(homes[0]), taken=(str(file),))
    bob = receiving(server, alice.code(), inbox, keep_in=str(homes[1]), paths="direct")
    for error in (bob.error(), alice.error()):
        assert (error.code, error.exit_code) == ("no_direct_path", 10)
        assert "What has arrived" not in error.hint
    assert not any(isinstance(event, Parked) for event in alice.events)


def test_who_wants_only_the_relay_is_told_what_that_side_can_do_and_who_the_other_is(
    server: str, outbox: Path, inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noise(outbox / "a.bin", _SIZE)
    homes = interrupted(server, outbox, inbox, tmp_path, monkeypatch)
    bob = going_on(partial(resume_receive, paths="direct"), homes[1])
    alice = going_on(partial(resume_send, paths="relay"), homes[0])
    assert "resume" in alice.error().hint
    assert "--direct-only` looks for a direct path" in alice.error().hint
    assert "--relay-only` goes on over the server" in bob.error().hint
    assert "peerseal" not in alice.error().message


def test_who_resumes_what_its_sender_gave_up_hears_that_nobody_may_come(
    server: str, outbox: Path, inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noise(outbox / "a.bin", _SIZE)
    homes = interrupted(server, outbox, inbox, tmp_path, monkeypatch)
    monkeypatch.setattr(comeback.Bond.conversation, "__defaults__", (lambda _: False, 2.0))
    monkeypatch.setattr(comeback, "RETURN_SECONDS", 2.0)
    bob = going_on(resume_receive, homes[1])
    assert "ask for it again" in bob.wait_for(Notice).message
    assert bob.error().exit_code == 10


def test_a_receiver_hears_that_what_was_sent_has_changed(
    server: str, outbox: Path, inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noise(outbox / "a.bin", _SIZE)
    homes = interrupted(server, outbox, inbox, tmp_path, monkeypatch)
    noise(outbox / "a.bin", _SIZE + 1)
    bob = going_on(resume_receive, homes[1])
    bob.wait_for(Waiting)
    alice = going_on(resume_send, homes[0])
    assert alice.error().code == "source_changed"
    assert bob.error().code == "source_changed"
