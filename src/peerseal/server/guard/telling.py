"""What the guard remembers of what it saw, and tells of what it decided: events, plots, counts (docs/guard.md §6).

For operators and their machines; nothing here decides. One object for all threads, apart from who judges: an event costs
no request a wait.
"""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from peerseal.server.config import GuardMode
from peerseal.server.guard.brakes import Closed
from peerseal.server.guard.detector import Decision, Sighting, Subject
from peerseal.server.guard.events import EventLog, Line
from peerseal.server.guard.memory import Labels, Memory, Plots, Seen, shown_path
from peerseal.server.guard.repeats import Repeats
from peerseal.wire import guard as wire

#: The same decision about the same subject is an event once in this time.
_AGAIN_SECONDS: Final = 60.0
_TOLD_MAX: Final = 10_000


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Of a sighting, what only events and operators are told: `status` is what was really answered."""

    method: str | None = None
    request_id: str = ""
    status: int | None = None
    path: str = ""


class Telling:
    """`now` is the time in ms, `clock` that of decisions in s; `clear` writes addresses as they are."""

    def __init__(
        self, folder: Path, now: Callable[[], int], clock: Callable[[], float], *, clear: bool
    ) -> None:
        self._now = now
        self._clock = clock
        self._clear = clear
        self._lock = threading.Lock()
        self._memory, self._labels, self._plots = Memory(), Labels(), Plots()
        self._told: OrderedDict[Subject, tuple[str, float]] = OrderedDict()
        self._repeats = Repeats()
        self.sightings: Counter[str] = Counter()
        self.decisions: Counter[str] = Counter()
        self.log: Final = EventLog(folder)

    # --- what was seen ---

    def of_decision(
        self, sighting: Sighting, circumstances: Circumstances, decision: Decision, mode: GuardMode
    ) -> None:
        """Something was seen, and decided: an event, unless the same was told just now."""
        now = self._now() / 1000
        with self._lock:
            self._remember(sighting, circumstances, decision, now)
            event = self._event(sighting, decision, circumstances, mode, now)
            lines = [] if event is None else self._repeats.see(event, now)
        self._write(lines)

    def of_brake(self, brake: Closed, mode: GuardMode) -> None:
        """A brake holds somebody from now on."""
        now = self._now() / 1000
        with self._lock:
            self.decisions["wait"] += 1
            key = self._key(brake.kind, brake.key, now)
            event = {
                **_plain("wait", brake.kind, key, brake.why, mode=mode, now=now),
                "point": brake.point,
                "score_after": brake.wrong,
                "threshold": brake.most,
                "evidence": {"count": brake.wrong, "seconds": int(brake.seconds), "distinct": 1},
                "expires": int((now + brake.until - self._clock()) * 1000),
            }
            lines = self._repeats.see(event, now)
        self._write(lines)

    def say(
        self,
        action: str,
        kind: wire.EventKind,
        key: str,
        why: str,
        *,
        mode: GuardMode,
        point: str,
    ) -> None:
        """An event that no sighting made, always in a line of its own."""
        now = self._now() / 1000
        with self._lock:
            key = self._key(kind, key, now)
        self.log.add({**_plain(action, kind, key, why, mode=mode, now=now), "point": point})

    def held_back(self, *, all_: bool = False) -> None:
        """Tell what was held back for long enough, or all of it."""
        with self._lock:
            lines = self._repeats.due(self._now() / 1000, all_=all_)
        self._write(lines)

    # --- what operators ask ---

    def seen_of(self, subject: Subject | Closed) -> tuple[Seen, ...]:
        """The latest sightings behind what is known of it, newest first."""
        with self._lock:
            return self._memory.of(str(subject), self._now() / 1000)

    def plots(self) -> tuple[wire.Plot, wire.Plot]:
        """Points per minute of the last hour, and per hour of the last day."""
        with self._lock:
            now = self._now() / 1000
            return self._plots.minutes(now), self._plots.hours(now)

    def label(self, key: str) -> str | None:
        """What an event's key stands for, as long as that is known."""
        with self._lock:
            return self._labels.label(key, self._now() / 1000)

    def forget(self, subject: Subject) -> None:
        """An operator ended what stood against it: what it did next is news."""
        with self._lock:
            self._memory.forget(str(subject))
            self._told.pop(subject, None)

    def _write(self, lines: list[Line]) -> None:
        for line in lines:
            self.log.add(line)

    def _remember(
        self, sighting: Sighting, circumstances: Circumstances, decision: Decision, now: float
    ) -> None:
        if sighting.point is not None:
            self.sightings[sighting.point] += 1
            self._plots.count(sighting.point, now)
        self.decisions[decision.action] += 1
        if sighting.point is None:
            return
        # For each whose score it was, with what it weighed there; for who stands already, with its most.
        points = dict(decision.points)
        if decision.subject is not None:
            points.setdefault(decision.subject, max(points.values(), default=0.0))
        status = circumstances.status or sighting.status or None
        path = shown_path(sighting.point, sighting.route, circumstances.path)
        for subject, weight in points.items():
            seen = Seen(now, sighting.point, sighting.route, status, weight, sighting.ip, path)
            self._memory.add(str(subject), seen)

    def _event(
        self,
        sighting: Sighting,
        decision: Decision,
        circumstances: Circumstances,
        mode: GuardMode,
        now: float,
    ) -> Line | None:
        subject = decision.subject
        if decision.action == "allow" or subject is None or not self._is_news(subject, decision.action, now):
            return None
        evidence = self._memory.evidence(str(subject), now)
        until = decision.until - self._clock() if decision.until else 0
        return {
            "ts": int(now * 1000),
            "point": sighting.point or "none",
            "action": decision.action,
            "mode": mode,
            "subject": {"kind": subject.kind, "key": self._key(subject.kind, subject.key, now)},
            "net": self._key("net", sighting.net, now) if sighting.net else None,
            "route": sighting.route,
            "method": circumstances.method,
            "status": circumstances.status or sighting.status or None,
            "request_id": circumstances.request_id,
            "score_before": round(decision.score_before, 2),
            "score_after": round(decision.score_after, 2),
            "threshold": round(decision.threshold, 2),
            "factor": round(decision.factor, 2),
            "evidence": {
                "count": evidence.count,
                "seconds": evidence.seconds,
                "distinct": evidence.distinct,
            },
            "expires": int((now + until) * 1000) if until > 0 else None,
            "why": decision.why,
        }

    def _is_news(self, subject: Subject, action: str, now: float) -> bool:
        before, at = self._told.get(subject, ("", 0.0))
        if before == action and now - at < _AGAIN_SECONDS:
            return False
        self._told[subject] = (action, now)
        self._told.move_to_end(subject)
        while len(self._told) > _TOLD_MAX:
            self._told.popitem(last=False)
        return True

    def _key(self, kind: str, text: str, now: float) -> str:
        hashed = self._labels.key(kind, text, now)
        return text if self._clear and kind in ("ip", "net") else hashed


def _plain(action: str, kind: wire.EventKind, key: str, why: str, *, mode: GuardMode, now: float) -> Line:
    """An event that no sighting made."""
    return {
        "ts": int(now * 1000),
        "point": "operator",
        "action": action,
        "mode": mode,
        "subject": {"kind": kind, "key": key},
        "net": None,
        "route": None,
        "method": None,
        "status": None,
        "request_id": "",
        "score_before": 0,
        "score_after": 0,
        "threshold": 0,
        "factor": 1,
        "evidence": {"count": 0, "seconds": 0, "distinct": 0},
        "expires": None,
        "why": why,
    }
