"""A data folder or a backup of another user's: said to be that, never a defect and never damage."""

from __future__ import annotations

import dataclasses
import importlib
from pathlib import Path

import pytest

from peerseal.cli.main import main
from peerseal.errors import LocalFileFailed
from peerseal.server.backup.create import create
from peerseal.server.backup.restore import restore
from peerseal.server.config import ServerConfig
from support.api_client import ApiServer
from support.nobody import shut_out


@pytest.fixture(autouse=True)
def program() -> None:
    """All of it that is loaded on use: nobody may not be allowed to read it either."""
    for name in (
        "cli.serve",
        "cli.backup",
        "cli.backup_create",
        "cli.guard",
        "cli.guard_verify",
        "server.run",
    ):
        importlib.import_module(f"peerseal.{name}")
    for name in ("chain", "state"):
        importlib.import_module(f"peerseal.server.guard.{name}")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder of a server that has ended."""
    folder = tmp_path / "data"
    ApiServer(folder).close()
    return folder


def test_a_server_does_not_start_on_it(folder: Path) -> None:
    with shut_out(folder), pytest.raises(LocalFileFailed) as refused:
        ApiServer(folder)
    assert "Permission denied" in refused.value.message
    assert refused.value.hint


def test_the_command_line_says_so(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with shut_out(folder):
        assert main(["serve", "--data", str(folder), "--port", "0"]) == 8
        assert main(["backup", "create", str(folder.with_name("backup")), "--data", str(folder)]) == 8
    said = capsys.readouterr().err
    assert said.count("Permission denied") == 2


def test_its_backup_cannot_be_made(folder: Path, tmp_path: Path) -> None:
    config = dataclasses.replace(ServerConfig(), data=folder)
    with shut_out(folder), pytest.raises(LocalFileFailed) as refused:
        create(config, tmp_path / "backup")
    assert refused.value.code == "not_permitted"


def test_a_backup_of_another_users_is_not_called_damaged(folder: Path, tmp_path: Path) -> None:
    backup = tmp_path / "backup"
    create(dataclasses.replace(ServerConfig(), data=folder), backup)
    with shut_out(backup), pytest.raises(LocalFileFailed) as refused:
        restore(backup, tmp_path / "new")
    assert refused.value.code == "not_permitted"


def test_its_events_cannot_be_looked_through(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with shut_out(folder):
        assert main(["guard", "verify", str(folder)]) == 8
    assert "Permission denied" in capsys.readouterr().err
