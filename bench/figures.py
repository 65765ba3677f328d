"""What was measured: figures beside each other with their goals, and figures with a bound; as tables and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from bench.measure import middle

Row = tuple[str, ...]
Unit = Literal["s", "MB/s"]


class Compared(NamedTuple):
    """One piece of work by Peerseal and by something beside it, in turn in one run. The ratio is that of the medians.

    `least`: how many times as fast Peerseal is to be. `most`: how many times as long it may take.
    """

    work: str
    unit: Unit
    ours: Sequence[float]
    beside: str
    theirs: Sequence[float]
    least: float | None = None
    most: float | None = None

    @property
    def faster(self) -> float:
        """How many times as fast as the other Peerseal is."""
        ratio = middle(self.theirs) / middle(self.ours)
        return ratio if self.unit == "s" else 1 / ratio

    @property
    def ratio(self) -> str:
        return f"{1 / self.faster:.2f}× as long" if self.most is not None else times(self.faster)

    @property
    def goal(self) -> str:
        if self.least is not None:
            return f"≥ {self.least:g}×"
        return "–" if self.most is None else f"≤ {self.most:g}×"

    @property
    def holds(self) -> bool | None:
        """Whether the goal is met; None if there is none."""
        if self.least is not None:
            return self.faster >= self.least
        return None if self.most is None else 1 / self.faster <= self.most


class Bounded(NamedTuple):
    """One figure that is to stay below a bound; of several the largest counts, of CPU seconds the median."""

    work: str
    what: str
    values: Sequence[float]
    unit: str
    most: float | None = None
    typical: bool = False

    @property
    def value(self) -> float:
        return middle(self.values) if self.typical else max(self.values)

    @property
    def holds(self) -> bool | None:
        return None if self.most is None else self.value <= self.most


Figure = Compared | Bounded


def times(ratio: float) -> str:
    return f"{ratio:.1f}×" if ratio >= 2 else f"{ratio:.2f}×"


def spread(values: Sequence[float], unit: str) -> str:
    """Median, and smallest to largest."""
    digits = 3 if unit == "s" else 0
    low, high, typical = (f"{one:.{digits}f}" for one in (min(values), max(values), middle(values)))
    return typical if len(values) == 1 else f"{typical} ({low}–{high})"


def verdict(holds: bool | None) -> str:
    return {True: "yes", False: "**no**", None: ""}[holds]


def compared_rows(figures: Sequence[Figure]) -> list[Row]:
    rows: list[Row] = [("work", "Peerseal", "", "beside it", "", "ratio", "goal", "holds")]
    rows += [
        (
            one.work,
            spread(one.ours, one.unit),
            one.unit,
            one.beside,
            spread(one.theirs, one.unit),
            one.ratio,
            one.goal,
            verdict(one.holds),
        )
        for one in figures
        if isinstance(one, Compared)
    ]
    return rows if len(rows) > 1 else []


def bounded_rows(figures: Sequence[Figure]) -> list[Row]:
    rows: list[Row] = [("work", "what", "measured", "goal", "holds")]
    rows += [
        (
            one.work,
            one.what,
            f"{one.value:.{0 if one.value >= 20 else 2}f} {one.unit}",
            "–" if one.most is None else f"≤ {one.most:g}",
            verdict(one.holds),
        )
        for one in figures
        if isinstance(one, Bounded)
    ]
    return rows if len(rows) > 1 else []
