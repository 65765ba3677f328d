"""What `peerseal backup` says of a backup: numbers as people count, a moment, and whether all of it is whole."""

from __future__ import annotations

import argparse
import json

import pytest

from peerseal.cli.backup_words import contents, end, moment
from peerseal.cli.output import Output
from peerseal.server.backup.layout import Held


def held(accounts: int, files: int, chunks: int, damaged: tuple[str, ...] = ()) -> Held:
    return Held(
        v=1,
        peerseal="1.0",
        mark=1_800_000_000_000,
        server="a" * 32,
        database="peerseal.db",
        database_sha256="",
        sums="sums.txt",
        sums_sha256="",
        accounts=accounts,
        files=files,
        chunks=chunks,
        bytes=24_100_000,
        guard=False,
        damaged=list(damaged),
    )


def test_one_is_counted_as_one() -> None:
    assert contents(held(1, 0, 2)) == f"1 account, 0 files, 2 chunks (24.1 MB), server {'a' * 32}"
    assert contents(held(2, 1, 1)).startswith("2 accounts, 1 file, 1 chunk (")


def test_a_moment_is_the_same_for_everybody() -> None:
    assert moment(1_800_000_000_999) == "2027-01-15 08:00:00 UTC"


@pytest.mark.parametrize(("damaged", "exit_code"), [((), 0), (("blobs/a/c0",), 7)])
def test_what_is_damaged_decides_how_it_ends_and_machines_get_all_of_it(
    damaged: tuple[str, ...], exit_code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    output = Output(json=True, quiet=False, verbose=False, colour=False)
    assert end(held(1, 2, 3, damaged), {"copied": 4}, argparse.Namespace(json=True), output) == exit_code
    told = json.loads(capsys.readouterr().out)
    assert (told["event"], told["mark"], told["copied"]) == ("result", 1_800_000_000_000, 4)
    assert told["damaged"] == list(damaged)
    assert end(held(1, 2, 3, damaged), {}, argparse.Namespace(json=False), output) == exit_code
    assert capsys.readouterr().out == ""
