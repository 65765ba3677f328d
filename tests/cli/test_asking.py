"""Questions at a real terminal: only what is typed after one appeared answers it."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.live_server import LiveServer
from support.terminal import WAIT, Terminal

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with LiveServer() as live:
        yield live.url


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "nofile"
    path.write_bytes(b"hello")
    return path


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    return folder


def test_keys_pressed_early_answer_nothing(server: str, file: Path, inbox: Path) -> None:
    with Terminal(server, "receive", "--as", "bob", "-o", inbox) as bob:
        bob.until("Waiting for somebody")
        bob.press("\n\n\ny\ny\ny\n")
        with Terminal(server, "send", file, "--to", "Bob", "--as", "alice") as alice:
            bob.until("Accept? [y/n] ")
            bob.quiet_for(0.6)
            assert "Check words" not in bob.screen
            alice.press("y\ny\n")
            bob.press("\n")
            bob.until("Accept? [y/n] ", after=len(bob.screen))
            bob.press("y\n")
            bob.until("see the same words? [y/n, s to skip] ")
            alice.until("see the same words? [y/n] ")
            shown = len(bob.screen), len(alice.screen)
            bob.press("\n")
            alice.press("\n")
            bob.until("see the same words?", after=shown[0])
            alice.until("see the same words?", after=shown[1])
            assert "Connected" not in bob.screen + alice.screen
            words = re.findall("Check words: (.*)", bob.screen)
            assert words == re.findall("Check words: (.*)", alice.screen)
            assert bob.screen.count(words[0]) == 1
            bob.press("y\n\n\n")
            alice.press("y\n")
            bob.until("It goes to")
            bob.until("Accept? [Y/n] ")
            bob.quiet_for(0.6)
            assert list(inbox.iterdir()) == []
            bob.press("\n")
            assert (bob.end(), alice.end()) == (0, 0)
    assert (inbox / "nofile").read_bytes() == b"hello"
    assert "Asking bob…" in alice.screen
    assert "nofile" in bob.screen
    assert "Nofile" not in bob.screen + alice.screen


def test_what_follows_an_unanswered_question_begins_a_new_line(server: str, file: Path, inbox: Path) -> None:
    with Terminal(server, "receive", "--as", "carol", "-o", inbox) as carol:
        carol.until("Waiting for somebody")
        with Terminal(server, "send", file, "--to", "carol", "--as", "alice") as alice:
            carol.until("Accept? [y/n] ")
            alice.process.send_signal(signal.SIGINT)
            assert alice.end() == 130
        carol.until("[y/n] \nalice does not ask any more.\n")


def test_a_sender_says_where_to_go_and_what_to_run(server: str, file: Path) -> None:
    with Terminal(server, "send", file) as alice:
        alice.until("The code, good for one try:")
        code = alice.quiet_for(0.5).split("good for one try:")[1].split()[0]
        assert f"    {server}/#code={code}\n" in alice.screen
        assert f"    peerseal receive {code} --server {server}\n" in alice.screen


def run(server: str, *words: str | Path, stdin: str | None = None) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "peerseal", *map(str, words), "--server", server],
        stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("by", ["name", "code"])
def test_where_nobody_can_answer_both_sides_hear_so(server: str, file: Path, inbox: Path, by: str) -> None:
    if by == "code":
        sender = run(server, "send", file, "--as", "alice")
        assert sender.stdout is not None
        receiver = run(server, "receive", sender.stdout.readline().strip(), "-o", inbox)
    else:
        receiver = run(server, "receive", "--as", "dora", "-o", inbox)
        sender = run(server, "send", file, "--as", "alice", "--to", "dora", "--unverified")
    told = receiver.communicate(timeout=WAIT)[1].splitlines()
    assert receiver.returncode == 5
    assert told[-2].startswith("alice ")
    assert told[-2].endswith("nobody here could answer.")
    assert "-y" in told[-1]
    said = sender.communicate(timeout=WAIT)[1]
    assert sender.returncode == 5
    assert "said no" in said


def test_a_server_that_stops_is_told_kindly(inbox: Path) -> None:
    with LiveServer() as live:
        receiver = run(live.url, "receive", "--as", "erik", "-o", inbox, "-v")
        assert receiver.stderr is not None
        while "Waiting" not in receiver.stderr.readline():
            pass
        live.stop()
        told = receiver.communicate(timeout=WAIT)[1].splitlines()
    assert receiver.returncode == 10
    assert told[-2] == "The server has ended the connection."
    assert "Run this again" in told[-1]
