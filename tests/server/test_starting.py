"""A server that starts on a data folder: not beside another, and not on the stored files of another."""

from __future__ import annotations

import dataclasses
import shutil
import subprocess
from pathlib import Path

import pytest

from peerseal.errors import LocalFileFailed
from peerseal.server.asgi import create_asgi
from peerseal.server.config import ServerConfig
from peerseal.server.files.models import StoredFile, StoredVersion
from support.api_client import ApiServer
from support.command_line import PEERSEAL

BLOB = "0" * 32


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder whose server has ended, with one blob of one upload."""
    folder = tmp_path / "data"
    server = ApiServer(folder)
    storing(server)
    server.close()
    return folder


def storing(server: ApiServer) -> None:
    server.person("ada")
    writer = server.services.files.parts.storage.create(f"{BLOB}/c0")
    writer.write([b"sealed"])
    writer.finish()
    with server.database.writing() as session:
        file = StoredFile(
            id="1" * 32, owner_id=1, access=b"x", access_counter=1, current=1, expires=None, created=1
        )
        session.add(file)
        session.flush()
        session.add(
            StoredVersion(
                upload="2" * 32,
                file_number=file.number,
                owner_id=1,
                version=1,
                opening=b"x",
                closing=b"x",
                card=b"x",
                record_size=64,
                manifest_bytes=100,
                content_bytes=100,
                open=False,
                kept=True,
                trimmed=True,
                created=1,
                touched=1,
                committed=1,
                blobs=BLOB,
            )
        )


def refused(folder: Path) -> LocalFileFailed:
    with pytest.raises(LocalFileFailed) as caught:
        ApiServer(folder)
    assert caught.value.exit_code == 8
    assert caught.value.hint
    return caught.value


def without_database(folder: Path) -> None:
    for file in folder.glob("peerseal.db*"):
        file.unlink()


def blob(folder: Path) -> Path:
    return folder / "blobs" / BLOB / "c0"


def test_a_second_server_on_one_folder_is_refused_until_the_first_has_ended(folder: Path) -> None:
    first = ApiServer(folder)
    assert refused(folder).code == "folder_in_use"
    first.close()
    ApiServer(folder).close()


def test_its_own_blobs_stay_from_start_to_start(folder: Path) -> None:
    server = ApiServer(folder)
    server.services.files.sweep.run()
    server.close()
    assert blob(folder).exists()


@pytest.mark.parametrize("marked", [True, False])
def test_a_new_database_does_not_sweep_away_what_another_knows(folder: Path, *, marked: bool) -> None:
    without_database(folder)
    ApiServer(folder.with_name("other")).close()
    shutil.copy(folder.with_name("other") / "peerseal.db", folder)
    if not marked:
        (folder / "blobs" / ".server").unlink()
    assert refused(folder).code == "storage_foreign"
    assert blob(folder).read_bytes() == b"sealed"


@pytest.mark.parametrize("empty", [True, False])
def test_without_their_database_stored_files_are_left_alone_and_no_other_is_made(
    folder: Path, *, empty: bool
) -> None:
    without_database(folder)
    if empty:
        (folder / "peerseal.db").touch()
    with pytest.raises(LocalFileFailed) as caught:
        create_asgi(dataclasses.replace(ServerConfig(), data=folder))
    assert caught.value.code == "database_missing"
    assert "restore" in caught.value.hint
    assert (folder / "peerseal.db").exists() is empty
    assert blob(folder).read_bytes() == b"sealed"


def test_blobs_from_before_there_was_a_mark_are_known_by_the_database(folder: Path) -> None:
    mark = folder / "blobs" / ".server"
    before = mark.read_bytes()
    mark.unlink()
    ApiServer(folder).close()
    assert mark.read_bytes() == before
    assert mark.stat().st_mode & 0o777 == 0o600


def test_the_command_line_says_so_and_ends(folder: Path) -> None:
    without_database(folder)
    for words in (["--check"], []):
        done = subprocess.run(
            [PEERSEAL, "serve", "--data", folder, "--host", "127.0.0.1", "--port", "0", *words],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 8
        assert "missing or empty" in done.stderr
        assert "PEERSEAL_DATABASE" in done.stderr
        assert "Traceback" not in done.stderr
        assert blob(folder).exists()
