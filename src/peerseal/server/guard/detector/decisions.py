"""What is to be done about somebody, and why."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple, TypeAlias

from peerseal.server.guard.detector.subjects import Subject

Action: TypeAlias = Literal["allow", "log", "challenge", "wait", "block"]
#: The worse the higher.
SEVERITY: Final[dict[str, int]] = {"allow": 0, "log": 1, "challenge": 2, "wait": 3, "block": 4}


class Decision(NamedTuple):
    """The answer of the detector. `until` is a time of the caller's clock, 0 if it does not matter."""

    action: Action
    subject: Subject | None = None
    why: str = ""
    until: float = 0.0
    score_before: float = 0.0
    score_after: float = 0.0
    threshold: float = 0.0
    factor: float = 1.0
    points: tuple[tuple[Subject, float], ...] = ()
    """What the sighting itself weighed, for each whose score it was."""


ALLOW: Final = Decision("allow")
