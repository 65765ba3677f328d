"""What traffic is made of: sightings in the format of docs/guard.md §8, from seeded randomness."""

from __future__ import annotations

import json
import random  # noqa: TID251 - seeded: the same traffic again
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

API = "/api/v1"
LOGIN = f"{API}/login"
PARAMS = f"{API}/login/params"
CHUNK = f"{API}/files/{{id}}/chunks/{{n}}"
FILE = f"{API}/files/{{id}}"
AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0) Chrome/141",
    "Mozilla/5.0 (Macintosh) Safari/18",
    "Mozilla/5.0 (X11; Linux) Firefox/143",
    "Mozilla/5.0 (Android 15) Chrome/141",
    "Mozilla/5.0 (iPhone) Safari/18",
)


@dataclass
class World:
    """Collects sightings. `seconds` is how long it lasts; `agents` False leaves out what programs say of themselves."""

    seed: int
    seconds: float = 3600.0
    agents: bool = True
    people: int = 0
    lines: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)

    def see(
        self,
        t: float,
        who: Party,
        route: str,
        status: int = 200,
        point: str | None = None,
        **more: Any,
    ) -> None:
        """One sighting of somebody; `more` overrides `account`, `session`, `device`, `ip`, the rest is detail."""
        if t >= self.seconds:
            return
        line = {
            "t": round(t, 3),
            "ip": more.pop("ip", who.ip),
            "account": more.pop("account", who.account if who.session else None),
            "device": more.pop("device", who.device),
            "session": more.pop("session", who.session),
            "point": point,
            "route": route,
            "status": status,
        }
        agent = more.pop("ua", who.agent)
        if self.agents and agent:
            more["ua"] = agent
        line["detail"] = more
        line["label"] = "attack" if who.attack else "legit"
        line["actor"] = who.actor
        self.lines.append(line)

    def address(self) -> str:
        """An address of somebody somewhere: one in four is IPv6."""
        r = self.random
        if r.random() < 0.25:
            return f"2a0{r.randrange(10)}:{r.randrange(65536):x}:{r.randrange(65536):x}::{r.randrange(1, 65536):x}"
        return f"{r.randrange(11, 200)}.{r.randrange(256)}.{r.randrange(256)}.{r.randrange(1, 255)}"

    def hex(self, size: int = 16) -> str:
        """An id."""
        return f"{self.random.getrandbits(size * 8):0{size * 2}x}"

    def sorted(self) -> list[dict[str, Any]]:
        """All of it in the order of time."""
        return sorted(self.lines, key=lambda line: line["t"])

    def texts(self) -> Iterator[bytes]:
        """As lines of a file."""
        for line in self.sorted():
            yield json.dumps(line).encode()


@dataclass
class Party:
    """Somebody, and what they show of themselves at the moment."""

    actor: str
    ip: str
    agent: str | None
    account: str | None = None
    device: str | None = None
    session: str | None = None
    attack: bool = False


def person(world: World, kind: str, ip: str, *, device: bool = True) -> Party:
    """One more of the people."""
    world.people += 1
    number = world.people
    agent = world.random.choice(AGENTS)
    return Party(f"{kind}-{number}", ip, agent, f"user{number}", world.hex() if device else None)


def every(world: World, start: float, stop: float, rate: float) -> Iterator[float]:
    """Times at random, so many a second on average."""
    t = start
    while (t := t + world.random.expovariate(rate)) < stop:
        yield t
