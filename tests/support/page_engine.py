"""The page's engine behind the screen: what it says, and commands for what a test would need many clicks for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from support.page import PagePerson

#: Keeps the page's worker in reach, to ask it for what has no button on this screen.
ENGINE = """
window.Worker = class extends Worker {
  constructor(...given) {
    super(...given);
    window.engine = { worker: this, state: null };
    this.addEventListener("message", ({ data }) => { if (data.type === "state") window.engine.state = data.state; });
  }
};
"""


def state(person: PagePerson) -> dict[str, Any]:
    found: dict[str, Any] = person.page.evaluate("() => window.engine?.state ?? {}")
    return found


def until(person: PagePerson, ready: Callable[[dict[str, Any]], bool], seconds: float = 30) -> dict[str, Any]:
    """The page's state once it is so."""
    now = state(person)
    for _ in range(int(seconds * 10)):
        if now and ready(now):
            return now
        person.page.wait_for_timeout(100)
        now = state(person)
    raise AssertionError(f"the page stays {now}")


def command(person: PagePerson, name: str, *args: object) -> None:
    person.page.evaluate(
        "([name, args]) => window.engine.worker.postMessage({ type: 'command', call: 900000, name, args })",
        [name, list(args)],
    )
