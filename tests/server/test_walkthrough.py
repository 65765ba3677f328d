"""The walk through the API that docs/api.md §8 prints: every block runs in bash as it stands there."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

import peerseal
from support.live_server import LiveServer

_PAGE: Final = Path(__file__).parents[2] / "docs/api.md"
_PRINTED_SERVER: Final = "http://localhost:5000"
_PRINTED_PYTHON: Final = ".venv/bin/python"
_END: Final = "--- end of block ---"

pytestmark = pytest.mark.e2e


def printed_blocks() -> list[str]:
    section = _PAGE.read_text(encoding="utf-8").partition("## 8. With curl\n")[2].partition("\n## ")[0]
    return re.findall(r"^```sh\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)


class Walk:
    """The blocks, run in one shell against `server`: what each printed, and the folder it made its notes in."""

    def __init__(self, server: LiveServer, folder: Path) -> None:
        script = f"echo '{_END}'\n".join(printed_blocks())
        assert script.count(_PRINTED_SERVER) == script.count(_PRINTED_PYTHON) == 1
        script = script.replace(_PRINTED_SERVER, server.url).replace(_PRINTED_PYTHON, sys.executable)
        bash = shutil.which("bash")
        assert bash is not None
        done = subprocess.run(
            [bash, "-euo", "pipefail"],
            input=script,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env={**os.environ, "TMPDIR": str(folder), "NO_PROXY": "*", "no_proxy": "*"},
        )
        assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
        self.printed = done.stdout.split(f"{_END}\n")
        (self.notes,) = folder.iterdir()

    def note(self, name: str) -> bytes:
        """What the walk left in a file of its folder."""
        return (self.notes / name).read_bytes()


@pytest.fixture(scope="module")
def walk(server: LiveServer, tmp_path_factory: pytest.TempPathFactory) -> Walk:
    return Walk(server, tmp_path_factory.mktemp("walk"))


def test_it_begins_with_a_server_that_is_well(walk: Walk) -> None:
    assert len(walk.printed) == 7
    (health, info), _ = read(walk.printed[0])
    assert health == {"status": "ok"}
    assert info["registration"] == "open"


def test_the_account_is_registered_and_signed_in(walk: Walk) -> None:
    assert read(walk.printed[1]) == ([{"status": "if_free"}], [])
    (parameters, me, exchanges), _ = read(walk.printed[2])
    assert parameters["memory"] == 65_536
    assert me["account"]["name"] == json.loads(walk.note("register.json"))["name"]
    assert exchanges == {"exchanges": []}


def test_a_file_is_stored_listed_and_comes_back(walk: Walk) -> None:
    file, upload = (part.partition("=")[2] for part in walk.note("ids").decode().split())
    assert walk.printed[3] == ""
    (there,), stored = read(walk.printed[4])
    assert stored == ["201", "201"]
    assert there["manifest"] == there["content"] == [{"first": 0, "last": 0}]
    (files,), said = read(walk.printed[5])
    assert [(one["id"], one["current"]["upload"]) for one in files["files"]] == [(file, upload)]
    assert said == [file, "200", "206", "the same bytes"]
    assert walk.note("some") == walk.note("content")[100:200]


def test_what_is_deleted_and_signed_out_is_gone(walk: Walk) -> None:
    *codes, problem = walk.printed[6].splitlines()
    assert codes == ["204", "404", "401", "204", "401"]
    assert json.loads(problem)["code"] == "not_signed_in"


def test_its_notes_are_for_nobody_else_and_no_secret_is_an_argument(walk: Walk) -> None:
    assert {path.stat().st_mode & 0o077 for path in (walk.notes, *walk.notes.iterdir())} == {0}
    printed = "".join(printed_blocks())
    assert not re.search(r"(--header|-H) ['\"]?Authorization", printed)
    assert '"auth"' not in re.sub(r"<<'END'\n.*?^END$", "", printed, flags=re.MULTILINE | re.DOTALL)


def test_the_account_it_made_is_one_for_peerseal_itself(server: LiveServer, walk: Walk) -> None:
    name = json.loads(walk.note("register.json"))["name"]
    with peerseal.sign_in(server.url, name, walk.note("password").decode().strip()) as account:
        assert account.name == name
        assert len(account.words) == 24


def read(text: str) -> tuple[list[Any], list[str]]:
    """The JSON objects and the other lines that stand in `text`."""
    decoder, objects, lines = json.JSONDecoder(), [], []
    text = text.strip()
    while text:
        if text.startswith("{"):
            value, end = decoder.raw_decode(text)
            objects.append(value)
            text = text[end:].lstrip()
        else:
            line, _, text = text.partition("\n")
            lines.append(line)
            text = text.lstrip()
    return objects, lines
