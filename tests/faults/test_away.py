"""A database that somebody holds, a folder that is read-only or gone: 503 within seconds, and then all is well again."""

from __future__ import annotations

import sqlite3
import subprocess
import threading
from contextlib import closing
from pathlib import Path

import pytest

from peerseal.wire import stored as wire
from support.command_line import PEERSEAL
from support.faults import MIB, Reply, ask, call, check, put, remount, small_disk, store, wait_until
from support.live_server import LiveServer
from support.stored_files import chunks_of, commit_of, new_file
from support.storing import SignUp, Storer


def away(said: Reply) -> bool:
    """A refusal that says when to come again, and did not take long."""
    return said.status == 503 and said.retry is not None and said.retry <= 5


@pytest.mark.e2e
def test_a_database_that_another_process_holds_is_503_within_5_s_and_reading_goes_on(
    tmp_path: Path, sign_up: SignUp
) -> None:
    with LiveServer({"data": str(tmp_path / "data")}) as server:
        ada = sign_up(server.port)
        kept = store(ada)
        with closing(sqlite3.connect(tmp_path / "data" / "peerseal.db", isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            said: list[Reply] = []
            askers = [
                threading.Thread(target=lambda: said.append(call(ada, "new_file", new_file())))
                for _ in range(8)
            ]
            for asker in askers:
                asker.start()
            check(ada, kept)
            assert ask(server.port, "GET", "/api/v1/health").seconds < 5
            for asker in askers:
                asker.join(60)
            assert len(said) == 8
            assert all(away(one) for one in said), said
            # Of a busy machine's own slowness a little is forgiven.
            assert max(one.seconds for one in said) < 10
            other.execute("ROLLBACK")
        check(ada, store(ada))
        check(ada, kept)


@pytest.mark.e2e
def test_a_data_folder_that_is_taken_away_is_503_and_not_an_empty_server(
    tmp_path: Path, sign_up: SignUp
) -> None:
    folder, elsewhere = tmp_path / "data", tmp_path / "elsewhere"
    with LiveServer({"data": str(folder)}) as server:
        ada = sign_up(server.port)
        kept = store(ada)
        wanted = new_file()
        ticket = ada.expect("new_file", wanted)["ticket"]
        stream, n, content = chunks_of(wanted.version)[0]
        folder.rename(elsewhere)
        said = put(ada, ticket, (stream, n), content)
        assert away(said), said
        said = download(ada, kept.upload)
        assert said.status in (200, 503), said
        assert said.status == 200 or away(said)
        assert ask(server.port, "GET", "/api/v1/health").status == 200
        assert ask(server.port, "GET", "/api/v1/health/ready").status == 503
        folder.mkdir()  # as an automatic mount does
        assert away(put(ada, ticket, (stream, n), content))
        folder.rmdir()
        elsewhere.rename(folder)
        wait_until(lambda: ask(server.port, "GET", "/api/v1/health/ready").status == 200)
        assert put(ada, ticket, (stream, n), content).status == 201
        check(ada, kept)
        check(ada, store(ada))


def download(person: Storer, upload: str) -> Reply:
    """A ticket for it."""
    return call(person, "store_ticket", wire.AskStoreTicket("download"), upload=upload)


@pytest.mark.net
def test_a_disk_that_turned_read_only_is_503_for_changes_and_reading_goes_on(
    tmp_path: Path, sign_up: SignUp
) -> None:
    with (
        small_disk(tmp_path / "disk", 32 * MIB) as disk,
        LiveServer({"data": str(disk / "data")}) as server,
    ):
        ada = sign_up(server.port)
        kept = store(ada)
        wanted = new_file()
        ticket = ada.expect("new_file", wanted)["ticket"]
        # The kernel remounts only what nobody has open for writing, so it is the blobs that turn read-only.
        chunks = chunks_of(wanted.version)
        blobs = disk / "data" / "blobs"
        subprocess.run(["mount", "--bind", blobs, blobs], check=True)
        try:
            subprocess.run(["mount", "-o", "remount,bind,ro", blobs], check=True)
            for stream, n, content in chunks:
                assert away(put(ada, ticket, (stream, n), content))
            check(ada, kept)
            assert ask(server.port, "GET", "/api/v1/health/ready").status == 503
        finally:
            subprocess.run(["umount", "-l", blobs], check=True)
        for stream, n, content in chunks:
            assert put(ada, ticket, (stream, n), content).status == 201
        ada.expect("commit", commit_of(wanted.version), upload=wanted.version.upload)
        check(ada, kept)


def started(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PEERSEAL, "serve", "--data", folder, "--host", "127.0.0.1", "--port", "0"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.net
def test_a_read_only_folder_is_said_at_the_start(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", MIB) as disk:
        remount(disk, "ro")
        done = started(disk / "data")
    assert done.returncode == 8
    assert "Read-only" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.e2e
def test_a_database_with_a_damaged_page_is_refused_at_the_start(tmp_path: Path, sign_up: SignUp) -> None:
    folder = tmp_path / "data"
    with LiveServer({"data": str(folder)}) as server:
        store(sign_up(server.port))
    path = folder / "peerseal.db"
    content = bytearray(path.read_bytes())
    for page in range(2, len(content) // 4096):
        content[page * 4096 : page * 4096 + 64] = bytes(range(64))
    path.write_bytes(content)
    done = started(folder)
    assert done.returncode == 8
    assert "damaged" in done.stderr
    assert "backup" in done.stderr
    assert "Traceback" not in done.stderr
    assert path.read_bytes() == content
