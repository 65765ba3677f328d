"""Every number the detector decides by (docs/guard.md §1 and §2). Times in seconds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rules:
    """Thresholds, half-lives and bounds."""

    half_life: float = 600.0
    site_half_life: float = 300.0
    log: float = 10.0
    challenge: float = 20.0
    block: float = 40.0
    net: float = 60.0
    account: float = 12.0
    block_seconds: float = 600.0
    block_longest: float = 86_400.0
    wait_seconds: float = 30.0
    wait_longest: float = 3_600.0
    subjects: int = 50_000
