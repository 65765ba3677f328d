"""`peerseal guard list` names stored files that are damaged until they are whole again, over a restart of the server."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from peerseal.server.damage import Ledger
from peerseal.server.database import Database
from peerseal.server.scrub import Scrub
from peerseal.server.storage.local_disk import LocalDisk
from support.command_line import PEERSEAL
from support.faults import wait_until
from support.live_server import LiveServer

pytestmark = pytest.mark.e2e


def run(
    home: Path, server: LiveServer, *words: str | Path, typed: str = ""
) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("PEERSEAL_")}
    return subprocess.run(
        [PEERSEAL, *words, "--server", server.url],
        env={**env, "PEERSEAL_HOME": str(home), "NO_COLOR": "1"},
        cwd=home.parent,
        input=typed,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


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
        assert (
            run(home, server, "register", "Ada", "--password-stdin", typed="correct horse\n").returncode == 0
        )
        stored = run(home, server, "upload", tmp_path / "letter.txt", "--json")
        file = json.loads(stored.stdout.splitlines()[-1])["id"]
    (chunk,) = (data / "blobs").glob("*/c0")
    whole = chunk.read_bytes()
    chunk.unlink()
    look(data)
    with LiveServer({"data": str(data)}) as server:
        ours = ("guard", "list", "--data", data)
        said = run(home, server, *ours)
        assert (
            f"damaged  file {file} (version 1, @Ada's): 1 chunk is missing, since 1970-01-01" in said.stdout
        )
        assert "from a backup" in said.stderr
        (_, told) = [json.loads(line) for line in run(home, server, *ours, "--json").stdout.splitlines()]
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
        wait_until(lambda: "damaged" not in run(home, server, *ours).stdout, 60)
