"""What the build makes of web/: the names others rely on, and nothing a strict page policy would refuse."""

import json
import re
from pathlib import Path

STATIC = Path(__file__).parents[1] / "src/peerseal/server/static"


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
    lock = json.loads((Path(__file__).parents[1] / "web/package-lock.json").read_text())
    assert not [name for name, package in lock["packages"].items() if "resolved" in package]
