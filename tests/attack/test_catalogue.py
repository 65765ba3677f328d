"""Every attack of the catalogue has a test that exists or a reason, and the page shows the catalogue as it is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from attack.catalogue import ROWS
from attack.rows.row import Row
from attack.table import PAGE, current

ROOT: Final = Path(__file__).parents[2]
#: The letter of each chapter and how many rows it has: a row does not disappear in silence.
EXPECTED: Final = {
    "N": 8,
    "S": 8,
    "C": 15,
    "V": 8,
    "R": 12,
    "W": 11,
    "A": 7,
    "Z": 9,
    "D": 11,
    "F": 12,
    "O": 5,
}


def test_no_row_is_missing_or_twice() -> None:
    ids = [row.id for row in ROWS]
    assert len(set(ids)) == len(ids)
    counted = {letter: sum(id_[0] == letter for id_ in ids) for letter in EXPECTED}
    assert counted == EXPECTED


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_a_row_is_proven_by_tests_that_exist_or_says_why_not(row: Row) -> None:
    assert row.proofs or row.open, "neither a test nor a reason"
    assert [proof for proof in row.proofs if not exists(proof)] == []


def test_a_proof_that_is_not_there_is_noticed() -> None:
    assert exists("tests/attack/test_catalogue.py::test_a_proof_that_is_not_there_is_noticed")
    assert not exists("tests/attack/test_catalogue.py::test_that_nobody_wrote")
    assert not exists("tests/attack/test_nothing.py::test_a_row")


def test_the_page_shows_the_catalogue() -> None:
    assert current(PAGE.read_text(encoding="utf-8")), "run `python tests/attack/table.py`"


def exists(proof: str) -> bool:
    """Whether that test is written there."""
    path, _, name = proof.partition("::")
    file = ROOT / path
    if not file.is_file():
        return False
    text = file.read_text(encoding="utf-8")
    if path.endswith(".ts") or not name:
        return name in text
    return (
        re.search(rf"^(async )?def {re.escape(name)}\(|^\s+def {re.escape(name)}\(", text, re.MULTILINE)
        is not None
    )
