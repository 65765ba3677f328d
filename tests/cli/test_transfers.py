"""`peerseal transfers`: real processes are killed, and others go on with what they left."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from peerseal.crypto_engine import FileKey, Secret
from peerseal.transfer.about import About, Live, Taken, With
from peerseal.transfer.journal import Journal
from support.live_server import LiveServer
from support.shell import Shell, wait
from support.terminal import Terminal

pytestmark = pytest.mark.e2e

SIZE = 160_000_000


@pytest.fixture(scope="module")
def alice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    home = tmp_path_factory.mktemp("people")
    with LiveServer({"data": str(home / "server")}) as live:
        shell = Shell(live.url, home, "alice")
        shell.run("register", "alice", "--password-stdin", "-y", given="a password of eleven words\n")
        yield shell


@pytest.fixture(scope="module")
def big(alice: Shell) -> Path:
    """A file with something of its own in every record, at little cost on the disk."""
    path = alice.folder / "big.bin"
    with path.open("wb") as file:
        file.truncate(SIZE)
        for at in range(0, SIZE, 500_000):
            file.seek(at)
            file.write(os.urandom(16))
    return path


@pytest.fixture(scope="module")
def stored(alice: Shell, big: Path) -> str:
    return alice.run("upload", big.name).strip()


def _journals(shell: Shell) -> list[Path]:
    return sorted((shell.folder / "keys" / "transfers").glob("[0-9a-f]*"))


def _rows(shell: Shell) -> list[dict[str, Any]]:
    rows = shell.result("transfers")["transfers"]
    assert isinstance(rows, list)
    return rows


def _slots(shell: Shell) -> int:
    """How many records the journals speak of."""
    return sum(
        path.stat().st_size // 32 for path in (shell.folder / "keys").glob("transfers/*/content.marks")
    )


def _killed(shell: Shell, *words: str | Path, slots: int = 60, number: int = signal.SIGKILL) -> None:
    """Begin a command and end it once so many records are noted."""
    begun = shell.start(*words)
    wait(lambda: _slots(shell) > slots)
    begun.send_signal(number)
    begun.communicate(timeout=20)
    assert begun.returncode in (-number, 128 + number)


def _same(one: Path, other: Path) -> bool:
    return subprocess.run(["cmp", one, other], check=False).returncode == 0


def _into(shell: Shell, name: str) -> Path:
    return shell.folder / name


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_download_that_was_ended_goes_on_in_another_process(
    alice: Shell, big: Path, stored: str, number: signal.Signals
) -> None:
    into = _into(alice, f"in-{number.value}")
    _killed(alice, "download", stored, "-o", into, number=number)
    (part,) = into.glob(".peerseal-*.part")
    (row,) = _rows(alice)
    assert (row["direction"], row["title"], row["running"], row["damaged"]) == (
        "download",
        "big.bin",
        False,
        False,
    )
    assert 60 * 500_000 < row["done"] < row["bytes"] == SIZE
    assert f"{row['done'] * 100 // SIZE} %" in alice.run("transfers", "list")
    alice.run("transfers", "resume", row["id"][:4])
    assert "Going on with the download that was begun before." in alice.said
    assert _same(into / "big.bin", big)
    assert [path.name for path in into.iterdir()] == ["big.bin"]
    assert not part.exists()
    assert _rows(alice) == []


def test_a_torn_part_file_is_noticed_and_mended(alice: Shell, big: Path, stored: str) -> None:
    into = _into(alice, "in-torn")
    _killed(alice, "download", stored, "-o", into)
    (file,) = into.glob(".peerseal-*.part/big.bin")
    with file.open("r+b") as torn:
        torn.seek(10_000_000)
        torn.write(bytes(4096 * 200))
    alice.run("transfers", "resume")
    assert "damaged" in alice.said
    assert _same(into / "big.bin", big)


def test_an_upload_that_was_killed_goes_on_by_its_journal_alone(alice: Shell, big: Path) -> None:
    _killed(alice, "upload", big)
    (row,) = _rows(alice)
    assert row["direction"] == "upload"
    uploaded = alice.run("transfers", "resume").strip()
    assert "Going on with the upload that was begun before" in alice.said
    assert _journals(alice) == []
    into = _into(alice, "in-uploaded")
    alice.run("download", uploaded, "-o", into)
    assert _same(into / "big.bin", big)


def test_discarding_removes_what_was_received_and_asks_before(alice: Shell, stored: str) -> None:
    into = _into(alice, "in-discarded")
    _killed(alice, "download", stored, "-o", into)
    (journal,) = _journals(alice)
    alice.run("transfers", "discard", journal.name, code=2)
    assert "needs a yes" in alice.said
    alice.run("transfers", "discard", "-y", code=2)
    assert alice.result("transfers", "discard", journal.name[:6], "-y") == {
        "v": 1,
        "event": "result",
        "discarded": [journal.name],
    }
    assert list(into.iterdir()) == []
    assert _journals(alice) == []
    alice.run("transfers", "discard", journal.name, "-y", code=9)
    alice.run("transfers", "resume", code=9)


def test_what_runs_is_neither_discarded_nor_taken_over(alice: Shell, stored: str) -> None:
    into = _into(alice, "in-running")
    running = alice.start("download", stored, "-o", into)
    wait(lambda: any(_journals(alice)))
    running.send_signal(signal.SIGSTOP)
    (journal,) = _journals(alice)
    alice.run("transfers", "discard", journal.name, "-y", code=11)
    alice.run("transfers", "resume", journal.name, code=11)
    assert "already running" in alice.said
    (row,) = _rows(alice)
    assert row["running"]
    assert alice.result("transfers", "discard", "--all", "-y")["discarded"] == []
    running.send_signal(signal.SIGCONT)
    _, said = running.communicate(timeout=60)
    assert running.returncode == 0, said


def test_a_discarded_upload_frees_its_space_at_the_server(alice: Shell, big: Path) -> None:
    before = alice.result("files")["files"]
    _killed(alice, "upload", big, slots=20)
    alice.run("transfers", "discard", "--all", "-y")
    assert _journals(alice) == []
    assert alice.result("files")["files"] == before


def test_a_damaged_journal_is_listed_and_can_be_discarded(alice: Shell, stored: str) -> None:
    into = _into(alice, "in-damaged")
    _killed(alice, "download", stored, "-o", into)
    (journal,) = _journals(alice)
    (journal / "about.json").write_bytes(b"{}")
    assert "damaged" in alice.run("transfers")
    assert "cannot be read" in alice.run("doctor") + alice.said
    alice.run("transfers", "resume", journal.name, code=8)
    alice.run("transfers", "discard", journal.name, "-y")
    assert _journals(alice) == []


@pytest.mark.parametrize(
    "words",
    [
        ["list", "0123"],
        ["resume", "--all"],
        ["discard"],
        ["discard", "0123", "--all"],
        ["resume", "--direct-only", "--relay-only"],
    ],
)
def test_what_cannot_be_meant_is_refused(alice: Shell, words: list[str]) -> None:
    alice.run("transfers", *words, code=2)


def test_a_link_goes_on_when_it_is_given_again(alice: Shell, big: Path, stored: str, tmp_path: Path) -> None:
    link = alice.run("share", stored, "--link", "-q").strip()
    guest = Shell(alice.environment["PEERSEAL_SERVER"], tmp_path, "guest")
    _killed(guest, "receive", link)
    assert not any(
        link.rpartition("#")[2].encode() in path.read_bytes()
        for path in (guest.folder / "keys").rglob("*")
        if path.is_file()
    )
    guest.run("transfers", "resume", code=2)
    assert "the same link" in guest.said
    guest.run("receive", link)
    assert "Going on with the download that was begun before." in guest.said
    assert _same(guest.folder / "big.bin", big)


@pytest.mark.parametrize("killed", ["sender", "receiver", "receiver, and its part file was torn"])
def test_a_live_transfer_goes_on_in_another_process(
    alice: Shell, big: Path, tmp_path: Path, killed: str
) -> None:
    server = alice.environment["PEERSEAL_SERVER"]
    sender, receiver = Shell(server, tmp_path, "sender"), Shell(server, tmp_path, "receiver")
    sending = sender.start("send", big)
    assert sending.stdout is not None
    code = sending.stdout.readline().decode().strip()
    receiving = receiver.start("receive", code, "-y", "-o", "in")
    here, ended, other = (
        (sender, sending, receiving) if killed == "sender" else (receiver, receiving, sending)
    )
    try:
        wait(lambda: _slots(here) > 60)
    finally:
        ended.kill()
    ended.communicate(timeout=20)
    if "torn" in killed:
        (file,) = receiver.folder.glob("in/.peerseal-*.part/big.bin")
        with file.open("r+b") as torn:
            torn.seek(20_000_000)
            torn.write(bytes(1_000_000))
    (row,) = _rows(here)
    assert (row["direction"], row["running"]) == ("send" if here is sender else "receive", False)
    here.run("transfers", "resume")
    _, said = other.communicate(timeout=60)
    assert other.returncode == 0, said
    assert _same(receiver.folder / "in" / "big.bin", big)
    assert [path.name for path in (receiver.folder / "in").iterdir()] == ["big.bin"]
    assert _rows(sender) == _rows(receiver) == []


def test_what_was_received_goes_on_in_another_folder(alice: Shell, big: Path, tmp_path: Path) -> None:
    server = alice.environment["PEERSEAL_SERVER"]
    sender, receiver = Shell(server, tmp_path, "sender"), Shell(server, tmp_path, "receiver")
    sending = sender.start("send", big)
    assert sending.stdout is not None
    code = sending.stdout.readline().decode().strip()
    _killed(receiver, "receive", code, "-y", "-o", "in")
    receiver.run("transfers", "list", "-o", "other", code=2)
    receiver.run("transfers", "resume", "-o", "other/place")
    _, said = sending.communicate(timeout=60)
    assert sending.returncode == 0, said
    assert _same(receiver.folder / "other" / "place" / "big.bin", big)
    assert list((receiver.folder / "in").iterdir()) == []
    assert _rows(receiver) == []


def test_who_begins_again_by_hand_is_told_that_it_could_go_on(alice: Shell, tmp_path: Path) -> None:
    file = tmp_path / "holiday.zip"
    file.write_bytes(bytes(1000))
    taken = Taken((os.fsencode(file),), bytes(32), bytes(32))
    live = Live("initiator", Secret(bytes(32)))
    about = About(
        kind="send",
        server=alice.environment["PEERSEAL_SERVER"],
        title="holiday.zip",
        peer=With("Bob"),
        id=bytes(16),
        version=1,
        record_size=64,
        key=FileKey(bytes(32)),
        total=1000,
        files=1,
        text=False,
        started=1,
        live=live,
        taken=taken,
    )
    with Journal.create(str(tmp_path / "keys"), about, print) as journal:
        journal.acked(1, 15, 940)
    notice = f"'holiday.zip' stopped at 94 %: peerseal transfers resume {journal.id[:4]}"
    with Terminal(alice.environment["PEERSEAL_SERVER"], "send", file, home=tmp_path / "keys") as terminal:
        terminal.until(notice)
    other = tmp_path / "other.zip"
    other.write_bytes(b"other")
    with Terminal(alice.environment["PEERSEAL_SERVER"], "send", other, home=tmp_path / "keys") as terminal:
        assert "stopped at" not in terminal.until("peerseal ")
