"""The catalogue as the tables of docs/reliability.md. `python tests/attack/table.py` writes them there."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "tests")]

from attack.catalogue import CHAPTERS  # noqa: E402 - also run as a program
from attack.rows.row import Row  # noqa: E402 - also run as a program

PAGE: Final = ROOT / "docs" / "reliability.md"
_BETWEEN: Final = re.compile(r"(?<=<!-- attacks -->\n).*?(?=<!-- /attacks -->)", re.DOTALL)


def rendered() -> str:
    """One table for each chapter."""
    parts = []
    for title, rows in CHAPTERS:
        head = "| | | what is tried | what happens | proven by |\n|---|---|---|---|---|\n"
        parts.append(f"### {title}\n{head}" + "".join(_line(row) for row in rows))
    return "\n".join(parts)


def current(page: str) -> bool:
    """Whether the page shows the catalogue as it is."""
    found = _BETWEEN.search(page)
    return found is not None and found.group() == rendered()


def with_table(page: str) -> str:
    """The page with today's tables."""
    return _BETWEEN.sub(lambda _: rendered(), page)


def _line(row: Row) -> str:
    attack, expected = (text.replace("|", "\\|") for text in (row.attack, row.expected))
    proofs = "; ".join(_proof(proof) for proof in row.proofs)
    told = f"{proofs}{'. ' if proofs else ''}*{row.open}*" if row.open else proofs
    return f"| {row.id} | {row.severity} | {attack} | {expected} | {told} |\n"


def _proof(proof: str) -> str:
    path, _, name = proof.partition("::")
    return f"`{path}` {name}" if path.endswith(".ts") else f"`{path}::{name}`" if name else f"`{path}`"


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
