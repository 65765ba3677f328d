"""The detector as one object: scores what is seen and says what is to be done. Time is an argument."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from peerseal.server.guard.detector.decisions import ALLOW, SEVERITY, Decision
from peerseal.server.guard.detector.judging import Judging
from peerseal.server.guard.detector.ordinary import Ordinary
from peerseal.server.guard.detector.routes import is_page, is_usual
from peerseal.server.guard.detector.rules import Rules
from peerseal.server.guard.detector.scores import Scores
from peerseal.server.guard.detector.sightings import Sighting, Who
from peerseal.server.guard.detector.site import Site
from peerseal.server.guard.detector.standing import Allowed, Standing, Standings, exported, restored
from peerseal.server.guard.detector.subjects import Subject
from peerseal.server.guard.detector.weighing import Scored, Weighing, agent_of, kind_of

_SWEEP_EVERY: Final = 60.0
DEFAULT: Final = Rules()


class Scoring:
    """Used from one thread, or behind one lock. A pure function of what it was told so far."""

    def __init__(self, rules: Rules = DEFAULT) -> None:
        self.rules = rules
        self._store = Scores(rules)
        self._site = Site(rules)
        self._allowed = Allowed()
        self._standings = Standings(self._store.release, rules.subjects // 2)
        self._weighing = Weighing(self._store, rules)
        self._judging = Judging(rules, self._store, self._site, self._standings, self._weighing)
        self._ordinary = Ordinary(rules, self._store, self._site, self._weighing, self._judging)
        self._now = 0.0
        self._swept = 0.0

    def __len__(self) -> int:
        return len(self._store)

    @property
    def broken(self) -> bool:
        """The circuit breaker is open: all but the worst addresses are challenged where they would be blocked."""
        return self._site.broken(self._now)

    def close_breaker(self) -> None:
        """The operator has looked: block again."""
        self._site.close_breaker()

    def site_modes(self, now: float) -> dict[str, float]:
        """Which modes of the site are on, until when: `sign_ins`, `joins`."""
        modes = {"sign_ins": self._site.sign_ins_until, "joins": self._site.joins_until}
        return {name: until for name, until in modes.items() if until > now}

    # --- seeing ------------------------------------------------------------------------------------------------

    def see(self, s: Sighting) -> Decision:
        """Score it, and say what applies to whoever did it from now on. Raises KeyError for an unknown point."""
        now = self._now = max(self._now, s.t)
        if now - self._swept >= _SWEEP_EVERY:
            self._swept = now
            self._standings.sweep(now)
        if self._allowed.covers(s.ip, s.account if s.signed_in or s.known else None):
            return ALLOW
        scored = self._ordinary.see(s, now) if s.point is None else self._suspicious(s, now)
        return self._outcome(s, scored, now)

    def unpaid(self, s: Sighting) -> Decision:
        """Who is challenged asked again without paying: `block` if that was too often, else nothing follows.

        Only for the address that is challenged itself, and where nobody was good lately: a page left open asks now
        and then, a program all the time. It makes no challenge longer.
        """
        now = self._now = max(self._now, s.t)
        stands = self._standings.find("ip", s.ip, now)
        if stands is None or stands.action != "challenge" or self._allowed.covers(s.ip, None):
            return ALLOW
        return self._judging.unpaid(s, self._weighing.of_unpaid(s.ip, now), now)

    def _outcome(self, s: Sighting, scored: list[Scored], now: float) -> Decision:
        worst: Decision = ALLOW
        points = tuple((one.subject, one.entry.score - one.before) for one in scored)
        decided: dict[Subject, Decision] = {}
        for one in scored:
            decision = decided[one.subject] = self._judging.judge(s, one, now)
            if SEVERITY[decision.action] > SEVERITY[worst.action]:
                worst = decision
        applies = self.standing(_who(s), now)
        if SEVERITY[applies.action] >= SEVERITY["challenge"]:
            for one in scored:
                if one.subject != applies.subject:
                    continue
                own = decided[one.subject]
                if own.action == applies.action:
                    return own._replace(until=applies.until, points=points)
                return applies._replace(score_before=one.before, score_after=one.entry.score, points=points)
            return applies._replace(points=points)
        # What was decided may not apply to this one; that it was seen is worth a note.
        noted = worst._replace(action="log") if worst.action != "allow" else applies
        return noted._replace(points=points) if points else noted

    def _suspicious(self, s: Sighting, now: float) -> list[Scored]:
        point = kind_of(s)
        name = point.name
        if s.session is not None and (s.signed_in or s.passed):
            scored = [self._weighing.of_session(s, s.session, now)]
        elif s.known and s.device is not None:
            weight = 1.0 if name == "login_failed" else point.session
            scored = [self._weighing.of_device(s.device, weight, now)]
            if name == "login_failed":
                return scored
            scored += self._weighing.of_stranger(s, 0.5, now)
        elif s.session is not None:
            # Anonymous: a new one costs nothing, so the address answers for it too.
            scored = [self._weighing.of_session(s, s.session, now)]
            kept = scored[0].entry.conduct / self.rules.conduct
            share = 1.0 if point.grave or name == "code_wrong" else 0.5 / (1.0 + kept)
            scored += self._weighing.of_stranger(s, share, now)
        else:
            scored = self._weighing.of_stranger(s, 1.0, now)
        if name == "login_failed" and s.account is not None and not s.signed_in:
            scored += self._failed_sign_in(s, s.account, now)
        elif name == "code_wrong" and not s.signed_in:
            if not self._standings.find("ip", s.ip, now):
                self._site.wrong_code(s.ip, now)
            room = room_of(s)
            if room:
                scored.append(self._weighing.of_room(room, now))
        return scored

    def _failed_sign_in(self, s: Sighting, name: str, now: float) -> list[Scored]:
        ip = self._store.touch(Subject("ip", s.ip), now)
        factor = self._weighing.factor(ip, now)
        # An address that stands already is no news: one alone must not make the whole site pay.
        if (ip.good is None or hash(name) not in ip.good) and not self._standings.find("ip", s.ip, now):
            self._site.failed(name, s.ip, s.net, now, strange=not ip.good)
        if self._judging.waits(name, now):
            # Without a pass it would have been refused unlooked at; with one, it is the pass that pays for it.
            if s.passed and s.session is not None:
                self._store.touch(Subject("session", s.session), now).tries += 1
            return []
        fast = ip.tempo >= self.rules.tempo * (1 + factor) / 2
        return [self._weighing.of_account(s, name, now, fast=fast)]

    # --- what applies ------------------------------------------------------------------------------------------

    def quiet(self, now: float) -> bool:
        """Nothing stands against anybody."""
        return self._judging.nothing_stands(now)

    def standing(self, who: Who, now: float) -> Decision:
        """What applies to a request that begins: nothing is scored."""
        if self._judging.nothing_stands(now):
            return ALLOW
        if self._allowed.covers(who.ip, who.account if who.signed_in or who.known else None):
            return ALLOW
        return self._judging.applies(who, now)

    def standings(self, now: float) -> list[Standing]:
        """What stands, the latest first."""
        self._now = max(self._now, now)
        self._standings.sweep(now)
        return sorted(self._standings, key=lambda one: -one.since)

    def undo(self, subject: Subject, now: float) -> list[Subject]:
        """End what stands against it and forget its score and earlier blocks; whose has ended, nobody's if nothing stood.

        With an address goes what stands against programs there, and against its network if the others in it would
        not have been enough.
        """
        self._now = max(self._now, now)
        if not self._standings.end(subject):
            return []
        ended = [subject, *(self._judging.of_address(subject.key, now) if subject.kind == "ip" else ())]
        for one in ended:
            self._standings.end(one)
            self._judging.forgive(one, now)
        return ended

    def allow(self, entry: str) -> None:
        """Never judge a network (`192.0.2.0/24`) or an account (`@name`). Raises ValueError."""
        self._allowed.add(entry)

    def disallow(self, entry: str) -> bool:
        """Judge it again; False if it was not allowed."""
        return self._allowed.remove(entry)

    def allows(self, ip: str, account: str | None) -> bool:
        """Whether the address, or the account, is never judged."""
        return self._allowed.covers(ip, account)

    def allowed(self) -> list[str]:
        """Networks and `@names` never judged."""
        return self._allowed.entries()

    # --- over a restart ----------------------------------------------------------------------------------------

    def export(self, now: float) -> dict[str, object]:
        """What survives a restart, for JSON: allow-list, blocks that stand, crowds, the breaker. Times count from now."""
        blocks = [exported(one, now) for one in self.standings(now) if one.action == "block"]
        left = max(0.0, self._site.broken_until - now)
        return {"allowed": self.allowed(), "blocks": blocks, "broken": left, "crowds": self.crowds()}

    def crowds(self) -> dict[str, int]:
        """How many guests came to each address that many share: after a restart all of them may come back at once."""
        return self._ordinary.crowds.export()

    def restore(self, saved: Mapping[str, object], now: float) -> None:
        """Take over what `export` gave; what does not read is left out."""
        entries = saved.get("allowed")
        for entry in entries if isinstance(entries, list) else ():
            try:
                self.allow(str(entry))
            except ValueError:
                continue
        blocks = saved.get("blocks")
        for fields in blocks if isinstance(blocks, list) else ():
            one = restored(fields, now)
            if one is not None:
                self._judging.resume(one, now)
        crowds = saved.get("crowds")
        self._ordinary.crowds.resume(crowds if isinstance(crowds, dict) else {}, now)
        left = saved.get("broken")
        if isinstance(left, int | float):
            self._site.broken_until = now + (
                self.rules.breaker_seconds if left is True else min(left, self.rules.breaker_seconds)
            )
        self._now = max(self._now, now)


def room_of(s: Sighting) -> str:
    """The room a wrong code was for: `detail["room"]`, or the number a code begins with."""
    room = s.detail.get("room")
    if isinstance(room, str):
        return room
    code = s.detail.get("code")
    number = code.partition("-")[0] if isinstance(code, str) else ""
    return number if number.isdigit() and number != code else ""


def _who(s: Sighting) -> Who:
    route = s.route
    if s.point == "unknown_route" and is_usual(s.detail.get("path")):
        route = "/"  # what browsers ask for by themselves is nothing to stop anybody for
    elif s.point is not None and s.point != "spoofed_forward" and is_page(route):
        route = "*"  # opening a page is free, what is wrong with a request is not
    return Who(
        s.ip,
        s.net,
        s.account,
        s.device,
        s.session,
        s.known,
        s.passed,
        s.signed_in,
        agent_of(s),
        route,
        room_of(s),
        s.detail.get("browser") is True,
    )
