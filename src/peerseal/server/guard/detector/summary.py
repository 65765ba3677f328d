"""What a replay was like: who was found and when, who was stopped that should not have been."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median


@dataclass(slots=True)
class Actor:
    """One person, program or network of machines."""

    first: float
    attack: bool
    events: int = 0
    stopped: int = 0
    blocked: int = 0
    found: float | None = None


class Summary:
    """Counts decisions by what they should have been. Memory grows with the number of actors alone."""

    def __init__(self) -> None:
        self.actors: dict[tuple[bool, str], Actor] = {}
        self.lines = 0
        self.spent = 0.0
        self._of = {True: 0, False: 0}
        self._challenged = {True: 0, False: 0}
        self._blocked = {True: 0, False: 0}

    def count(
        self, t: float, actor: str, action: str, _subject: str | None, *, attack: bool, spent: float
    ) -> None:
        """One line and what was decided."""
        self.lines += 1
        self.spent += spent
        one = self.actors.get((attack, actor))
        if one is None:
            one = self.actors[attack, actor] = Actor(t, attack)
        one.events += 1
        self._of[attack] += 1
        if action in ("challenge", "block"):
            one.stopped += 1
            if one.found is None:
                one.found = t - one.first
            if action == "block":
                one.blocked += 1
                self._blocked[attack] += 1
            else:
                self._challenged[attack] += 1

    def figures(self) -> dict[str, object]:
        """The figures, as they stand in `{"summary": …}`. Shares are 0 to 1, times seconds; null: nothing to count."""
        attackers = [one for one in self.actors.values() if one.attack]
        people = [one for one in self.actors.values() if not one.attack]
        times = [one.found for one in attackers if one.found is not None]
        blocks = self._blocked[True] + self._blocked[False]
        honest, hostile = self._of[False], self._of[True]
        return {
            "lines": self.lines,
            "attackers": len(attackers),
            "attackers_found": len(times),
            "attackers_found_share": _share(len(times), len(attackers)),
            "attackers_blocked": sum(one.blocked > 0 for one in attackers),
            "attack_requests_stopped_share": _share(self._challenged[True] + self._blocked[True], hostile),
            "blocks": blocks,
            "block_precision": _share(self._blocked[True], blocks),
            "people": len(people),
            "people_blocked": sum(one.blocked > 0 for one in people),
            "people_challenged": sum(one.stopped > 0 for one in people),
            "legit_requests": honest,
            "legit_requests_challenged": self._challenged[False],
            "legit_requests_challenged_share": _share(self._challenged[False], honest),
            "legit_requests_blocked_share": _share(self._blocked[False], honest),
            "median_seconds_to_detect": round(median(times), 3) if times else None,
            "microseconds_per_request": round(self.spent / self.lines * 1e6, 2) if self.lines else None,
        }


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 6) if whole else None
