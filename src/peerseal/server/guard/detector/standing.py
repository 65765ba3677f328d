"""What stands against somebody: since when, until when and why."""

from __future__ import annotations

from dataclasses import dataclass

from peerseal.server.guard.detector.decisions import Action
from peerseal.server.guard.detector.subjects import Subject


@dataclass(slots=True)
class Standing:
    """One decision that applies until it expires or is undone."""

    subject: Subject
    action: Action
    since: float
    until: float
    why: str
    score: float
    threshold: float
    factor: float
