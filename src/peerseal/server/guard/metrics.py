"""Metrics for Prometheus, as text, for operators and the networks they name; to everybody else there is no such address."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Final

from sqlalchemy import func, select, text

from peerseal.server.accounts.asking import Asking
from peerseal.server.accounts.models import User
from peerseal.server.asgi_types import Scope, Send
from peerseal.server.config import Network
from peerseal.server.database import Database
from peerseal.server.guard.guard import Guard
from peerseal.server.guard.problems import HttpProblem
from peerseal.server.http import respond
from peerseal.server.live.discovery import parse_ip

PATH: Final = "/metrics"
_TYPE: Final = b"text/plain; version=0.0.4; charset=utf-8"
_MODES: Final = {"off": 0, "observe": 1, "enforce": 2}
_ACTIONS: Final = ("challenge", "wait", "block")

#: What the event loop knows: name and help of a gauge or counter, and its value now.
Gauges = Mapping[tuple[str, str, str], Callable[[], float]]


class Metrics:
    """The one address. `admits` tells an operator by the request's headers alone."""

    def __init__(
        self,
        guard: Guard,
        database: Database,
        folder: Path,
        *,
        statuses: Counter[int],
        gauges: Gauges,
        networks: Collection[Network],
        admits: Callable[[Asking], bool],
    ) -> None:
        self._guard = guard
        self._database = database
        self._folder = folder
        self._statuses = statuses
        self._gauges = gauges
        self._networks = networks
        self._admits = admits

    async def __call__(self, address: str, scope: Scope, send: Send) -> None:
        """Raises HttpProblem 404 for strangers, whatever they send."""
        ip = parse_ip(address)
        near = ip is not None and any(ip in network for network in self._networks)
        if not near and not self._admits(Asking.of(scope)):
            raise HttpProblem(404)
        if scope["method"] not in ("GET", "HEAD"):
            raise HttpProblem(405)
        lines = [*self._of_requests(), *self._of_loop(), *await asyncio.to_thread(self._of_guard_and_disk)]
        await respond(send, 200, "".join(lines).encode(), [(b"content-type", _TYPE)])

    def _of_requests(self) -> list[str]:
        classes: Counter[str] = Counter()
        for status, count in self._statuses.items():
            classes[f"{status // 100}xx"] += count
        return _family(
            "peerseal_requests_total", "counter", "Answered requests, by class of status.", "class", classes
        )

    def _of_loop(self) -> list[str]:
        lines: list[str] = []
        for (name, kind, help_), value in self._gauges.items():
            lines += _single(name, kind, help_, value())
        return lines

    def _of_guard_and_disk(self) -> list[str]:
        guard = self._guard
        standing = Counter(one.action for one in guard.standings())
        lines = [
            *_family(
                "peerseal_guard_sightings_total",
                "counter",
                "Suspicious sightings.",
                "point",
                dict(guard.sightings),
            ),
            *_family(
                "peerseal_guard_decisions_total",
                "counter",
                "Decisions of the detector.",
                "action",
                dict(guard.decisions),
            ),
            *_family(
                "peerseal_guard_standing",
                "gauge",
                "What stands now.",
                "action",
                {action: standing[action] for action in _ACTIONS},
            ),
            *_single("peerseal_guard_subjects", "gauge", "Subjects with a score.", guard.subjects()),
            *_single("peerseal_guard_mode", "gauge", "0 off, 1 observe, 2 enforce.", _MODES[guard.mode]),
            *_single(
                "peerseal_guard_breaker",
                "gauge",
                "1 while addresses are challenged that would be blocked: too many were.",
                int(guard.broken),
            ),
            *_single("peerseal_guard_events_lost_total", "counter", "Events not written.", guard.log.lost),
        ]
        return lines + self._of_disk()

    def _of_disk(self) -> list[str]:
        lines: list[str] = []
        try:
            lines += _single(
                "peerseal_disk_free_bytes",
                "gauge",
                "Free disk below the data folder.",
                shutil.disk_usage(self._folder).free,
            )
            begun = time.perf_counter()
            with self._database.reading() as session:
                session.execute(text("SELECT 1"))
                took = time.perf_counter() - begun
                stored = session.scalar(select(func.coalesce(func.sum(User.used), 0))) or 0
        except (OSError, HttpProblem):
            return lines  # what cannot be told now is left out
        lines += _single("peerseal_database_seconds", "gauge", "What a look into the database took.", took)
        lines += _single("peerseal_stored_bytes", "gauge", "Sealed bytes stored and reserved.", int(stored))
        return lines


def _single(name: str, kind: str, help_: str, value: float) -> list[str]:
    return [f"# HELP {name} {help_}\n# TYPE {name} {kind}\n{name} {value}\n"]


def _family(name: str, kind: str, help_: str, label: str, values: Mapping[str, float]) -> list[str]:
    head = f"# HELP {name} {help_}\n# TYPE {name} {kind}\n"
    return [head, *(f'{name}{{{label}="{key}"}} {value}\n' for key, value in sorted(values.items()))]
