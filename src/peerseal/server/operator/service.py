"""What operators see of the guard, and what they change: overview, standings, allow-list, mode, events (docs/guard.md §7)."""

from __future__ import annotations

import hashlib
import math
import secrets
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Final

from peerseal.errors import NotFound
from peerseal.server.accounts.asking import Guest
from peerseal.server.guard.brakes import Closed
from peerseal.server.guard.challenge import Challenges
from peerseal.server.guard.detector import Who
from peerseal.server.guard.detector.routes import JOINS, LOGIN
from peerseal.server.guard.detector.standing import Standing
from peerseal.server.guard.detector.subjects import network_of
from peerseal.server.guard.entrance import AGENT_MAX
from peerseal.server.guard.guard import Guard, normal_entry
from peerseal.server.guard.lured import is_named_browser
from peerseal.server.guard.passes import Passes
from peerseal.wire import challenge as challenge_wire
from peerseal.wire import guard as guard_wire
from peerseal.wire.strict_json import malformed

_SHOWN: Final = ("challenge", "wait", "block")
_STRICTEST_FIRST: Final = {"block": 0, "wait": 1, "challenge": 2}
_WHY_MAX: Final = 500
#: Shown instead of what has no name anybody would know.
_WORDS: Final = {"session": "a session", "device": "a device", "room": "a room", "site": "this server"}


class Desk:
    """The operator's desk."""

    def __init__(
        self,
        guard: Guard,
        now: Callable[[], int],
        unclaimed: Callable[[Collection[str]], Collection[str]] = lambda _names: (),
        registered: Callable[[Collection[str]], Mapping[str, str]] = lambda _names: {},
    ) -> None:
        """`unclaimed`: those of some names that no account has; `registered`: how the others are written."""
        self._guard = guard
        self._now = now
        self._unclaimed = unclaimed
        self._registered = registered
        self._key = secrets.token_bytes(16)  # ids are of this start: they say nothing about whom they name

    def overview(self) -> guard_wire.Overview:
        """How the detector stands."""
        minutes, hours = self._guard.plots()
        site = [self._ms(one.until) for one in self._guard.standings() if one.subject.kind == "site"]
        counted = [one.action for one in self._all({})]
        return guard_wire.Overview(
            self._guard.mode,
            self._guard.configured,
            self._guard.broken,
            max(site) if site else None,
            self._guard.subjects(),
            counted.count("challenge"),
            counted.count("wait"),
            counted.count("block"),
            len(self._guard.allowed()),
            self._guard.log.lost,
            minutes,
            hours,
        )

    def standings(self) -> guard_wire.Standings:
        """What is challenged, waiting or blocked."""
        stands = ((one.subject.kind, one.subject.key) for one in self._standings())
        braked = ((one.kind, one.key) for one in self._guard.brakes.standing())
        names = self._names([*stands, *braked])
        return guard_wire.Standings(
            tuple(sorted(self._all(names), key=lambda one: (_STRICTEST_FIRST[one.action], -one.since)))
        )

    def standing(self, id_: str) -> guard_wire.StandingWhy:
        """One of them with the latest sightings behind it. Raises NotFound."""
        found = self._find(id_)
        if isinstance(found, Closed):
            shown = self._braked(found, self._names([(found.kind, found.key)]))
        else:
            shown = self._shown(found, self._names([(found.subject.kind, found.subject.key)]))
        seen = (
            guard_wire.SeenPoint(
                int(one.time * 1000),
                one.point,
                one.route,
                one.status,
                _hundredths(one.weight),
                one.address or "unknown",
                one.path or None,
            )
            for one in self._guard.seen_of(found if isinstance(found, Closed) else found.subject)
        )
        return guard_wire.StandingWhy(shown, tuple(seen))

    def undo(self, id_: str) -> None:
        """End it. Raises NotFound."""
        found = self._find(id_)
        if isinstance(found, Closed):
            undone = self._guard.release(found.kind, found.key)
        else:
            undone = self._guard.undo(found.subject)
        if not undone:
            raise NotFound

    def allowed(self) -> guard_wire.AllowedList:
        """The allow-list, the settings' first."""
        entries = self._guard.allowed()
        nobodys = self._unclaimed([entry[1:] for entry in entries if entry.startswith("@")])
        shown = (self._allowed(entry, since, nobodys) for entry, since in entries.items())
        return guard_wire.AllowedList(tuple(sorted(shown, key=lambda one: (not one.setting, one.what))))

    def allow(self, wanted: guard_wire.Allow) -> guard_wire.Allowed:
        """Never judge it from now on. Raises HttpProblem 422, whose code names the mistake."""
        entry = self._guard.allow(normal_entry(wanted.what))
        nobodys = self._unclaimed([entry[1:]]) if entry.startswith("@") else ()
        return self._allowed(entry, self._guard.allowed()[entry], nobodys)

    def disallow(self, id_: str) -> None:
        """Judge it again. Raises NotFound, HttpProblem 409 for what stands in the settings."""
        for entry in self._guard.allowed():
            if self._id("allow", entry) == id_:
                self._guard.disallow(entry)
                return
        raise NotFound

    def set_mode(self, wanted: guard_wire.SetMode) -> None:
        """Until the next start."""
        self._guard.set_mode(wanted.mode)

    def events(self, cursor: str | None, limit: int) -> guard_wire.Events:
        """The latest events, newest first."""
        if cursor is not None and not (cursor.isascii() and cursor.isdigit() and len(cursor) < 16):
            raise malformed("not a cursor")
        lines = self._guard.log.latest(None if cursor is None else int(cursor), limit + 1)
        more = str(lines[limit - 1]["seq"]) if len(lines) > limit else None
        labels = {line["subject"]["key"]: self._guard.label(line["subject"]["key"]) for line in lines[:limit]}
        told = ((line["subject"]["kind"], labels[line["subject"]["key"]]) for line in lines[:limit])
        names = self._names([(kind, label) for kind, label in told if label is not None])
        return guard_wire.Events(
            tuple(self._event(line, labels[line["subject"]["key"]], names) for line in lines[:limit]), more
        )

    def _standings(self) -> list[Standing]:
        return [one for one in self._guard.standings() if one.action in _SHOWN]

    def _names(self, subjects: Iterable[tuple[str, str]]) -> Mapping[str, str]:
        """The registered names of the accounts among these (kind and key)."""
        return self._registered([key for kind, key in subjects if kind == "account"])

    def _all(self, names: Mapping[str, str]) -> list[guard_wire.Standing]:
        """What the detector decided, and whom brakes hold."""
        braked = (self._braked(one, names) for one in self._guard.brakes.standing())
        return [*(self._shown(one, names) for one in self._standings()), *braked]

    def _find(self, id_: str) -> Standing | Closed:
        for one in self._standings():
            if self._id("standing", str(one.subject)) == id_:
                return one
        for brake in self._guard.brakes.standing():
            if self._id("brake", str(brake)) == id_:
                return brake
        raise NotFound

    def _braked(self, one: Closed, names: Mapping[str, str]) -> guard_wire.Standing:
        return guard_wire.Standing(
            self._id("brake", str(one)),
            one.kind,
            _label(one.kind, one.key, names),
            "wait",
            self._ms(one.since),
            self._ms(one.until),
            _hundredths(one.wrong),
            _hundredths(one.most),
            _hundredths(1.0),
            one.why,
        )

    def _shown(self, one: Standing, names: Mapping[str, str]) -> guard_wire.Standing:
        subject = one.subject
        action: Any = one.action
        return guard_wire.Standing(
            self._id("standing", str(subject)),
            subject.kind,
            _label(subject.kind, subject.key, names),
            action,
            self._ms(one.since),
            self._ms(one.until) if one.until > 0 else None,
            _hundredths(one.score),
            _hundredths(one.threshold),
            _hundredths(one.factor),
            one.why[:_WHY_MAX] or one.action,
        )

    def _allowed(self, entry: str, since: int | None, nobodys: Collection[str]) -> guard_wire.Allowed:
        kind: guard_wire.AllowedKind = "account" if entry.startswith("@") else "network"
        return guard_wire.Allowed(
            self._id("allow", entry), kind, entry, since, since is None, entry[1:] in nobodys
        )

    def _event(self, line: dict[str, Any], label: str | None, names: Mapping[str, str]) -> guard_wire.Event:
        subject, evidence = line["subject"], line["evidence"]
        return guard_wire.Event(
            line["id"],
            line["seq"],
            line["ts"],
            line["point"],
            line["action"],
            line["mode"],
            subject["kind"],
            subject["key"],
            None if label is None else _label(subject["kind"], label, names),
            line["route"],
            line["method"],
            line["status"],
            _hundredths(line["score_before"]),
            _hundredths(line["score_after"]),
            _hundredths(line["threshold"]),
            _hundredths(line["factor"]),
            evidence["count"],
            evidence["seconds"],
            evidence["distinct"],
            line["expires"],
            line["why"][:_WHY_MAX] or line["action"],
        )

    def _ms(self, at: float) -> int:
        """A time of the detector's clock as the API writes it."""
        return max(0, self._now() + int((at - self._guard.time()) * 1000))

    def _id(self, kind: str, text: str) -> str:
        return hashlib.blake2b(f"{kind} {text}".encode(), key=self._key, digest_size=16).hexdigest()


class PayDesk:
    """Gives challenges, and passes for solved ones."""

    def __init__(self, guard: Guard, challenges: Challenges, passes: Passes) -> None:
        self._guard = guard
        self._challenges = challenges
        self._passes = passes

    def challenge(self, guest: Guest) -> challenge_wire.Challenge:
        """One for whoever asks, and whether they need it now."""
        ip = guest.source
        agent = guest.asking.header(b"user-agent")[:AGENT_MAX]
        browser = is_named_browser(guest.asking.headers)
        who = Who(ip, network_of(ip), agent=agent, browser=browser)
        stands = (self._guard.standing(who._replace(route=route)) for route in (None, LOGIN, *JOINS))
        needed = any(one.action == "challenge" for one in stands)
        return self._challenges.make(ip, self._passes.lost(ip), idle=self._passes.idle(ip), needed=needed)

    def solve(self, guest: Guest, solved: challenge_wire.Solved) -> challenge_wire.Pass:
        """A pass for its solution. Raises HttpProblem 422 `solution`, 409 `spent`."""
        ip = guest.source
        self._challenges.spend(ip, solved, self._passes.lost(ip), self._passes.idle(ip))
        return self._passes.grant(ip)


def _hundredths(number: float) -> int:
    return max(0, round(number * 100)) if math.isfinite(number) else 0


def _label(kind: str, key: str, names: Mapping[str, str]) -> str:
    if kind == "account":
        return f"@{names.get(key, key)}"
    word = _WORDS.get(kind)
    if word is None:
        return key or "unknown"
    if kind == "site":
        return word
    called = {"live": "a connection of the meeting", "pass": "a pass"}.get(key.partition(":")[0], word)
    return f"{called} ({key.rpartition(':')[2][:6]})"
