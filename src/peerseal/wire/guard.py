"""The challenge and what operators see and do, as they stand in JSON (docs/guard.md §4, §7).

Scores, thresholds and factors are whole hundredths: this JSON has no fractions (docs/wire.md).
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from peerseal.wire import fields as f
from peerseal.wire import limits
from peerseal.wire.accounts import BYTES, NAME, TIME
from peerseal.wire.damage import DamagedKind
from peerseal.wire.value import Value

Mode: TypeAlias = Literal["off", "observe", "enforce"]
SubjectKind: TypeAlias = Literal["ip", "net", "client", "account", "session", "device", "room", "site"]
#: What an event is about: also what is damaged.
EventKind: TypeAlias = SubjectKind | DamagedKind
StandingAction: TypeAlias = Literal["challenge", "wait", "block"]
EventAction: TypeAlias = Literal["allow", "log", "challenge", "wait", "block", "undo", "mode"]
AllowedKind: TypeAlias = Literal["network", "account"]
Reason: TypeAlias = Literal["malware", "deception", "illegal", "private", "other"]
ReportState: TypeAlias = Literal["open", "closed", "revoked"]
OperatorBy: TypeAlias = Literal["account", "token", "page"]

#: What programs send, where pages send cookies.
PASS_HEADER: Final = "Peerseal-Pass"  # noqa: S105 - a name
DEVICE_HEADER: Final = "Peerseal-Device"
#: Stands before challenge, number of the part and solution in what is hashed.
CHALLENGE_PREFIX: Final = "peerseal challenge/1 "
CHALLENGE_BITS_MAX: Final = 32
CHALLENGE_COUNT_MAX: Final = 64
SOLUTION_MAX: Final = 2**32 - 1
REPORT_TEXT_MAX_CHARACTERS: Final = 2000


class Challenge(Value):
    """To be paid by computing: `count` numbers for which hashes begin with `bits` zero bits, until `expires` (ms).

    `needed`: whoever asks would get 429 `challenge` now.
    """

    challenge: str
    bits: int
    count: int
    expires: int
    needed: bool


class Solved(Value):
    """A challenge and the numbers that solve it."""

    challenge: str
    solutions: tuple[int, ...]


class Pass(Value):
    """Good until `expires` (ms) for the address that paid. `pass_` is `pass` on the wire."""

    pass_: str
    expires: int

    def __repr__(self) -> str:
        return "Pass(…)"


class Report(Value):
    """Somebody says that the file behind this link should not be here."""

    link: str
    reason: Reason
    text: str


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
    """One suspicious sighting: what it was, where, what it weighed, and from what address."""

    time: int
    point: str
    route: str
    status: int | None
    weight: int
    address: str


class StandingWhy(Value):
    """A standing and the latest sightings behind it, newest first."""

    standing: Standing
    sightings: tuple[SeenPoint, ...]


class Allowed(Value):
    """A network or account that is never judged. `setting`: it stands in the environment and cannot be removed here."""

    id: str
    kind: AllowedKind
    what: str
    since: int | None
    setting: bool


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


class OperatedAccount(Value):
    """An account as operators see it. `quota`: its own, None for the usual; `allowed`: the one that holds."""

    name: str
    used: int
    allowed: int
    quota: int | None
    suspended: bool
    created: int


class OperatedAccounts(Value):
    """In the order of their names."""

    accounts: tuple[OperatedAccount, ...]
    next: str | None


class ChangeOperated(Value):
    """Its own quota (None: the usual), and whether it is suspended."""

    quota: int | None
    suspended: bool


class Invite(Value):
    """Makes one account until `expires` (ms). `used`: the account it made."""

    id: str
    note: str
    created: int
    expires: int
    used: str | None


class Invites(Value):
    """All of them, newest first."""

    invites: tuple[Invite, ...]


class NewInvite(Value):
    """Invite somebody for so many hours; `note` is for operators."""

    note: str
    hours: int


class MadeInvite(Value):
    """The code is shown this once."""

    invite: Invite
    code: str

    def __repr__(self) -> str:
        return "MadeInvite(…)"


class Reported(Value):
    """A report. `owner`: whose file it is, None if it is gone; `count`: how many reported this link."""

    id: str
    link: str
    reason: Reason
    text: str
    created: int
    state: ReportState
    owner: str | None
    count: int


class ReportedList(Value):
    """Newest first."""

    reports: tuple[Reported, ...]
    next: str | None


class PageLink(Value):
    """Opens the operator's page once: `/operator#SECRET`, until `expires` (ms)."""

    secret: str
    expires: int

    def __repr__(self) -> str:
        return "PageLink(…)"


class OpenPage(Value):
    """The secret of a page link."""

    secret: str

    def __repr__(self) -> str:
        return "OpenPage(…)"


class OperatorSession(Value):
    """By what right somebody is an operator, and what their page repeats as X-CSRF-Token."""

    by: OperatorBy
    csrf: str | None
    expires: int | None

    def __repr__(self) -> str:
        return f"OperatorSession({self.by})"


MODE: Final = f.one_of("off", "observe", "enforce")
_KIND: Final = f.one_of("ip", "net", "client", "account", "session", "device", "room", "site")
_EVENT_KIND: Final = f.one_of(
    "ip", "net", "client", "account", "session", "device", "room", "site", "file", "park"
)
_LABEL: Final = f.text(1, 300)
_WORD: Final = f.text(1, 64)
_WHY: Final = f.text(1, 500)
_ROUTE: Final = f.text(0, 200)
_HUNDREDTHS: Final = f.integer(0)
_COUNT: Final = f.integer(0)
_STATUS: Final = f.nullable(f.integer(100, 599))
_SECRET: Final = f.text(1, 200)
_NEXT: Final = f.nullable(f.text(1, 200))
_CHALLENGE: Final = f.text(1, 400)
_REASON: Final = f.one_of("malware", "deception", "illegal", "private", "other")
_NOTE: Final = f.text(0, 100)

CHALLENGE: Final = f.record(
    Challenge,
    {
        "challenge": _CHALLENGE,
        "bits": f.integer(0, CHALLENGE_BITS_MAX),
        "count": f.integer(1, CHALLENGE_COUNT_MAX),
        "expires": TIME,
        "needed": f.BOOLEAN,
    },
)
SOLVED: Final = f.record(
    Solved,
    {
        "challenge": _CHALLENGE,
        "solutions": f.array(f.integer(0, SOLUTION_MAX), CHALLENGE_COUNT_MAX, least=1),
    },
)
PASS: Final = f.record(Pass, {"pass": _SECRET, "expires": TIME})
REPORT: Final = f.record(
    Report, {"link": f.ID, "reason": _REASON, "text": f.text(0, REPORT_TEXT_MAX_CHARACTERS)}
)
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
_QUOTA: Final = f.nullable(BYTES)
OPERATED_ACCOUNT: Final = f.record(
    OperatedAccount,
    {
        "name": NAME,
        "used": BYTES,
        "allowed": BYTES,
        "quota": _QUOTA,
        "suspended": f.BOOLEAN,
        "created": TIME,
    },
)
OPERATED_ACCOUNTS: Final = f.record(OperatedAccounts, {"accounts": f.array(OPERATED_ACCOUNT), "next": _NEXT})
CHANGE_OPERATED: Final = f.record(ChangeOperated, {"quota": _QUOTA, "suspended": f.BOOLEAN})
INVITE: Final = f.record(
    Invite, {"id": f.ID, "note": _NOTE, "created": TIME, "expires": TIME, "used": f.nullable(NAME)}
)
INVITES: Final = f.record(Invites, {"invites": f.array(INVITE)})
NEW_INVITE: Final = f.record(NewInvite, {"note": _NOTE, "hours": f.integer(1, 8760)})
MADE_INVITE: Final = f.record(MadeInvite, {"invite": INVITE, "code": _SECRET})
REPORTED: Final = f.record(
    Reported,
    {
        "id": f.ID,
        "link": f.ID,
        "reason": _REASON,
        "text": f.text(0, REPORT_TEXT_MAX_CHARACTERS),
        "created": TIME,
        "state": f.one_of("open", "closed", "revoked"),
        "owner": f.nullable(NAME),
        "count": _COUNT,
    },
)
REPORTED_LIST: Final = f.record(ReportedList, {"reports": f.array(REPORTED), "next": _NEXT})
PAGE_LINK: Final = f.record(PageLink, {"secret": _SECRET, "expires": TIME})
OPEN_PAGE: Final = f.record(OpenPage, {"secret": _SECRET})
OPERATOR_SESSION: Final = f.record(
    OperatorSession,
    {
        "by": f.one_of("account", "token", "page"),
        "csrf": f.nullable(_SECRET),
        "expires": f.nullable(TIME),
    },
)
