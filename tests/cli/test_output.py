"""How the command line speaks: which stream, what -q, -v and --json leave of it, and that nothing stops a transfer."""

from __future__ import annotations

import fcntl
import io
import json
import os
import pty
import struct
import termios
from pathlib import Path
from typing import Any

import pytest

from peerseal.cli.output import Output
from peerseal.errors import LocalFileFailed, UsageError
from peerseal.transfer.events import (
    Complete,
    Event,
    Failure,
    FileDone,
    Gone,
    Notice,
    Parked,
    Peer,
    Progress,
    Ready,
    Resume,
    Text,
)
from peerseal.transfer.events import Path as PathEvent

EVIL = "\x1b[2J\u202eevil"


class Screen(io.StringIO):
    """A terminal's screen."""

    def isatty(self) -> bool:
        return True


class Told:
    """An output and both of its streams."""

    def __init__(self, *, terminal: bool = False, **options: Any) -> None:
        self.err, self.out = (Screen(), Screen()) if terminal else (io.StringIO(), io.StringIO())
        chosen = {"json": False, "quiet": False, "verbose": False, "colour": False, **options}
        self.output = Output(err=self.err, out=self.out, **chosen)

    def by(self, *events: Event) -> Told:
        for event in events:
            self.output.event(event)
        return self

    @property
    def people(self) -> str:
        return self.err.getvalue()

    @property
    def asked_for(self) -> str:
        return self.out.getvalue()


def code(text: str = "7-harbor-velvet") -> Ready:
    return Ready(name="ada", tag="1a2b", code=text, link=f"http://x/#code={text}", lobby="none", reason=None)


def test_what_was_asked_for_is_alone_on_standard_output() -> None:
    told = Told().by(code(), Peer("Bob", verified=False, mode="code"), Text("hello"))
    assert told.asked_for == "7-harbor-velvet\nhello"
    assert "Connected to Bob, by code." in told.people


def test_quiet_leaves_only_that_and_what_nobody_may_miss() -> None:
    told = Told(quiet=True).by(code(), Notice("Something."))
    told.output.warning("Look here.")
    told.output.failure(Failure.of(UsageError("It is wrong", hint="Do it otherwise.")))
    assert told.asked_for == "7-harbor-velvet\n"
    assert told.people == "Look here.\nIt is wrong.\nDo it otherwise.\n"


def test_machines_get_every_event_as_a_line_and_people_nothing() -> None:
    told = Told(json=True).by(code(), FileDone("a"), Notice("Something."))
    told.output.warning("Look here.")
    told.output.failure(Failure.of(UsageError("It is wrong.")))
    told.output.line("For people.")
    events = [json.loads(line) for line in told.asked_for.splitlines()]
    assert [one["event"] for one in events] == ["ready", "file_done", "notice", "notice", "error"]
    assert told.people == ""


def test_details_are_for_who_asks_for_them() -> None:
    events = (PathEvent("relay", "http"), FileDone("a.txt"))
    assert Told().by(*events).people == ""
    assert Told(verbose=True).by(*events).people == "Path: relay over http.\nDone: a.txt\n"


def test_the_line_that_changes_is_only_for_terminals_and_gives_way_to_the_next_one() -> None:
    progress = Progress(done=1, total=2, rate=1, eta=None, file="a")
    assert Told().by(progress).people == ""
    assert Told(terminal=True, quiet=True).by(progress).people == ""
    told = Told(terminal=True).by(progress, Notice("Something."))
    line, rest = told.people.removeprefix("\r\x1b[K").split("\r\x1b[K")
    assert line.startswith(" 50 %")
    assert rest == "Something.\n"


def test_what_follows_an_unanswered_question_begins_a_new_line() -> None:
    told = Told()
    told.output.prompt("Sure? ")
    told.output.line("Stopped.")
    told.output.prompt("Sure? ")
    told.output.answered()
    told.output.line("Good.")
    assert told.people == "Sure? \nStopped.\nSure? Good.\n"


def test_colour_is_only_for_terminals_that_want_it() -> None:
    assert Told(terminal=True, colour=True).output.bold("x") == "\x1b[1mx\x1b[0m"
    assert Told(colour=True).output.bold("x") == "x"
    assert Told(terminal=True).output.bold("x") == "x"


@pytest.mark.parametrize(
    "event",
    [
        Notice(EVIL),
        Gone(EVIL),
        Peer(EVIL, verified=True, mode="words"),
        Parked(1_800_000_000_000, EVIL),
        Resume(1, 2, EVIL),
        Complete(1, 1, 1.0, "relay", EVIL, received=True, paths=(EVIL,)),
        Text(EVIL + "\ttab\n"),
        Failure("failed", 1, EVIL, False, EVIL),
    ],
)
def test_nothing_of_a_strangers_choosing_controls_the_terminal(event: Event) -> None:
    told = Told(terminal=True, verbose=True).by(event)
    assert "evil" in told.people + told.asked_for
    assert not {"\x1b", "\u202e"} & set(told.people + told.asked_for)


def test_a_text_goes_into_a_file_as_it_is() -> None:
    assert Told().by(Text(EVIL)).asked_for == EVIL


def test_a_row_of_a_list_is_cut_for_a_terminal_and_whole_for_a_file(tmp_path: Path) -> None:
    master, slave = pty.openpty()
    with os.fdopen(slave, "w") as screen, os.fdopen(master, "rb", buffering=0) as seen:
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 20, 0, 0))
        Output(json=False, quiet=False, verbose=False, colour=False, out=screen).row("x" * 100)
        assert seen.read(1000).decode().rstrip() == "x" * 19 + "…"
    with (tmp_path / "list").open("w") as file:
        Output(json=False, quiet=False, verbose=False, colour=False, out=file).row("x" * 100)
    assert (tmp_path / "list").read_text() == "x" * 100 + "\n"


def test_a_stream_that_cannot_write_a_sign_gets_its_number() -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    Output(json=False, quiet=False, verbose=False, colour=False, out=out).payload("grüße\n")
    assert out.buffer.getvalue() == b"gr\\xfc\\xdfe\n"


def test_a_reader_who_left_stops_nothing() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as out:
        output = Output(json=False, quiet=False, verbose=False, colour=False, out=out)
        for _ in range(3):
            output.payload("still here\n")
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), writing)  # what is still buffered has to go somewhere


def test_standard_output_on_a_full_disk_is_told_and_standard_error_is_not() -> None:
    with Path("/dev/full").open("w") as full:
        output = Output(json=False, quiet=False, verbose=False, colour=False, out=full)
        with pytest.raises(LocalFileFailed) as told:
            output.payload("a code\n")
        assert told.value.code == "standard_output"
        assert told.value.exit_code == 8


@pytest.mark.parametrize(("server", "named"), [("http://localhost:5000", False), ("https://x.example", True)])
def test_what_to_run_names_the_server_unless_it_is_the_usual_one(server: str, named: bool) -> None:
    ready = Ready(
        name="ada", tag="1a2b", code="7-a-b", link=f"{server}/#code=7-a-b", lobby="none", reason=None
    )
    assert (f"--server {server}" in Told().by(ready).people) is named
