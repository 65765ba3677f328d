"""A data folder that was there before the server."""

import logging
from pathlib import Path

import pytest

from peerseal.server.private_folder import tighten


def mode(folder: Path) -> int:
    return folder.stat().st_mode & 0o777


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "data"
    made.mkdir()
    made.chmod(0o755)
    return made


def test_an_open_folder_of_a_server_is_tightened_and_the_log_says_so(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / "peerseal.db").touch()
    (folder / "peerseal.db-wal").touch()
    (folder / "blobs").mkdir()
    with caplog.at_level(logging.WARNING, "peerseal.server"):
        tighten(folder)
        tighten(folder)
    assert mode(folder) == 0o700
    assert [record.getMessage().endswith("it is 0700 now") for record in caplog.records] == [True]


def test_a_folder_with_other_things_is_left_alone_and_the_log_says_so(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / "letters").touch()
    with caplog.at_level(logging.WARNING, "peerseal.server"):
        tighten(folder)
    assert mode(folder) == 0o755
    assert "chmod 0700 closes it" in caplog.text


def test_a_folder_that_is_not_there_is_nobodys_business(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tighten(tmp_path / "none")
    assert caplog.text == ""
    assert not (tmp_path / "none").exists()
