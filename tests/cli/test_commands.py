"""The command line from outside: its words, its exit codes, what goes to which stream."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, ClassVar

import pytest

from support.live_server import LiveServer

pytestmark = pytest.mark.e2e
PEERSEAL = [sys.executable, "-m", "peerseal"]
WAIT = 40


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with LiveServer() as live:
        yield live.url


@pytest.fixture(autouse=True)
def none_left_running(tmp_path: Path) -> Iterator[None]:
    Command.home = tmp_path / "home"
    yield
    while Command.started:
        process = Command.started.pop().process
        process.kill()
        process.wait(WAIT)
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()


class Command:
    """A running `peerseal`, with its streams as pipes."""

    started: ClassVar[list[Command]] = []
    #: Of all commands of one test.
    home: ClassVar[Path]

    def __init__(self, server: str, *words: str | Path, stdin: bytes | None = None) -> None:
        env = {name: value for name, value in os.environ.items() if not name.startswith("PEERSEAL_")}
        self.process = subprocess.Popen(
            [*PEERSEAL, *map(str, words)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**env, "PEERSEAL_SERVER": server, "PEERSEAL_HOME": str(self.home)},
        )
        self.started.append(self)
        self.err = b""
        if stdin is not None:
            # On a thread: a sender reads the rest only once somebody receives.
            pipe, self.process.stdin = self.process.stdin, None
            assert pipe is not None
            threading.Thread(target=_fill, args=(pipe, stdin), daemon=True).start()

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().decode().rstrip("\n")

    def discard(self) -> None:
        """Let standard output run, and keep none of it."""
        pipe, self.process.stdout = self.process.stdout, None
        assert pipe is not None
        threading.Thread(target=_empty, args=(pipe,), daemon=True).start()

    def end(self) -> tuple[int, bytes]:
        """Exit code and what else came on standard output."""
        out, self.err = self.process.communicate(timeout=WAIT)
        return self.process.returncode, out or b""


def _fill(pipe: IO[bytes], content: bytes) -> None:
    with contextlib.suppress(BrokenPipeError), pipe:
        pipe.write(content)


def _empty(pipe: IO[bytes]) -> None:
    with pipe:
        while pipe.read(1_000_000):
            pass


def events(out: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


def test_the_code_alone_is_on_standard_output_and_a_bare_code_receives(server: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"hello")
    (tmp_path / "in").mkdir()
    sender = Command(server, "send", tmp_path / "a.txt")
    code = sender.line()
    assert Command(server, code, "-y", "-o", tmp_path / "in").end() == (0, b"")
    assert sender.end() == (0, b"")
    assert (tmp_path / "in" / "a.txt").read_bytes() == b"hello"


def test_json_tells_everything_one_object_a_line(server: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"hello")
    (tmp_path / "in").mkdir()
    sender = Command(server, "send", tmp_path / "a.txt", "--json")
    ready = json.loads(sender.line())
    assert ready["link"] == f"{server}/#code={ready['code']}"
    code, out = Command(server, "receive", ready["link"], "-y", "--json", "-o", tmp_path / "in").end()
    assert code == 0
    told = events(out)
    assert all(event["v"] == 1 for event in told)
    assert [e["event"] for e in told] == ["peer", "offer", "path", "progress", "file_done", "complete"]
    assert told[1]["files"] == [{"path": "a.txt", "size": 5, "kind": "file"}]
    assert sender.end()[0] == 0


def test_standard_input_of_any_length_goes_to_standard_output(server: str) -> None:
    for length in (0, 5, 2_000_000):
        content = os.urandom(length)
        sender = Command(server, "send", "-", stdin=content)
        code = sender.line()
        assert Command(server, "receive", code, "-y", "-o", "-").end() == (0, content)
        assert sender.end()[0] == 0


def test_a_text_from_standard_input_arrives_on_standard_output(server: str) -> None:
    sender = Command(server, "send", "--text", "-", stdin="grüße\n".encode())
    assert Command(server, "receive", sender.line(), "-y").end() == (0, "grüße\n".encode())
    assert sender.end()[0] == 0


def test_an_offer_is_answered_on_standard_input(server: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"hello")
    for answer, expected in ((b"y\n", 0), (b"n\n", 5), (b"", 5)):
        sender = Command(server, "send", tmp_path / "a.txt")
        receiver = Command(server, "receive", sender.line(), "-o", "-", stdin=answer)
        assert receiver.end() == (expected, b"hello" if expected == 0 else b"")
        assert sender.end()[0] == expected


def test_by_name_the_words_are_given_on_the_command_line(server: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"hello")
    receiver = Command(server, "receive", "--as", "Bob", "-y", "--unverified", "-o", tmp_path, "--json")
    assert json.loads(receiver.line())["event"] == "ready"
    sender = Command(
        server, "send", tmp_path / "a.txt", "--to", "Bob", "--as", "Alice", "--words", "-", "--json"
    )
    assert json.loads(receiver.line()) == {"v": 1, "event": "request", "name": "Alice", "tag": _any_tag()}
    while (event := json.loads(receiver.line()))["event"] != "check":
        pass
    assert sender.process.stdin is not None
    sender.process.stdin.write((" ".join(event["words"]) + "\n").encode())
    sender.process.stdin.flush()
    code, out = sender.end()
    assert code == 0
    assert [e["verified"] for e in events(out) if e["event"] == "peer"] == [True]
    assert receiver.end()[0] == 0
    assert (tmp_path / "a (1).txt").read_bytes() == b"hello"


class _any_tag:  # noqa: N801 - reads as a value
    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and len(other) == 4

    __hash__ = None  # type: ignore[assignment]  # never hashed


@pytest.mark.parametrize("side", ["send", "receive"])
def test_without_a_terminal_an_unverified_peer_is_exit_4(server: str, tmp_path: Path, side: str) -> None:
    (tmp_path / "a.txt").write_bytes(b"hello")
    name = f"Carol {side}"
    unverified = {"send": ["--unverified"], "receive": ["--unverified"]}
    unverified[side] = []
    receiver = Command(
        server, "receive", "--as", name, "-y", "-o", tmp_path, "--json", *unverified["receive"]
    )
    receiver.line()
    sender = Command(server, "send", tmp_path / "a.txt", "--to", name, "-y", *unverified["send"])
    assert receiver.end()[0] == 4
    assert sender.end()[0] == 4


@pytest.mark.parametrize(
    ("words", "exit_code", "code"),
    [
        (["receive", "99999-no-code"], 9, "not_found"),
        (["receive", "not a code"], 2, "code_malformed"),
        (["receive", "1-a-b", "-o", "/etc/hostname/below"], 8, "not_a_folder"),
        (["send", "/nowhere"], 8, "no_such_file"),
        (["send"], 2, "usage"),
        (["send", "x", "--to", "A", "--to", "B", "--store", "never"], 2, "usage"),
        (["send", "/etc/hostname", "--to", "A", "--to", "B", "--timeout", "0.3"], 6, "timed_out"),
        (["send", "/etc/hostname", "--code", "7-a-b"], 2, "code_malformed"),
        (["send", "/etc/hostname", "--to", "Nobody", "--timeout", "0.3"], 6, "timed_out"),
        (["send", "/etc/hostname", "--timeout", "0.3"], 6, "timed_out"),
        (["send", "--nonsense"], 2, "usage"),
        (["nonsense"], 2, "usage"),
        (["receive", "-o", "-"], 2, "usage"),
        (["send", "/etc/hostname", "--server", "http://127.0.0.1:1"], 3, "server_unreachable"),
        (["doctor", "--server", "ftp://x"], 2, "server_url"),
        (["receive", "1-a-b", "-o", "/etc/hostname"], 8, "not_a_folder"),
        (["receive", "1-a-b", "--words", "abandon ability able about"], 2, "usage"),
        (["receive", "--words", "four words, none real"], 2, "usage"),
        (["receive", "--words", "abandon ability able"], 2, "usage"),
        (["send", "/etc/hostname", "--words", "-"], 2, "usage"),
        (["send", "--text", "hi", "/etc/hostname"], 2, "usage"),
        (["send", "/etc/hostname", "--code-length", "99"], 2, "usage"),
        (["send", "/etc/hostname", "--timeout", "soon"], 2, "usage"),
        (["send", "/dev/null"], 8, "not_a_file"),
        (["serve", "--server", "x"], 2, "usage"),
        (["serve", "-y"], 2, "usage"),
        (["doctor", "-y"], 2, "usage"),
    ],
)
def test_each_failure_has_its_exit_code(server: str, words: list[str], exit_code: int, code: str) -> None:
    ended, out = Command(server, *words, "--json", stdin=b"").end()
    failure = events(out)[-1]
    assert (ended, failure["event"], failure["code"], failure["exit"]) == (
        exit_code,
        "error",
        code,
        exit_code,
    )


def test_a_failure_is_one_calm_line_for_people(server: str) -> None:
    command = Command(server, "receive", "99999-no-code")
    assert command.end() == (9, b"")
    assert command.err.decode().splitlines() == [
        "There is no such code, or it has been used.",
        "A wrong try closes a code; ask for a new one.",
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["send", "nofile"], "nofile does not exist."),
        (["receive", "1-a-b", "-o", "/etc/hostname"], "/etc/hostname is not a folder."),
        (["send", "--text", "hi", "/etc/hostname"], "Give either files or a text, not both."),
        (
            ["send", "/etc/hostname", "--code-length", "99"],
            "Argument --code-length: '99' is not a number from 2 to 10.",
        ),
    ],
)
def test_a_failure_says_what_it_is_and_keeps_names_as_they_are(
    server: str, words: list[str], said: str
) -> None:
    command = Command(server, *words)
    command.end()
    assert command.err.decode().splitlines()[0] == said


def test_what_is_no_file_fails_before_a_code_is_shown(server: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert Command(server, "send", tmp_path / "pipe").end() == (8, b"")


def test_an_empty_folder_and_a_message_are_called_so(server: str, tmp_path: Path) -> None:
    (tmp_path / "void").mkdir()
    (tmp_path / "in").mkdir()
    said = []
    for what in ([tmp_path / "void"], ["--text", "hi"]):
        sender = Command(server, "send", *what)
        receiver = Command(server, sender.line(), "-y", "-o", tmp_path / "in")
        assert receiver.end()[0] == sender.end()[0] == 0
        said.append(receiver.err.decode() + sender.err.decode())
    assert (tmp_path / "in" / "void").is_dir()
    assert "offers the folder void (empty)." in said[0]
    assert said[0].count("The empty folder is ") == 2
    assert "sends a message, 2 B." in said[1]
    assert said[1].count("The message is ") == 2
    assert not [line for line in said if " file" in line]


def test_check_tries_port_folder_and_page_and_leaves_no_trace(server: str, tmp_path: Path) -> None:
    taken = server.rpartition(":")[2]
    folder = tmp_path / "new" / "data"
    checking = ["serve", "--check", "--host", "127.0.0.1", "--json"]
    code, out = Command(server, *checking, "--port", "0", "--data", folder).end()
    states = {e["name"]: e["state"] for e in events(out)}
    assert (states["port"], states["data"]) == ("well", "well")
    assert code == (0 if states["page"] == "well" else 8)
    assert list(tmp_path.iterdir()) == []
    code, out = Command(server, *checking, "--port", taken, "--data", "/etc/hostname").end()
    assert (code, [e["state"] for e in events(out)][:2]) == (2, ["broken", "broken"])


@pytest.mark.parametrize("side", ["sender", "receiver"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_both_sides_where_nothing_can_be_kept(
    server: str, tmp_path: Path, side: str, number: int
) -> None:
    with (tmp_path / "big").open("wb") as file:
        file.truncate(20_000_000_000)
    sender = Command(server, "send", tmp_path / "big", "-q")
    receiver = Command(server, "receive", sender.line(), "-y", "-q", "-o", "-")
    assert receiver.process.stdout is not None
    assert len(receiver.process.stdout.read(1_000_000)) == 1_000_000
    receiver.discard()
    stopped, other = (sender, receiver) if side == "sender" else (receiver, sender)
    stopped.process.send_signal(number)
    assert stopped.end()[0] == (130 if number == signal.SIGINT else 143)
    # A sender could go on later, so it only says goodbye; what went to standard output is no use to anybody.
    assert other.end()[0] == (10 if side == "sender" else 5)


def test_what_ctrl_c_leaves_over_is_parked_and_the_receiver_finishes_it_alone(
    server: str, tmp_path: Path
) -> None:
    with (tmp_path / "big").open("wb") as file:
        file.truncate(200_000_000)
    inbox = tmp_path / "in"
    inbox.mkdir()
    sender = Command(server, "send", tmp_path / "big", "-q")
    receiver = Command(server, "receive", sender.line(), "-y", "-o", inbox)
    deadline = time.monotonic() + WAIT
    while not list(inbox.glob(".*.part/big")) and time.monotonic() < deadline:
        time.sleep(0.002)
    receiver.process.send_signal(signal.SIGINT)
    assert receiver.end()[0] == 130
    assert b"To go on: `peerseal transfers resume" in receiver.err
    assert list(inbox.glob(".*.part/big"))
    assert sender.end()[0] == 0, sender.err
    resumed = Command(server, "transfers", "resume", "-y")
    assert resumed.end()[0] == 0, resumed.err
    assert [path.name for path in inbox.iterdir()] == ["big"]
    assert subprocess.run(["cmp", tmp_path / "big", inbox / "big"], check=False).returncode == 0


def test_behind_two_dashes_everything_is_a_path(server: str, tmp_path: Path) -> None:
    ended, out = Command(server, "send", "--json", "--", "-rf", "--json").end()
    failure = events(out)[-1]
    assert (ended, failure["code"]) == (8, "no_such_file")
    assert "-rf" in failure["message"]
    ended, _ = Command(server, "send", "-rf").end()
    assert ended == 2
