"""Which tests begin first: files are handed out whole, and all wait for a long one that began last."""

from __future__ import annotations

from pathlib import Path

import pytest


def longest_first(items: list[pytest.Item]) -> None:
    """Sort in place: files whose tests ask for much time, then those that start programs, then the others."""
    longest: dict[Path, tuple[float, bool]] = {}
    for item in items:
        longest[item.path] = max(
            longest.get(item.path, (0.0, False)), (_asks_for(item), starts_programs(item))
        )
    items.sort(key=lambda item: longest[item.path], reverse=True)


def _asks_for(item: pytest.Item) -> float:
    """Seconds, if a test says how many it may take."""
    marker = item.get_closest_marker("timeout")
    return float(marker.args[0]) if marker is not None and marker.args else 0.0


def starts_programs(item: pytest.Item) -> bool:
    """Whether a test waits for servers or commands, as far as its marks, fixtures and imports tell."""
    return (
        item.get_closest_marker("e2e") is not None
        or "server" in getattr(item, "fixturenames", ())
        or hasattr(getattr(item, "module", None), "LiveServer")
    )
