"""How the detector stands, what it decided and why, as operators see it in JSON (docs/guard.md §7).

Scores, thresholds and factors are whole hundredths: this JSON has no fractions (docs/wire.md).
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from peerseal.wire import fields as f
from peerseal.wire import limits
from peerseal.wire.accounts import TIME
from peerseal.wire.damage import DamagedKind
from peerseal.wire.value import Value

Mode: TypeAlias = Literal["off", "observe", "enforce"]
#: `link` and `park`: only what was guessed at too often, by too many.
SubjectKind: TypeAlias = Literal[
    "ip", "net", "client", "account", "session", "device", "room", "site", "link", "park"
]
#: What an event is about: also what is damaged.
EventKind: TypeAlias = SubjectKind | DamagedKind
StandingAction: TypeAlias = Literal["challenge", "wait", "block"]
EventAction: TypeAlias = Literal["allow", "log", "challenge", "wait", "block", "undo", "mode"]
AllowedKind: TypeAlias = Literal["network", "account"]


class Series(Value):
    """How often one point was seen, in each step of a plot."""

    point: str
    counts: tuple[int, ...]


class Plot(Value):
    """Points over time: steps of `step` ms, the first of which began at `start` (ms)."""

    start: int
    step: int
    series: tuple[Series, ...]


class Overview(Value):
    """How the detector stands. `configured` is the setting, `mode` what holds now; `breaker`: it broke the circuit.

    `site_until`: until then (ms) every sign-in of an unknown device is challenged, None if it is not.
    `lost`: events that could not be written.
    """

    mode: Mode
    configured: Mode
    breaker: bool
    site_until: int | None
    subjects: int
    challenged: int
    waiting: int
    blocked: int
    allowed: int
    lost: int
    minutes: Plot
    hours: Plot


class Standing(Value):
    """Something that stands under a decision. `label` is its address or name, or a short word for what has none."""

    id: str
    kind: SubjectKind
    label: str
    action: StandingAction
    since: int
    expires: int | None
    score: int
    threshold: int
    factor: int
    why: str


class Standings(Value):
    """All of them, the strictest first."""

    standings: tuple[Standing, ...]


class SeenPoint(Value):
    """One suspicious sighting: what it was, where, what it weighed, and from what address.

    `path`: what was asked for, shortened, where no route says it.
    """

    time: int
    point: str
    route: str
    status: int | None
    weight: int
    address: str
    path: str | None


class StandingWhy(Value):
    """A standing and the latest sightings behind it, newest first."""

    standing: Standing
    sightings: tuple[SeenPoint, ...]


class Allowed(Value):
    """A network or account that is never judged. `setting`: it stands in the environment and cannot be removed here.

    `nobody`: it is an account that nobody has.
    """

    id: str
    kind: AllowedKind
    what: str
    since: int | None
    setting: bool
    nobody: bool


class AllowedList(Value):
    """All of them."""

    allowed: tuple[Allowed, ...]


class Allow(Value):
    """Never judge this from now on: an address or network (CIDR), or `@name`."""

    what: str


class SetMode(Value):
    """What holds until the next start."""

    mode: Mode


class Event(Value):
    """One decision, as the file of events has it. `label`: who it was, as long as the server remembers, else None."""

    id: str
    seq: int
    time: int
    point: str
    action: EventAction
    mode: Mode
    kind: EventKind
    key: str
    label: str | None
    route: str | None
    method: str | None
    status: int | None
    score_before: int
    score_after: int
    threshold: int
    factor: int
    count: int
    seconds: int
    distinct: int
    expires: int | None
    why: str


class Events(Value):
    """Newest first; `next` is the cursor of the page after."""

    events: tuple[Event, ...]
    next: str | None


MODE: Final = f.one_of("off", "observe", "enforce")
_KIND: Final = f.one_of("ip", "net", "client", "account", "session", "device", "room", "site", "link", "park")
_EVENT_KIND: Final = f.one_of(
    "ip", "net", "client", "account", "session", "device", "room", "site", "link", "park", "file"
)
_LABEL: Final = f.text(1, 300)
_WORD: Final = f.text(1, 64)
_WHY: Final = f.text(1, 500)
_ROUTE: Final = f.text(0, 200)
_HUNDREDTHS: Final = f.integer(0)
_COUNT: Final = f.integer(0)
_STATUS: Final = f.nullable(f.integer(100, 599))
_NEXT: Final = f.nullable(f.text(1, 200))
_PLOT: Final = f.record(
    Plot,
    {
        "start": TIME,
        "step": f.integer(1),
        "series": f.array(f.record(Series, {"point": _WORD, "counts": f.array(_COUNT)})),
    },
)
OVERVIEW: Final = f.record(
    Overview,
    {
        "mode": MODE,
        "configured": MODE,
        "breaker": f.BOOLEAN,
        "site_until": f.nullable(TIME),
        "subjects": _COUNT,
        "challenged": _COUNT,
        "waiting": _COUNT,
        "blocked": _COUNT,
        "allowed": _COUNT,
        "lost": _COUNT,
        "minutes": _PLOT,
        "hours": _PLOT,
    },
)
STANDING: Final = f.record(
    Standing,
    {
        "id": f.ID,
        "kind": _KIND,
        "label": _LABEL,
        "action": f.one_of("challenge", "wait", "block"),
        "since": TIME,
        "expires": f.nullable(TIME),
        "score": _HUNDREDTHS,
        "threshold": _HUNDREDTHS,
        "factor": _HUNDREDTHS,
        "why": _WHY,
    },
)
STANDINGS: Final = f.record(Standings, {"standings": f.array(STANDING)})
_SEEN: Final = f.record(
    SeenPoint,
    {
        "time": TIME,
        "point": _WORD,
        "route": _ROUTE,
        "status": _STATUS,
        "weight": _HUNDREDTHS,
        "address": _LABEL,
        "path": f.nullable(_ROUTE),
    },
)
STANDING_WHY: Final = f.record(StandingWhy, {"standing": STANDING, "sightings": f.array(_SEEN)})
ALLOWED: Final = f.record(
    Allowed,
    {
        "id": f.ID,
        "kind": f.one_of("network", "account"),
        "what": _LABEL,
        "since": f.nullable(TIME),
        "setting": f.BOOLEAN,
        "nobody": f.BOOLEAN,
    },
)
ALLOWED_LIST: Final = f.record(AllowedList, {"allowed": f.array(ALLOWED)})
ALLOW: Final = f.record(Allow, {"what": f.text(1, limits.NAME_MAX_CHARACTERS)})
SET_MODE: Final = f.record(SetMode, {"mode": MODE})
EVENT: Final = f.record(
    Event,
    {
        "id": f.ID,
        "seq": f.integer(0),
        "time": TIME,
        "point": _WORD,
        "action": f.one_of("allow", "log", "challenge", "wait", "block", "undo", "mode"),
        "mode": MODE,
        "kind": _EVENT_KIND,
        "key": f.text(1, 100),
        "label": f.nullable(_LABEL),
        "route": f.nullable(_ROUTE),
        "method": f.nullable(_WORD),
        "status": _STATUS,
        "score_before": _HUNDREDTHS,
        "score_after": _HUNDREDTHS,
        "threshold": _HUNDREDTHS,
        "factor": _HUNDREDTHS,
        "count": _COUNT,
        "seconds": _COUNT,
        "distinct": _COUNT,
        "expires": f.nullable(TIME),
        "why": _WHY,
    },
)
EVENTS: Final = f.record(Events, {"events": f.array(EVENT), "next": _NEXT})
