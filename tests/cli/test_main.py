"""The `peerseal` command: every end has its exit code, and failures are one line on the right stream."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from peerseal.cli import main as module
from peerseal.cli.main import Terminated, main
from peerseal.cli.which import COMMANDS
from peerseal.errors import LocalFileFailed, Refused
from peerseal.version import VERSION

PEERSEAL = [sys.executable, "-m", "peerseal"]
WAIT = 40


def test_an_unknown_command_is_said_with_a_way_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nonsense"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "There is no command 'nonsense'" in said.err
    assert "`peerseal --help` lists them" in said.err


def test_help_lists_the_commands_where_it_was_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    shown = capsys.readouterr()
    assert all(f"  {name:<12}{what}" in shown.out for name, what in COMMANDS.items())
    assert shown.err == ""
    assert main([]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "peerseal COMMAND" in shown.err


def test_the_version_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    for flag in ("--version", "-V"):
        assert main([flag]) == 0
        assert capsys.readouterr().out == f"peerseal {VERSION}\n"


@pytest.mark.parametrize(
    ("end", "exit_code", "code"),
    [
        (Refused("No.", code="no"), 11, "no"),
        (LocalFileFailed("No disk.", code="disk"), 8, "disk"),
        (KeyboardInterrupt(), 130, "cancelled"),
        (Terminated(15), 143, "terminated"),
        (Terminated(1), 129, "terminated"),
    ],
)
def test_whatever_ends_a_command_is_told_to_machines_with_its_exit_code(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    end: BaseException,
    exit_code: int,
    code: str,
) -> None:
    def run(_words: list[str]) -> int:
        raise end

    monkeypatch.setattr(module, "_run", run)
    for words, variable in ((["whoami", "--json"], ""), (["whoami"], "yes")):
        monkeypatch.setenv("PEERSEAL_JSON", variable)
        assert main(words) == exit_code
        said = capsys.readouterr()
        told = json.loads(said.out)
        assert (told["event"], told["code"], told["exit"]) == ("error", code, exit_code)
        assert said.err == ""


@pytest.mark.e2e
@pytest.mark.parametrize("words", [["--version"], ["--help"], ["contacts", "--json"]])
def test_standard_output_that_takes_nothing_is_told_on_the_other_stream(
    server: str, words: list[str]
) -> None:
    with Path(os.devnull).open("rb") as read_only:
        done = subprocess.run(
            [*PEERSEAL, *words],
            stdout=read_only,
            stderr=subprocess.PIPE,
            env={**os.environ, "PEERSEAL_SERVER": server},
            timeout=WAIT,
            check=False,
        )
    assert done.returncode == 8
    assert done.stderr.decode().startswith("Standard output cannot be written: ")
