"""Into the documents: each part's table between its marks in docs/performance.md, all bars in one plot beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.figures import Bounded, Compared, Figure, bounded_rows, compared_rows
from bench.measure import table
from bench.plot import svg

DOCS = Path(__file__).parent.parent / "docs"
PAGE = DOCS / "performance.md"
PLOT = DOCS / "images" / "performance.svg"
FIGURES = DOCS / "performance.json"


def text_of(figures: Sequence[Figure]) -> str:
    """The tables of one part."""
    return "\n\n".join(table(rows) for rows in (compared_rows(figures), bounded_rows(figures)) if rows)


def write(part: str, heading: str, figures: Sequence[Figure]) -> None:
    """Put a part's tables where they belong, keep its figures, and draw all that are kept."""
    _between(part, f"{heading}\n\n{text_of(figures)}")
    kept = json.loads(FIGURES.read_text()) if FIGURES.exists() else {}
    kept[part] = {"measured": heading, "figures": [_plain(one) for one in figures]}
    FIGURES.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")
    drawn = [one for name in sorted(kept) for one in _compared(kept[name]["figures"])]
    PLOT.write_text(svg(drawn, "Peerseal beside others: medians, smallest to largest"))


def write_text(part: str, text: str) -> None:
    """Put a part's text where it belongs."""
    _between(part, text)


def _between(part: str, text: str) -> None:
    page = PAGE.read_text()
    begin, end = f"<!-- bench {part} -->", f"<!-- /bench {part} -->"
    before, found, rest = page.partition(begin)
    _old, ended, after = rest.partition(end)
    if not found or not ended:
        raise RuntimeError(f"{PAGE.name} has no place for {part}")
    PAGE.write_text(f"{before}{begin}\n{text}\n{end}{after}")


def _plain(figure: Figure) -> dict[str, object]:
    fields: dict[str, object] = figure._asdict()
    for name in ("ours", "theirs", "values"):
        values = fields.get(name)
        if isinstance(values, list):
            fields[name] = [round(value, 4) for value in values]
    return {"kind": "bounded" if isinstance(figure, Bounded) else "compared", **fields}


def _compared(figures: Sequence[Mapping[str, object]]) -> list[Compared]:
    compared = [dict(one) for one in figures if one["kind"] == "compared"]
    return [Compared(**{name: value for name, value in one.items() if name != "kind"}) for one in compared]  # type: ignore[arg-type]
