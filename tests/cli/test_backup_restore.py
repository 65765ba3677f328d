"""`peerseal backup restore`: onto an empty folder, checked; and said is what it means for the people of that server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from peerseal.cli.main import main
from support.api_client import ApiServer
from support.stored_files import Desk, new_file


@pytest.fixture
def kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """The backup of a server with one file."""
    ApiServer(tmp_path / "data").close()  # makes the server's id
    with Desk(tmp_path / "data") as desk:
        desk.stored(desk.person("ada"), new_file())
    assert main(["backup", "create", str(tmp_path / "kept"), "--data", str(tmp_path / "data")]) == 0
    capsys.readouterr()
    return tmp_path / "kept"


def test_what_it_stands_for_and_how_it_goes_on_is_said(
    kept: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    back = tmp_path / "back"
    assert main(["backup", "restore", str(kept), "--data", str(back)]) == 0
    said = capsys.readouterr()
    assert said.out == ""
    first, second, third = said.err.splitlines()
    assert first.startswith(f"The folder {back} is as the server was: 1 account, 1 file, 2 chunks (")
    assert second.endswith(f"UTC. `peerseal serve --data {back}` starts it.")
    assert "rolled_back" in third


def test_machines_read_what_it_holds(kept: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["backup", "restore", str(kept), "--data", str(tmp_path / "back"), "--json"]) == 0
    (told,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    held = json.loads((kept / "backup.json").read_text())
    assert told["event"] == "result"
    assert (told["mark"], told["server"]) == (held["mark"], held["server"])
    assert (told["accounts"], told["files"], told["chunks"], told["damaged"]) == (1, 1, 2, [])


def test_a_database_elsewhere_is_not_restored_over(
    kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PEERSEAL_DATABASE", "postgresql://elsewhere/peerseal")
    assert main(["backup", "restore", str(kept), "--data", str(tmp_path / "back")]) == 2
    assert "PEERSEAL_DATABASE is set" in capsys.readouterr().err
    assert not (tmp_path / "back").exists()


def test_a_folder_that_is_in_use_is_left_as_it_is(
    kept: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "back").mkdir()
    (tmp_path / "back" / "thesis.odt").write_text("important")
    assert main(["backup", "restore", str(kept), "--data", str(tmp_path / "back")]) == 8
    assert "not empty" in capsys.readouterr().err
    assert {path.name for path in (tmp_path / "back").iterdir()} <= {"thesis.odt", "peerseal.lock"}
    assert (tmp_path / "back" / "thesis.odt").read_text() == "important"


def test_what_is_whole_of_a_damaged_backup_comes_back_if_it_is_asked_for(
    kept: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rotten = next((kept / "blobs").rglob("c0"))
    rotten.write_bytes(bytes(len(rotten.read_bytes())))
    back = tmp_path / "back"
    assert main(["backup", "restore", str(kept), "--data", str(back)]) == 7
    assert not (back / "peerseal.db").exists()
    capsys.readouterr()
    assert main(["backup", "restore", str(kept), "--data", str(back), "--damaged"]) == 7
    said = capsys.readouterr().err
    assert "checked, but for what is damaged" in said
    assert f"{rotten.relative_to(kept)} is damaged or missing" in said
    assert (back / "peerseal.db").exists()
