"""A disk that is full: 507 and nothing half kept, reading goes on, and everything works again once there is room."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.faults import MIB, ask, call, check, fill, put, small_disk, store, wait_until
from support.live_server import LiveServer
from support.stored_files import chunks_of, commit_of, new_file, new_version
from support.storing import SignUp

pytestmark = pytest.mark.net


def test_a_full_data_folder_refuses_what_is_new_keeps_what_is_there_and_recovers(
    tmp_path: Path, sign_up: SignUp
) -> None:
    with (
        small_disk(tmp_path / "disk", 8 * MIB) as disk,
        LiveServer({"data": str(disk / "data"), "parking": "off"}) as server,
    ):
        ada = sign_up(server.port)
        kept = store(ada)
        wanted = new_file(version=new_version(content=1_500_000, record_size=65_536))
        ticket = ada.expect("new_file", wanted)["ticket"]
        chunks = {(stream, n): content for stream, n, content in chunks_of(wanted.version)}
        ballast = fill(disk)

        for place, content in chunks.items():
            said = put(ada, ticket, place, content)
            assert (said.status, said.code) == (507, "disk_full")
            assert said.retry is not None
        assert list((disk / "data" / "blobs" / ".parts").iterdir()) == []
        said = call(ada, "new_file", new_file())
        assert (said.status, said.code) == (507, "disk_full")
        assert said.retry is not None
        assert call(ada, "me").status == 200
        check(ada, kept)  # reading goes on
        ready = call_ready(server)
        assert (ready, live(server)) == (503, 200)

        ballast.unlink()
        wait_until(lambda: call_ready(server) == 200)
        for place, content in chunks.items():
            assert put(ada, ticket, place, content).status == 201
        ada.expect("commit", commit_of(wanted.version), upload=wanted.version.upload)
        check(ada, kept)
        assert server.stop() == 0


def test_a_database_alone_on_a_full_disk_refuses_changes_only(tmp_path: Path, sign_up: SignUp) -> None:
    with small_disk(tmp_path / "disk", 8 * MIB) as disk:
        database = f"sqlite:///{disk}/peerseal.db"
        with LiveServer({"data": str(tmp_path / "data"), "database": database}) as server:
            ada = sign_up(server.port)
            kept = store(ada)
            ballast = fill(disk)
            refused = 0
            for _ in range(40):  # what is left of the last block of the log still takes a few
                said = call(ada, "new_file", new_file())
                assert said.status in (201, 507)
                if said.status == 507:
                    assert (said.code, said.retry is not None) == ("disk_full", True)
                    refused += 1
            assert refused
            check(ada, kept)
            ballast.unlink()
            store(ada)
            check(ada, kept)


def test_a_full_disk_under_the_events_of_the_detector_changes_no_answer(
    tmp_path: Path, sign_up: SignUp
) -> None:
    with small_disk(tmp_path / "disk", 8 * MIB) as disk:
        database = f"sqlite:///{tmp_path}/peerseal.db"
        (tmp_path / "blobs").mkdir()
        (disk / "data").mkdir(mode=0o700)
        (disk / "data" / "blobs").symlink_to(tmp_path / "blobs")
        with LiveServer({"data": str(disk / "data"), "database": database}) as server:
            ada = sign_up(server.port)
            fill(disk)
            for n in range(60):  # enough to be noted
                said = call(ada, "file", file=f"{n:032x}")
                assert said.status in (404, 403, 401, 429)
            bob = sign_up(server.port)
            kept = store(bob)
            check(bob, kept)
            assert server.stop() == 0


def call_ready(server: LiveServer) -> int:
    return ask(server.port, "GET", "/api/v1/health/ready").status


def live(server: LiveServer) -> int:
    return ask(server.port, "GET", "/api/v1/health").status
