"""What `serve --check` says of folders, room, settings and stored chunks, before a server runs."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
from pathlib import Path

import pytest

from peerseal.server import fitness
from peerseal.server.config import ServerConfig, parse_networks
from support.api_client import ApiServer
from support.command_line import PEERSEAL
from support.stored_files import Desk, new_file

EVERYBODY = parse_networks("x", "0.0.0.0/0")


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    """A server's folder with one file in it."""
    folder = tmp_path / "data"
    ApiServer(folder).close()
    with Desk(folder) as desk:
        desk.stored(desk.person("ada"), new_file())
    return folder


def checked(folder: Path, *words: str) -> tuple[int, dict[str, dict[str, str]]]:
    done = subprocess.run(
        [
            PEERSEAL,
            "serve",
            "--check",
            "--json",
            "--host",
            "127.0.0.1",
            "--port",
            "0",
            "--data",
            folder,
            *words,
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return done.returncode, {said["name"]: said for said in map(json.loads, done.stdout.splitlines())}


@pytest.mark.parametrize(
    "changed",
    [
        {"trusted_proxies": EVERYBODY},
        {"metrics": EVERYBODY},
        {"park_bytes": 2, "park_total": 1},
        {"drain": 60},
        {"turn_secret": "x" * 40},
        {"guard": "off"},
    ],
)
def test_settings_that_do_not_fit_together_are_named(changed: dict[str, object]) -> None:
    config = ServerConfig()
    assert fitness.settings(config)
    with pytest.raises(fitness.Doubt) as doubt:
        fitness.settings(dataclasses.replace(config, **changed))  # type: ignore[arg-type] # each of its field's type
    assert doubt.value.hint


def test_what_is_open_to_others_is_named_with_the_way_to_close_it(stored: Path) -> None:
    assert fitness.permissions(stored)
    (stored / "peerseal.db").chmod(0o644)
    with pytest.raises(fitness.Doubt) as doubt:
        fitness.permissions(stored)
    assert "chmod" in doubt.value.hint


def test_everything_is_looked_at_and_nothing_is_changed(stored: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in stored.rglob("*") if path.is_file()}
    code, said = checked(stored, "--deep")
    names = ("permissions", "space", "open files", "settings", "blobs")
    assert all(said[name]["state"] in ("well", "limited") for name in names)
    assert "All 2 stored chunks are as they were written" in said["blobs"]["message"]
    assert code in (0, 8 if said["page"]["state"] == "broken" else 0)
    after = {path: path.stat().st_mtime_ns for path in stored.rglob("*") if path.is_file()}
    assert {path: when for path, when in after.items() if path in before} == before


def test_a_missing_chunk_is_found_at_once_and_a_changed_one_by_reading(stored: Path) -> None:
    (chunk,) = (stored / "blobs").rglob("c0")
    content = chunk.read_bytes()
    chunk.write_bytes(os.urandom(len(content)))
    assert checked(stored)[1]["blobs"]["state"] == "well"
    code, said = checked(stored, "--deep")
    assert said["blobs"]["state"] == "limited"
    assert "chunk c0" in said["blobs"]["message"]
    assert code in (7, 8)  # 8 where the page is not built
    chunk.unlink()
    code, said = checked(stored)
    assert "missing" in said["blobs"]["message"]
    assert code in (7, 8)


def test_deep_alone_is_no_command(tmp_path: Path) -> None:
    done = subprocess.run(
        [PEERSEAL, "serve", "--deep", "--data", tmp_path], capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 2
