"""Labelled sightings of a file through the same scoring in virtual time (docs/guard.md §8).

`label` and `actor` are read for the summary alone. What the running server knows and a file does not say is taken from
what happened before in the file: devices that signed in, and challenges that were asked and solved.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from peerseal.errors import IntegrityFailed, UsageError
from peerseal.server.guard.detector.decisions import SEVERITY, Decision
from peerseal.server.guard.detector.points import POINTS
from peerseal.server.guard.detector.routes import API, LOGIN
from peerseal.server.guard.detector.scoring import Scoring
from peerseal.server.guard.detector.sightings import Sighting
from peerseal.server.guard.detector.subjects import network_of
from peerseal.server.guard.detector.summary import Summary
from peerseal.server.guard.limits import source_of
from peerseal.wire.strict_json import loads_measures

#: Names of a file that differ from the running server's.
ROUTES: Final = {
    "/s/{id}": f"{API}/links/{{link}}",
    "/api/v1/shares/{id}": f"{API}/links/{{link}}",
    "/api/v1/signin": LOGIN,
    "/login": LOGIN,
    "/register": f"{API}/register",
    "/recover": f"{API}/recover",
}
LINE_MAX: Final = 64 * 1024
_SOLVED_AFTER: Final = 1.0
_PASS_SECONDS: Final = 600.0
_KEPT: Final = 50_000
#: So many wrong passwords a device may have sent of which the file has not shown that it signed in before.
_UNPROVEN: Final = 3


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the file."""

    t: float
    ip: str
    account: str | None
    device: str | None
    session: str | None
    point: str | None
    route: str
    status: int
    detail: dict[str, object]
    attack: bool
    actor: str


def malformed(number: int, why: str) -> UsageError:
    """A line that is none. Lines count from 1, as editors do."""
    return UsageError(
        f"Line {number} is no sighting: {why}.",
        code="replay_line",
        hint="docs/guard.md §8 says what a line looks like.",
    )


def lines_of(texts: Iterable[bytes]) -> Iterator[Line]:
    """The lines of a file, one at a time. Empty lines are none. Raises UsageError `replay_line` naming the line."""
    for number, text in enumerate(texts, 1):
        if len(text) > LINE_MAX:
            raise malformed(number, f"longer than {LINE_MAX} bytes")
        if not text.strip():
            continue
        yield _line(number, text)


def _line(number: int, text: bytes) -> Line:
    try:
        fields = loads_measures(text, LINE_MAX)
    except IntegrityFailed as wrong:
        raise malformed(number, wrong.message) from None
    t = fields.get("t")
    if isinstance(t, bool) or not isinstance(t, int | float) or not -1e15 < t < 1e15:
        raise malformed(number, "`t` is no time in seconds")
    status = fields.get("status", 0)
    if status is None:
        status = 0
    if isinstance(status, bool) or not isinstance(status, int):
        raise malformed(number, "`status` is no number")
    label = fields.get("label")
    if label not in ("legit", "attack"):
        raise malformed(number, "`label` is neither legit nor attack")
    ip = _text(number, fields, "ip")
    if not ip:
        raise malformed(number, "`ip` is missing")
    point = _text(number, fields, "point")
    if point is not None and point not in POINTS:
        raise malformed(number, f"`point` is none of {', '.join(POINTS)}")
    detail = fields.get("detail")
    if detail is not None and not isinstance(detail, dict):
        raise malformed(number, "`detail` is no object")
    return Line(
        float(t),
        ip,
        _text(number, fields, "account"),
        _text(number, fields, "device"),
        _text(number, fields, "session"),
        point,
        _text(number, fields, "route") or "*",
        status,
        detail or {},
        label == "attack",
        _text(number, fields, "actor") or ip,
    )


def _text(number: int, fields: dict[str, object], name: str) -> str | None:
    value = fields.get(name)
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise malformed(number, f"`{name}` is no text")


class Bounded(OrderedDict[str, float]):
    """The latest of many things."""

    def keep(self, key: str, value: float) -> None:
        self[key] = value
        self.move_to_end(key)
        if len(self) > _KEPT:
            self.popitem(last=False)


class Replay:
    """One run. `clock` measures what deciding costs, it decides nothing."""

    def __init__(self, scoring: Scoring, clock: Callable[[], float]) -> None:
        self.summary = Summary()
        self._scoring = scoring
        self._clock = clock
        self._devices: Bounded = Bounded()
        self._wrong: Bounded = Bounded()
        self._passes: Bounded = Bounded()
        self._sources: dict[str, tuple[str, str]] = {}

    def step(self, line: Line) -> Decision:
        """See one line; what applies to it."""
        sighting = self._sighting(line)
        began = self._clock()
        decision = self._scoring.see(sighting)
        spent = self._clock() - began
        if decision.action == "wait":
            decision = decision._replace(action="challenge")
        if decision.action == "challenge":
            self._solve(line, sighting)
        if line.device is not None:
            self._learn(line, line.device)
        self.summary.count(
            line.t,
            line.actor,
            decision.action,
            None if decision.subject is None else str(decision.subject),
            attack=line.attack,
            spent=spent,
        )
        return decision

    def _sighting(self, line: Line) -> Sighting:
        keys = self._sources.get(line.ip)
        if keys is None:
            if len(self._sources) >= _KEPT:
                self._sources.clear()
            ip = source_of(line.ip)
            keys = self._sources[line.ip] = (ip, network_of(ip))
        signed_in = line.session is not None and line.account is not None
        session = line.session
        passed = False
        holder = _holder(line, keys[0])
        since = self._passes.get(holder)
        if since is not None and since + _SOLVED_AFTER <= line.t < since + _PASS_SECONDS:
            passed = True
            if not signed_in:
                session = f"pass:{holder}:{since}"
        return Sighting(
            line.t,
            *keys,
            line.account,
            line.device,
            session,
            line.point,
            ROUTES.get(line.route, line.route),
            line.status,
            line.detail,
            self._known(line),
            passed,
            signed_in,
        )

    def _known(self, line: Line) -> bool:
        """Whether the server knew the device: it signed in before, or does so now, or has not been wrong much."""
        if line.device is None:
            return False
        if line.account is None:
            return line.device in self._devices
        if f"{line.device} {line.account}" in self._devices:
            return True
        if line.device in self._devices or line.point == "login_failed":
            return False
        return self._wrong.get(line.device, 0) <= _UNPROVEN

    def _learn(self, line: Line, device: str) -> None:
        if line.point == "login_failed":
            self._wrong.keep(device, self._wrong.get(device, 0) + 1)
        elif line.account is not None and line.status < 400 and (line.session or line.route == LOGIN):
            self._devices.keep(f"{device} {line.account}", line.t)
            self._devices.keep(device, line.t)

    def _solve(self, line: Line, sighting: Sighting) -> None:
        """Whoever is challenged solves it, honest or not, and holds a pass a second later."""
        holder = _holder(line, sighting.ip)
        since = self._passes.get(holder)
        if since is None or sighting.passed or line.t >= since + _PASS_SECONDS:
            self._passes.keep(holder, line.t)


def _holder(line: Line, ip: str) -> str:
    """Who would keep a pass: a session, or a program at an address."""
    return line.session or f"{ip} {line.device or line.detail.get('ua')}"


def answer(number: int, decision: Decision) -> dict[str, object]:
    """The line of output for line `number` of input, from 0."""
    subject = None if decision.subject is None else str(decision.subject)
    return {"i": number, "action": decision.action, "subject": subject or "", "why": decision.why}


def stops(decision: Decision) -> bool:
    """Does it hold anybody up?"""
    return SEVERITY[decision.action] >= SEVERITY["challenge"]
