"""The import contracts bite: each forbidden import, once added, fails the build."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LINT = Path(sys.executable).with_name("lint-imports")


@pytest.mark.parametrize(
    ("module", "forbidden"),
    [
        ("server/probe.py", "import peerseal.crypto_engine"),
        ("server/storage/probe.py", "from peerseal.crypto import probe"),
        ("server/live/probe.py", "import peerseal.protocol"),
        ("server/probe.py", "import peerseal.files"),
        ("wire/probe.py", "import peerseal.server"),
        ("transport/probe.py", "import peerseal.transfer"),
        ("files/probe.py", "import peerseal.transport"),
        ("crypto/probe.py", "import time"),
        ("protocol/probe.py", "import asyncio"),
        ("crypto_engine.py", "import pathlib"),
        ("protocol/probe.py", "import cryptography"),
        ("unplaced/__init__.py", "import json"),
    ],
)
def test_forbidden_import_breaks_the_build(tmp_path: Path, module: str, forbidden: str) -> None:
    changed = _copy_of_the_sources(tmp_path) / module
    changed.parent.mkdir(exist_ok=True)
    with changed.open("a") as source:
        source.write(f"\n{forbidden}\n")
    assert "BROKEN" in _lint(tmp_path)


def test_the_server_cannot_reach_the_crypto_through_a_third_module(tmp_path: Path) -> None:
    package = _copy_of_the_sources(tmp_path)
    (package / "wire" / "probe.py").write_text("import peerseal.crypto_engine\n")
    (package / "server" / "probe.py").write_text("import peerseal.wire.probe\n")
    verdict = _lint(tmp_path)
    assert "The server can read nothing" in verdict
    assert "peerseal.server.probe -> peerseal.wire.probe" in verdict


def _copy_of_the_sources(folder: Path) -> Path:
    shutil.copy(ROOT / "pyproject.toml", folder)
    return Path(
        shutil.copytree(
            ROOT / "src/peerseal",
            folder / "peerseal",
            ignore=shutil.ignore_patterns("static*", "__pycache__"),
        )
    )


def _lint(folder: Path) -> str:
    done = subprocess.run(
        [LINT, "--no-cache"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr
