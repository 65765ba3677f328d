"""`peerseal guard replay`: a file of labelled sightings, judged offline, as lines for machines or a table for people."""

from __future__ import annotations

import argparse
import io
import json
from pathlib import Path

import pytest

from peerseal.cli.guard_replay import run
from peerseal.cli.output import Output
from peerseal.errors import LocalFileFailed, UsageError
from peerseal.transfer.cancel import Cancel


def line(t: float, actor: str, label: str, point: str | None, **more: object) -> str:
    told = {"t": t, "ip": "192.0.2.7", "account": None, "device": None, "session": None, "point": point}
    said = {"route": "GET /.env", "status": 404, "detail": {}, "label": label, "actor": actor}
    return json.dumps({**told, **said, **more})


SCAN = "\n".join(
    [
        line(0, "visitor", "legit", None, ip="198.51.100.1", route="GET /", status=200),
        *(line(n / 10, "scanner", "attack", "honeypot", detail={"path": f"/.env{n}"}) for n in range(12)),
    ]
)


def replay(path: str, *, json_: bool = False) -> int:
    output = Output(json=json_, quiet=False, verbose=False, colour=False)
    return run(argparse.Namespace(what=path, json=json_), output, Cancel())


def test_each_line_is_judged_and_the_summary_comes_last(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "scan.ndjson").write_text(SCAN)
    assert replay(str(tmp_path / "scan.ndjson"), json_=True) == 0
    *judged, last = [json.loads(text) for text in capsys.readouterr().out.splitlines()]
    assert [one["i"] for one in judged] == list(range(13))
    assert judged[0]["action"] == "allow"
    assert judged[-1]["action"] == "block"
    summary = last["summary"]
    assert (summary["lines"], summary["attackers_found_share"], summary["people_blocked"]) == (13, 1.0, 0)


def test_people_get_a_table_and_standard_input_is_a_file_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(SCAN.encode())))
    assert replay("-") == 0
    table = dict(row.rsplit(maxsplit=1) for row in capsys.readouterr().out.splitlines() if "%" not in row)
    assert table["sightings"] == "13"
    assert table["people blocked"] == "0"


def test_a_line_that_is_none_ends_it_and_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.ndjson").write_text(SCAN + "\nnonsense\n")
    with pytest.raises(UsageError, match="14") as refused:
        replay(str(tmp_path / "bad.ndjson"), json_=True)
    assert refused.value.code == "replay_line"


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(LocalFileFailed, match="cannot be read"):
        replay(str(tmp_path / "none"))
