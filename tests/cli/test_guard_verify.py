"""`peerseal guard verify`: events that are whole, and such as are not, of a folder no server uses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from peerseal.cli.main import main
from peerseal.server.guard.events import FILE_NAME
from peerseal.server.guard.guard import Guard


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    guard = Guard(tmp_path, lambda: 1_000_000, lambda: 1000.0)
    for n in range(3):
        guard.note("damaged", "file", f"{n}", "one of its pieces is missing")
    guard.log.settle()
    guard.close()
    return tmp_path


def test_whole_events_are_counted(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["guard", "verify", str(folder)]) == 0
    assert capsys.readouterr().out == "All 3 events are as they were written; the last is number 3.\n"
    assert main(["guard", "verify", str(folder), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["event"], said["events"], said["last"]) == ("result", 3, 3)


def test_events_cut_off_are_exit_code_7(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = folder / FILE_NAME
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))
    assert main(["guard", "verify", str(folder)]) == 7
    assert "event 3 is gone" in capsys.readouterr().err


def test_a_folder_without_a_servers_data_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["guard", "verify", str(tmp_path)]) == 8
    assert "no data folder of a server" in capsys.readouterr().err
