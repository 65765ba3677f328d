"""Ordinary requests: what they show of whom, what a success takes back, and when there are too many."""

from __future__ import annotations

from typing import Final

from peerseal.server.guard.detector import points as p
from peerseal.server.guard.detector.crowds import Crowds
from peerseal.server.guard.detector.judging import Judging
from peerseal.server.guard.detector.routes import (
    CONNECT,
    COUNTED,
    JOIN_AGAIN,
    JOINS,
    LOGIN,
    LOGIN_PARAMS,
    WORK,
    is_register,
    shows_nothing,
)
from peerseal.server.guard.detector.rules import Rules
from peerseal.server.guard.detector.scores import Entry, Store
from peerseal.server.guard.detector.sightings import Sighting
from peerseal.server.guard.detector.site import Site
from peerseal.server.guard.detector.subjects import Subject
from peerseal.server.guard.detector.weighing import Scored, Weighing, agent_of

_GOOD_EVERY: Final = 60.0
#: More wrong codes than this of one client are no mistakes: being right in the end takes nothing back.
_MISTAKES: Final = 4
#: Connecting, and joining once more on one connection.
_COMINGS: Final = frozenset({CONNECT, JOIN_AGAIN})


class Ordinary:
    """Learns from requests that are no point."""

    def __init__(self, rules: Rules, store: Store, site: Site, weighing: Weighing, judging: Judging) -> None:
        self._rules = rules
        self._store = store
        self._site = site
        self._weighing = weighing
        self._judging = judging
        #: How many guests came to which address.
        self.crowds = Crowds(rules, store)

    def see(self, s: Sighting, now: float) -> list[Scored]:
        """Whose score has grown by it, if anybody's."""
        if s.session is not None and (s.signed_in or not s.passed):
            return self._conduct(s, s.session, now)
        if s.status < 400 and not shows_nothing(s.route):
            self._site.fine(s.ip, now, good=False)
        if s.route in _COMINGS and not s.known:
            return self._came(s, now)
        if s.route == LOGIN and s.status < 300 and s.account is not None:
            self._signed_in(s, s.account, now)
            return []
        if s.route in COUNTED and not s.known:
            return self._crowd(s, now)
        return []

    def _conduct(self, s: Sighting, session: str, now: float) -> list[Scored]:
        subject = Subject("session", session)
        entry = self._store.touch(subject, now)
        good = s.status < 400
        if good and s.route not in _COMINGS:
            entry.conduct += 1
        scored = self._moved(s, subject, entry, now) if s.signed_in else []
        if s.signed_in and good and s.route == LOGIN:
            self._judging.begins(s, session, now)
        if entry.score >= self._rules.log:
            return scored
        if s.signed_in:
            if good and s.account is not None and (s.route == LOGIN or entry.conduct <= 1):
                self._signed_in(s, s.account, now)
            if good and now - entry.counted_at >= _GOOD_EVERY:
                entry.counted_at = now
                self._good_here(s, now)
            return scored
        return self._anonymous(s, session, entry, now) if good else scored

    def _anonymous(self, s: Sighting, session: str, entry: Entry, now: float) -> list[Scored]:
        """What an anonymous client of a meeting does that is good."""
        if s.route in _COMINGS:
            return self._came(s, now)
        if not shows_nothing(s.route):
            self._site.fine(s.ip, now, good=False)
        if s.route in WORK:
            self._store.touch(Subject("ip", s.ip), now).conduct += 1
        elif s.route in JOINS and entry.codes < _MISTAKES:
            self._store.touch(Subject("ip", s.ip), now).conduct += p.RIGHT_CODE
            self._weighing.right_code(s, session, now)
            self._site.right_code(s.ip)
        return []

    def _came(self, s: Sighting, now: float) -> list[Scored]:
        """One more connection or joining. Whoever paid answers by the pass; an address pays for too many, and no more.

        All guests behind one address may come back at once after a line or the server was down: as many as came
        before are free.
        """
        if s.passed and s.session is not None:
            subject = Subject("session", s.session)
            entry = self._store.touch(subject, now)
            entry.flow += 1
            return self._flood(subject, entry, now)
        subject = Subject("ip", s.ip)
        entry = self._store.touch(subject, now)
        half = (1 + self._weighing.factor(entry, now)) / 2
        if not self.crowds.come(s.ip, entry, half) or entry.score >= self._rules.challenge * half:
            return []
        return [self._weighing.of_crowd(subject, p.FLOOD, "", now)]

    def _moved(self, s: Sighting, subject: Subject, entry: Entry, now: float) -> list[Scored]:
        """Another network and another program at once, while the ones before are still active: a taken session."""
        agent = agent_of(s) or None  # to say no name is no other program
        if entry.net == s.net and entry.agent == agent:
            return []
        before = entry.net, entry.agent
        entry.counted_at = -_GOOD_EVERY
        if agent is not None:
            entry.agent = agent
        entry.net = s.net
        if not before[0] or before[1] is None or agent is None or before[0] == s.net or before[1] == agent:
            return []
        pair = hash((s.net, agent))
        if not entry.agents:
            entry.agents = (hash(before),)
        if pair in entry.agents or len(entry.agents) > self._rules.agents:
            return []
        entry.agents += (pair,)
        score = entry.score
        entry.score += p.TAKEN_OVER
        self._judging.step_up(subject, entry, now)
        return [Scored(subject, entry, score)]

    def _good_here(self, s: Sighting, now: float) -> None:
        self._site.fine(s.ip, now, good=True)
        ip = self._store.touch(Subject("ip", s.ip), now)
        thing = hash(s.account)
        self._store.good(ip, thing, now)
        if s.net:
            self._store.good(self._store.touch(Subject("net", s.net), now), thing, now)
        agent = agent_of(s)
        if agent is not None:
            self._store.good(self._store.touch(Subject("client", f"{s.ip} {agent}"), now), thing, now)

    def _signed_in(self, s: Sighting, name: str, now: float) -> None:
        """The right password: what was wrong before was a mistake."""
        self._weighing.take_back(s, name, now)
        self._weighing.take_back(s, f"asked {name}", now)
        self._weighing.account_right(s, name, now)
        self._weighing.name_right(s, name, now)
        self._site.succeeded(name, s.ip, s.net)
        self._good_here(s, now)

    def _crowd(self, s: Sighting, now: float) -> list[Scored]:
        """Ordinary, yet nothing people do much of: asking about names, registering, opening links."""
        subject = Subject("ip", s.ip) if s.session is None or not s.passed else Subject("session", s.session)
        entry = self._store.touch(subject, now)
        if s.account is not None and entry.good is not None and hash(s.account) in entry.good:
            return []
        entry.flow += 1
        if s.route == LOGIN_PARAMS and s.account is not None:
            return [self._weighing.of_crowd(subject, p.ASKED_NAME, f"asked {s.account}", now)]
        if is_register(s.route) and s.status < 300:
            return [self._weighing.of_crowd(subject, p.REGISTERED, "", now)]
        return self._flood(subject, entry, now)

    def _flood(self, subject: Subject, entry: Entry, now: float) -> list[Scored]:
        if entry.flow <= self._rules.flow * (1 + self._weighing.factor(entry, now)) / 2:
            return []
        return [self._weighing.of_crowd(subject, p.FLOOD, "", now)]
