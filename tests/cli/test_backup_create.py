"""`peerseal backup create`: what was copied is said, and what is damaged on the server is named and no success."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from peerseal.cli.main import main
from support.api_client import ApiServer
from support.stored_files import Desk, new_file


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A server's folder with six files, each of a chunk for its list and one for what is in it."""
    ApiServer(tmp_path / "data").close()  # makes the server's id
    with Desk(tmp_path / "data") as desk:
        ada = desk.person("ada")
        for _ in range(6):
            desk.stored(ada, new_file())
    return tmp_path / "data"


def test_what_is_new_is_copied_and_the_rest_was_there(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["backup", "create", str(tmp_path / "kept"), "--data", str(data)]
    assert main(words) == 0
    said = capsys.readouterr()
    assert said.out == ""
    assert f"The backup in {tmp_path / 'kept'} is complete: 1 account, 6 files, 12 chunks (" in said.err
    assert "12 chunks were copied" in said.err
    assert "Everything the server acknowledged before 20" in said.err
    assert main([*words, "--json"]) == 0
    (told,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (told["v"], told["event"], told["copied"], told["kept"]) == (1, "result", 0, 12)


def test_damage_on_the_server_is_exit_code_7_and_its_first_chunks_are_named(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chunks = sorted((data / "blobs").rglob("c0"))
    for chunk in chunks:
        chunk.write_bytes(chunk.read_bytes()[::-1])
    words = ["backup", "create", str(tmp_path / "kept"), "--data", str(data)]
    assert main([*words, "-q"]) == 7
    said = capsys.readouterr().err.splitlines()
    assert said == [
        f"blobs/{chunk.parent.name}/c0 is damaged or missing on the server" for chunk in chunks[:5]
    ]
    assert main([*words, "--json"]) == 7
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(told[-1]["damaged"]) == 6


def test_the_folder_of_the_server_may_stand_in_the_environment(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEERSEAL_DATA", str(data))
    assert main(["backup", "create", str(tmp_path / "kept")]) == 0
    assert (tmp_path / "kept" / "backup.json").exists()


def test_where_no_server_ever_was_nothing_is_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["backup", "create", str(tmp_path / "kept"), "--data", str(tmp_path / "none")]) == 8
    assert "There is no database of this version" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
