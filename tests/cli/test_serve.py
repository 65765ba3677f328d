"""What `peerseal serve` says when it has started: where it is, and where its operator looks, each in a line."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from peerseal.cli.serve import operator_line
from support.command_line import PEERSEAL

HERE = "http://localhost:5000"


def test_operators_that_are_named_are_told_where_their_page_is() -> None:
    said = operator_line(HERE, ("Ada", "@bert"), "peerseal-data")
    assert said == f"Its operator (Ada, bert) sees what it stops and why: {HERE}/operator"


@pytest.mark.parametrize(
    ("url", "data", "command"),
    [
        (HERE, "peerseal-data", "peerseal guard page"),
        (HERE, "/srv/my peerseal", "peerseal guard page --data '/srv/my peerseal'"),
        ("http://localhost:7", "peerseal-data", "peerseal guard page --server http://localhost:7"),
    ],
)
def test_without_one_it_is_said_how_to_become_it(url: str, data: str, command: str) -> None:
    said = operator_line(url, (), data)
    assert f"`{command}`" in said
    assert "PEERSEAL_OPERATORS=NAME" in said


@pytest.mark.e2e
def test_the_command_it_names_opens_the_page(tmp_path: Path) -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith("PEERSEAL_")}
    env |= {"NO_COLOR": "1", "PEERSEAL_HOME": str(tmp_path / "home")}
    with subprocess.Popen(
        [PEERSEAL, "serve", "--host", "127.0.0.1", "--port", "0"],
        cwd=tmp_path,
        env=env,
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        try:
            assert server.stderr is not None
            lines: list[str] = []
            while not lines or "Ctrl-C" not in lines[-1]:
                lines.append(server.stderr.readline())
                assert lines[-1], lines
            (line,) = [line for line in lines if "guard page" in line]
            words = line.partition("`peerseal ")[2].partition("`")[0].split()
            asked = subprocess.run(
                [PEERSEAL, *words],
                cwd=tmp_path,
                env=env,
                capture_output=True,
                text=True,
                timeout=60,
                check=True,
            )
            assert "/operator#" in asked.stdout
        finally:
            server.send_signal(signal.SIGINT)
            assert server.wait(30) == 0
