"""`peerseal guard list` names stored files that are damaged until they are whole again, over a restart of the server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from peerseal.server.damage import Ledger
from peerseal.server.database import Database
from peerseal.server.scrub import Scrub
from peerseal.server.storage.local_disk import LocalDisk
from support.faults import wait_until
from support.live_server import LiveServer
from support.operating import Seat

pytestmark = pytest.mark.e2e


def look(data: Path) -> None:
    """One look through everything that is stored."""
    database = Database.as_it_is("", data)
    assert database is not None
    scrub = Scrub(database, LocalDisk(data / "blobs"), pace=None, ledger=Ledger(data, lambda: 1_000))
    scrub.run()
    database.close()


def test_a_damaged_file_is_named_until_it_is_whole_again(tmp_path: Path) -> None:
    data, home = tmp_path / "data", tmp_path / "home"
    (tmp_path / "letter.txt").write_text("dear ada")
    with LiveServer({"data": str(data)}) as server:
        ada = Seat(server.url, data, home)
        assert ada.run("register", "Ada", "--password-stdin", typed="correct horse\n").returncode == 0
        quiet = ada.guard("list")
        assert quiet.returncode == 0
        assert quiet.stdout.startswith("All quiet: nobody is stopped.")
        stored = ada.run("upload", tmp_path / "letter.txt", "--json")
        file = json.loads(stored.stdout.splitlines()[-1])["id"]
    (chunk,) = (data / "blobs").glob("*/c0")
    whole = chunk.read_bytes()
    chunk.unlink()
    look(data)
    with LiveServer({"data": str(data)}) as server:
        ada = Seat(server.url, data, home)
        said = ada.guard("list")
        assert (
            f"damaged  file {file} (version 1, @Ada's): 1 chunk is missing, since 1970-01-01" in said.stdout
        )
        assert "from a backup" in said.stderr
        (_, told) = ada.told("list")
        assert {
            name: told[name] for name in ("event", "id", "version", "owner", "chunks", "fault", "since")
        } == {
            "event": "damage",
            "id": file,
            "version": 1,
            "owner": "Ada",
            "chunks": 1,
            "fault": "missing",
            "since": 1_000,
        }
        chunk.write_bytes(whole)
    with LiveServer({"data": str(data)}) as server:
        ada = Seat(server.url, data, home)
        wait_until(lambda: "damaged" not in ada.guard("list").stdout, 60)
