"""What a load showed: figures, some with a goal; as JSON and as a table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple


class Figure(NamedTuple):
    """One number. `goal` in words, `holds` whether it was reached (None: no goal)."""

    what: str
    value: float
    unit: str
    goal: str = ""
    holds: bool | None = None


def at_most(what: str, value: float, unit: str, goal: float) -> Figure:
    """A figure that must not be larger."""
    return Figure(what, value, unit, f"≤ {goal:g}", value <= goal)


def at_least(what: str, value: float, unit: str, goal: float) -> Figure:
    """A figure that must not be smaller."""
    return Figure(what, value, unit, f"≥ {goal:g}", value >= goal)


def percentile(values: list[float], part: float) -> float:
    """The value below which so much of them lies; 0 of none."""
    return sorted(values)[min(len(values) - 1, int(len(values) * part))] if values else 0.0


def table(name: str, how: str, figures: list[Figure]) -> str:
    """A section of docs/reliability.md."""
    lines = [f"### {name}\n{how}\n", "| | | goal | |", "|---|---|---|---|"]
    for one in figures:
        held = "" if one.holds is None else "held" if one.holds else "**not held**"
        lines.append(f"| {one.what} | {one.value:,.4g} {one.unit} | {one.goal} | {held} |")
    return "\n".join(lines) + "\n"


def keep(folder: Path, name: str, how: str, figures: list[Figure]) -> None:
    """The same as JSON, for the page that is put together of all of them."""
    folder.mkdir(parents=True, exist_ok=True)
    content = {"name": name, "how": how, "figures": [one._asdict() for one in figures]}
    (folder / f"{name}.json").write_text(json.dumps(content, indent=1, ensure_ascii=False), encoding="utf-8")


def kept(folder: Path) -> list[str]:
    """Every section that was kept."""
    sections = []
    for path in sorted(folder.glob("*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        sections.append(table(content["name"], content["how"], [Figure(**one) for one in content["figures"]]))
    return sections
