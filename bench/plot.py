"""The figures beside each other as bars, an SVG that reads on light and on dark pages."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from bench.figures import Compared
from bench.measure import middle

WIDTH, LABELS, NUMBERS, BAR, GAP = 860, 290, 150, 18, 16
STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #1d2733; }
  .work { font-weight: 600; }
  .ours { fill: #0f6b5c; } .theirs { fill: #a9b4c0; } .range { stroke: #1d2733; stroke-width: 1; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6ebf0; } .ours { fill: #3fb39d; } .theirs { fill: #5a6673; } .range { stroke: #e6ebf0; }
  }
"""


def svg(figures: Sequence[Compared], title: str) -> str:
    """Each piece of work with its bars, on a scale of its own: medians, and lines from smallest to largest."""
    works: dict[str, list[Compared]] = {}
    for one in figures:
        works.setdefault(one.work, []).append(one)
    parts: list[str] = []
    top = 10
    for work, lines in works.items():
        parts.append(f'<text class="work" x="0" y="{top + 13}">{escape(work)}</text>')
        top += 20
        bars = [("Peerseal", "ours", lines[0].ours)]
        bars += [(line.beside.replace("`", ""), "theirs", line.theirs) for line in lines]
        most = max(max(values) for _, _, values in bars)
        for name, kind, values in bars:
            parts.append(_bar(top, name, kind, values, most=most, unit=lines[0].unit))
            top += BAR + 4
        top += GAP
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top}" role="img" aria-label="{escape(title)}">'
    return "\n".join((head, f"<style>{STYLE}</style>", *parts, "</svg>", ""))


def _bar(top: int, name: str, kind: str, values: Sequence[float], *, most: float, unit: str) -> str:
    scale = (WIDTH - LABELS - NUMBERS) / most
    typical, low, high = (LABELS + scale * one for one in (middle(values), min(values), max(values)))
    half, base = top + BAR / 2, top + 13
    number = f"{middle(values):.2f} {unit}" if unit == "s" else f"{middle(values):.0f} {unit}"
    return (
        f'<text x="12" y="{base}">{escape(name)}</text>'
        f'<rect class="{kind}" x="{LABELS}" y="{top}" width="{typical - LABELS:.1f}" height="{BAR}" rx="2"/>'
        f'<line class="range" x1="{low:.1f}" x2="{high:.1f}" y1="{half}" y2="{half}"/>'
        f'<text x="{max(high, typical) + 8:.1f}" y="{base}">{number}</text>'
    )
