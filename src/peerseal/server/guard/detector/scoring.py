"""The detector as one object: scores what is seen and says what is to be done. Time is an argument."""

from __future__ import annotations

from peerseal.server.guard.detector.decisions import ALLOW, Decision
from peerseal.server.guard.detector.rules import Rules
from peerseal.server.guard.detector.sightings import Sighting, Who
from peerseal.server.guard.detector.standing import Standing
from peerseal.server.guard.detector.subjects import Subject


class Scoring:
    """Used from one thread, or behind one lock."""

    def __init__(self, rules: Rules = Rules()) -> None:  # noqa: B008 - frozen
        self.rules = rules

    def see(self, sighting: Sighting) -> Decision:
        """Score it, and decide what applies to whoever did it from now on."""
        return ALLOW

    def standing(self, who: Who, now: float) -> Decision:
        """What applies to a request that begins: nothing is scored."""
        return ALLOW

    def undo(self, subject: Subject, now: float) -> bool:
        """End what stands against it and forget its score; False if nothing stood."""
        return False

    def allow(self, entry: str) -> None:
        """Never judge a network (`192.0.2.0/24`) or an account (`@name`). Raises ValueError."""

    def disallow(self, entry: str) -> bool:
        """Judge it again; False if it was not allowed."""
        return False

    def allowed(self) -> list[str]:
        """Networks and `@names` never judged."""
        return []

    def standings(self, now: float) -> list[Standing]:
        """What stands, latest first."""
        return []

    @property
    def broken(self) -> bool:
        """The circuit breaker is open: nobody is blocked until `close_breaker`."""
        return False

    def close_breaker(self) -> None:
        """The operator has looked: block again."""

    def export(self, now: float) -> dict[str, object]:
        """What survives a restart, for JSON: allow-list, blocks that stand, undone decisions. Times relative to now."""
        return {}

    def restore(self, exported: dict[str, object], now: float) -> None:
        """Take over what `export` gave; what does not read is left out."""
