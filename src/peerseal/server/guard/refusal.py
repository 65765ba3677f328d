"""How somebody is told that the guard stops them: for how long, and whether they can pay."""

from __future__ import annotations

import math
from typing import Final

from peerseal.server.asgi_types import Receive, Scope, Send
from peerseal.server.guard.detector import Decision
from peerseal.server.guard.problems import HttpProblem

_USUAL_SECONDS: Final = 60


class Refusal:
    """Answers a request instead of the application, as a decision says."""

    def __init__(self, decision: Decision, now: float) -> None:
        self._decision = decision
        self._seconds = max(1, math.ceil(decision.until - now)) if decision.until > 0 else _USUAL_SECONDS

    @property
    def challenged(self) -> str | None:
        """Which kind of subject has to pay, None if it is another refusal."""
        subject = self._decision.subject
        return subject.kind if self._decision.action == "challenge" and subject is not None else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises the HttpProblem; the gate makes a page of it for a person who went to an address."""
        del scope, receive, send
        raise self.problem()

    def problem(self) -> HttpProblem:
        """What programs are told."""
        return problem_of(self._decision, self._seconds)


def problem_of(decision: Decision, seconds: int) -> HttpProblem:
    """403 `blocked`, 429 `challenge`, or 429 `wait`."""
    if decision.action == "block":
        return HttpProblem(403, "blocked", retry_after=seconds)
    if decision.action == "challenge":
        return HttpProblem(429, "challenge", retry_after=seconds)
    return HttpProblem(429, "wait", retry_after=seconds)
