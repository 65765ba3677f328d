"""How somebody is told that the guard stops them: for how long, why, and what to do."""

from __future__ import annotations

import html
import math
from datetime import UTC, datetime, timedelta
from typing import Final

from peerseal.server.asgi_types import Receive, Scope, Send
from peerseal.server.guard.detector import Decision
from peerseal.server.guard.origin import header_values
from peerseal.server.guard.problems import HttpProblem
from peerseal.server.http import respond

_PAGE: Final = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Stopped for a while – Peerseal</title>
<h1>Stopped for a while</h1>
<p>This server has seen what looks like an attack from your network, so it answers nobody there who is not signed in.</p>
<p>It ends by itself at {until} (in about {minutes} min). Until then there is nothing you need to do.</p>
<p>If it was not you, it may be somebody or something else behind the same address. Whoever runs this server
can see why, and undo it.</p>
"""
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
        """Raises the HttpProblem, or sends a page to a person who went to an address."""
        del receive
        if self._decision.action == "block" and _is_visit(scope):
            until = datetime.now(UTC) + timedelta(seconds=self._seconds)
            minutes = math.ceil(self._seconds / 60)
            page = _PAGE.format(until=html.escape(f"{until:%H:%M} UTC"), minutes=minutes)
            headers = [
                (b"content-type", b"text/html; charset=utf-8"),
                (b"retry-after", str(self._seconds).encode()),
            ]
            await respond(send, 403, page.encode(), headers)
            return
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


def _is_visit(scope: Scope) -> bool:
    return scope.get("method") == "GET" and any(
        "text/html" in accepted for accepted in header_values(scope["headers"], b"accept")
    )
