"""What the build makes of web/: the names others rely on, and nothing a strict page policy would refuse."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
STATIC = ROOT / "src/peerseal/server/static"


def test_script_and_style_keep_their_names() -> None:
    assert (STATIC / "app.js").is_file()
    assert (STATIC / "app.css").is_file()


def test_manifest_names_only_files_that_exist() -> None:
    manifest = json.loads((STATIC / "vite-manifest.json").read_text())
    assert manifest["src/app.ts"]["file"] == "app.js"
    for entry in manifest.values():
        assert (STATIC / entry["file"]).is_file()


def test_styles_load_nothing_from_elsewhere() -> None:
    for address in re.findall(r"url\(([^)]*)\)", (STATIC / "app.css").read_text()):
        path = address.strip("\"'")
        assert not path.startswith(("data:", "http:", "https:", "//"))
        assert (STATIC / path).is_file()


def test_no_source_map_is_shipped() -> None:
    assert not list(STATIC.rglob("*.map"))


def test_lock_file_records_no_registry() -> None:
    lock = json.loads((ROOT / "web/package-lock.json").read_text())
    assert not [name for name, package in lock["packages"].items() if "resolved" in package]


def test_the_list_of_hashes_has_everything_a_server_sends_as_the_page() -> None:
    text = (STATIC / "web-hashes.json").read_text()
    hashes = json.loads(text)
    sent = [*STATIC.rglob("*"), *STATIC.with_name("templates").glob("*.html")]
    there = {path.relative_to(STATIC.parent).as_posix(): path for path in sent if path.is_file()}
    del there["static/web-hashes.json"]
    assert hashes == {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in there.items()}
    assert text == json.dumps(hashes, indent=1, sort_keys=True) + "\n"


@pytest.mark.slow
def test_another_folder_language_and_time_zone_build_the_same_bytes(tmp_path: Path) -> None:
    other = tmp_path / "somewhere else" / "checkout"
    web = other / "web"
    shutil.copytree(ROOT / "web", web, symlinks=True, ignore=shutil.ignore_patterns(".built-from", ".vite*"))
    templates = "src/peerseal/server/templates"
    shutil.copytree(ROOT / templates, other / templates)
    shutil.copy(ROOT / "hatch_build.py", other)
    done = subprocess.run(
        [sys.executable, "hatch_build.py"],
        cwd=other,
        env={**os.environ, "TZ": "Asia/Tokyo", "LC_ALL": "C", "SOURCE_DATE_EPOCH": "1"},
        check=True,
        capture_output=True,
        text=True,
    )
    assert "vite build" in done.stdout, "it was built, not found"
    built = other / "src/peerseal/server/static/web-hashes.json"
    assert json.loads(built.read_text()) == json.loads((STATIC / "web-hashes.json").read_text())
