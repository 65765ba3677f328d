"""What one sighting adds to whose score, and what a success takes back."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

from peerseal.server.guard.detector import points as p
from peerseal.server.guard.detector.points import POINTS, Point
from peerseal.server.guard.detector.routes import weight_of_path
from peerseal.server.guard.detector.rules import Rules
from peerseal.server.guard.detector.scores import Entry, Store
from peerseal.server.guard.detector.sightings import VISITOR, Sighting
from peerseal.server.guard.detector.subjects import Kind, Subject

_COUNT_EVERY: Final = 60.0
#: What may be tried so slowly that the ordinary score forgets it: the slow one is made of it too.
SLOW: Final = frozenset({"login_failed", "code_wrong", "not_found_object", "unknown_route"})
#: What the right password or code may take back.
_MISTAKES: Final = (POINTS["login_failed"].why, POINTS["code_wrong"].why, p.TOO_MANY)
#: A point that never leads beyond `log` stays this far below a challenge.
_BELOW: Final = 0.8


class Scored(NamedTuple):
    """A score that has grown; `slow` is what the slow one was before."""

    subject: Subject
    entry: Entry
    before: float
    slow: float = 0.0


def kind_of(s: Sighting) -> Point:
    """The point it is. A control character in a name is no way out of a folder, except NUL."""
    if s.point == "bad_name" and s.detail.get("reason") == "control":
        path = s.detail.get("path")
        if not isinstance(path, str) or "\0" not in path:
            return p.ODD_NAME
    return POINTS[s.point or ""]


def thing_of(s: Sighting) -> str | None:
    """What exactly it was about: the name, code, id or path."""
    if s.point == "login_failed":
        return s.account
    if s.point == "not_accepted":
        peer = s.detail.get("peer")
        return f"peer {peer}" if isinstance(peer, str | int) else None
    order = ("path", "id") if s.point == "unknown_route" else ("code", "id", "path")
    for field in order:
        value = s.detail.get(field)
        if isinstance(value, str | int):
            return str(value)
    return None


def agent_of(s: Sighting) -> str | None:
    """What the program says of itself: "" for nothing, as if that were its name; None if it is not known what."""
    agent = s.detail.get("ua")
    return agent if isinstance(agent, str) else None


def is_visitors(s: Sighting) -> bool:
    """Whether somebody in a browser slipped, or another page made it."""
    return s.detail.get(VISITOR) is True


class Weighing:
    """Knows the entries and what weighs how much; decides nothing."""

    def __init__(self, store: Store, rules: Rules) -> None:
        self.store = store
        self._rules = rules

    def factor(self, entry: Entry, now: float) -> float:
        """1 + log2(1 + n), n the accounts good there within a day (`entry.shared`), and of right codes a few."""
        if entry.counted_at < 0 or now - entry.counted_at > _COUNT_EVERY:
            good = entry.good
            if good:
                old = now - self._rules.good_seconds
                for key in [key for key, at in good.items() if at < old]:
                    self.store.not_good(entry, key)
            entry.shared = len(good or ())
            joins = min(entry.conduct / p.RIGHT_CODE, self._rules.joins)
            entry.factor = 1.0 + math.log2(1 + entry.shared + joins)
            entry.counted_at = now
        return entry.factor

    def of_session(self, s: Sighting, session: str, now: float) -> Scored:
        """A point of somebody with a session or pass. Who did much good may err more often."""
        point = kind_of(s)
        subject = Subject("session", session)
        entry = self.store.touch(subject, now)
        if s.passed and not s.signed_in:
            self._under_pass(s, entry, now)
        before = entry.score
        # Under a pass anybody may be anybody: a wrong password weighs there what it weighs for an address.
        weight = max(point.ip, point.session) if s.passed and not s.signed_in else point.session
        amount, grave = self._amount(s, entry, point, weight, now)
        if not grave:
            amount /= 1.0 + entry.conduct / self._rules.conduct
        thing = thing_of(s)
        if thing is not None:
            self._tally(entry, hash(thing), amount, now)
        self._add(entry, amount, grave=grave)
        return Scored(subject, entry, before)

    def _under_pass(self, s: Sighting, entry: Entry, now: float) -> None:
        if not entry.net:
            entry.net = s.net or s.ip
            entry.score += self._debtor(s, now).debt
        agent = agent_of(s)
        ip = self.store.find(("ip", s.ip))
        if agent is not None and ip is not None and ip.shared >= 2:
            self._tried_name(s, agent, now)

    def of_stranger(self, s: Sighting, share: float, now: float) -> list[Scored]:
        """A point that counts for the address: for its network half, for its program too where many share it."""
        point = kind_of(s)
        subject = Subject("ip", s.ip)
        ip = self.store.touch(subject, now)
        factor = self.factor(ip, now)
        before, slow = ip.score, ip.slow
        weight = self._weight_there(s, ip, point)
        amount, grave = self._amount(s, ip, point, weight, now)
        if amount:
            ip.tempo += share
            if ip.tempo >= self._rules.tempo * (1 + factor) / 2:
                amount *= 2
        amount *= share
        self._note(s, ip, amount, now)
        self._add(ip, amount, grave=grave)
        if point.name in SLOW:
            ip.slow += amount / 3
            ip.cap(self._rules)
        agent = agent_of(s)
        if agent is not None and point.name != "csrf" and not is_visitors(s):
            # What another page made a browser send is not its doing.
            others = (one for one in ip.agents if one != hash(agent))
            ip.agents = (*others, hash(agent))[-self._rules.agents :]
        scored = [Scored(subject, ip, before, slow)]
        if agent is not None and ip.shared >= 2:
            self._tried_name(s, agent, now)
        if point.name == "spoofed_forward":
            return scored
        if s.net:
            scored.append(self._of_network(s.ip, s.net, amount / 2, now))
        if agent is not None and ip.shared >= 2:
            # For this program alone it does not matter who else was good here.
            own = 2.0 if weight == p.NEW_NAME_AT_A_GOOD_ADDRESS else 1.0
            scored.append(self._plain("client", f"{s.ip} {agent}", amount * own, now))
        return scored

    def _tried_name(self, s: Sighting, agent: str, now: float) -> None:
        """A name failed with this program, at an address many share."""
        if s.point == "login_failed" and s.account is not None:
            entry = self.store.touch(Subject("client", f"{s.ip} {agent}"), now)
            self.store.remember(entry, hash(("tried", s.account)), 1.0, now)

    def names_tried(self, s: Sighting, now: float) -> int:
        """How many different names failed with this program at a shared address lately, and were not right since."""
        entry = self.store.find(("client", f"{s.ip} {agent_of(s)}"))
        if entry is None or entry.evidence is None:
            return 0
        since = now - self._rules.half_life
        return sum(amount > 0 and at >= since for amount, at in entry.evidence.values())

    def name_right(self, s: Sighting, name: str, now: float) -> None:
        """It was this one's own."""
        entry = self.store.find(("client", f"{s.ip} {agent_of(s)}"))
        tried = hash(("tried", name))
        if entry is not None and entry.evidence is not None and tried in entry.evidence:
            self.store.remember(entry, tried, 0.0, now)

    def owe(self, s: Sighting, amount: float, now: float) -> None:
        """A pass was lost with so much: the next one of this program, or this address, begins with half of it."""
        self._debtor(s, now).debt = amount / 2

    def _debtor(self, s: Sighting, now: float) -> Entry:
        ip = self.store.touch(Subject("ip", s.ip), now)
        agent = agent_of(s)
        if agent is None or ip.shared < 2:
            return ip
        return self.store.touch(Subject("client", f"{s.ip} {agent}"), now)

    def of_account(self, s: Sighting, name: str, now: float, *, fast: bool) -> Scored:
        """A wrong password of no known device, for the account it was tried at."""
        subject = Subject("account", name)
        entry = self.store.touch(subject, now)
        before, slow = entry.score, entry.slow
        amount = 2.0 if fast else 1.0
        self._tally(entry, hash(("from", s.ip)), amount, now)
        self._add(entry, amount, grave=False)
        entry.slow += 1
        return Scored(subject, entry, before, slow)

    def of_device(self, device: str, amount: float, now: float) -> Scored:
        """Something of a known device."""
        return self._plain("device", device, amount, now)

    def of_unpaid(self, ip: str, now: float) -> Scored:
        """A request of a challenged address that did not pay: beyond what a page left open asks, and nobody was good there."""
        subject = Subject("ip", ip)
        entry = self.store.touch(subject, now)
        before = entry.score
        self.factor(entry, now)
        if entry.shared < self._rules.shared:
            entry.flow += 1
            if entry.flow > self._rules.flow:
                self._add(entry, p.UNPAID, grave=False)
        return Scored(subject, entry, before)

    def of_room(self, room: str, now: float) -> Scored:
        """A wrong code for a room."""
        return self._plain("room", room, POINTS["code_wrong"].ip, now)

    def of_crowd(self, subject: Subject, amount: float, key: str, now: float) -> Scored:
        """Ordinary requests of strangers that are too many; `key` is what a sign-in takes back."""
        entry = self.store.touch(subject, now)
        before = entry.score
        if key:
            thing = hash(key)
            if entry.evidence is not None and thing in entry.evidence:
                return Scored(subject, entry, before)
            entry.tempo += amount
            if entry.tempo >= self._rules.tempo * (1 + self.factor(entry, now)) / 2:
                amount *= 2
            self._tally(entry, thing, amount, now)
        self._add(entry, amount, grave=False)
        return Scored(subject, entry, before)

    def take_back(self, s: Sighting, thing: str, now: float) -> None:
        """It was a mistake: what it weighed for the address, its network and its program is taken back."""
        entry = self.store.touch(Subject("ip", s.ip), now)
        known = entry.evidence.get(hash(thing)) if entry.evidence else None
        if known is None:
            return
        amount = known[0] * 2.0 ** (-(now - known[1]) / self._rules.half_life)
        self.store.remember(entry, hash(thing), 0.0, now)
        entry.less(amount, _MISTAKES)
        entry.slow = max(0.0, entry.slow - amount / 3)
        entry.codes = max(0.0, entry.codes - 1) if thing.startswith("of ") else entry.codes
        agent = agent_of(s)
        if agent is not None and self.store.find(("client", f"{s.ip} {agent}")) is not None:
            self.store.touch(Subject("client", f"{s.ip} {agent}"), now).less(amount, _MISTAKES)
        if s.net:
            net = self.store.touch(Subject("net", s.net), now)
            net.less(amount / 2, _MISTAKES)
            self._tally(net, hash(s.ip), -amount / 2, now)

    def take_off_network(self, ip: str, net: str, now: float) -> float:
        """What this address weighed for its network counts no more; which share (0 to 1) of its score that was."""
        if self.store.find(("net", net)) is None:
            return 0.0
        entry = self.store.touch(Subject("net", net), now)
        known = entry.evidence.get(hash(ip)) if entry.evidence else None
        if known is None or entry.score <= 0.0:
            return 0.0
        amount: float = max(0.0, known[0] * 2.0 ** (-(now - known[1]) / self._rules.half_life))
        share = min(1.0, amount / entry.score)
        entry.less(amount, _MISTAKES)
        self.store.remember(entry, hash(ip), 0.0, now)
        return share

    def right_code(self, s: Sighting, session: str, now: float) -> None:
        """Wrong ones of this client were mistakes; or its own was tried before, too early, on another connection."""
        entry = self.store.touch(Subject("ip", s.ip), now)
        mine = f"of {session}"
        known = entry.evidence.get(hash(mine)) if entry.evidence else None
        code = thing_of(s)
        if known is not None and known[0] > 0.0:
            self.take_back(s, mine, now)
        elif code is not None and entry.codes <= p.CODES_FREE:
            self.take_back(s, code, now)

    def account_right(self, s: Sighting, name: str, now: float) -> None:
        """The right password at last: wrong ones from there no longer count against strangers at this account."""
        if self.store.find(("account", name)) is None:
            return
        entry = self.store.touch(Subject("account", name), now)
        known = entry.evidence.get(hash(("from", s.ip))) if entry.evidence else None
        if known is not None:
            amount = known[0] * 2.0 ** (-(now - known[1]) / self._rules.half_life)
            entry.less(amount, _MISTAKES)
            entry.slow = max(0.0, entry.slow - amount)
            self.store.remember(entry, hash(("from", s.ip)), 0.0, now)

    def _weight_there(self, s: Sighting, ip: Entry, point: Point) -> float:
        if point.name != "login_failed":
            return point.ip
        good = ip.good
        if not good:
            return point.ip
        return p.OWN_NAME if hash(s.account) in good else p.NEW_NAME_AT_A_GOOD_ADDRESS

    def _amount(
        self, s: Sighting, entry: Entry, point: Point, weight: float, now: float
    ) -> tuple[float, bool]:
        """What it weighs, and whether no mistake explains it. Remembers what it was about."""
        thing = thing_of(s)
        grave = point.grave
        if point.name == "unknown_route" and thing is not None:
            weight *= weight_of_path(thing)
            grave = weight >= 4
        elif point.name == "spoofed_forward":
            room = self._rules.challenge_bare * _BELOW - entry.score
            return max(0.0, min(weight, room)), False
        known = None if thing is None or entry.evidence is None else entry.evidence.get(hash(thing))
        if known is not None and point.name == "not_accepted":
            return weight * (p.LATE if now - known[1] < p.LATE_SECONDS else 1.0), grave
        if known is not None:
            again = p.OWN_NAME if point.name == "login_failed" else weight * point.again
            amount = min(again, max(0.0, point.most - known[0]))
            if entry.tempo >= self._rules.tempo and point.name == "login_failed":
                amount = again
            return amount, grave
        if point.name == "code_wrong":
            entry.codes += 1
            if entry.codes > p.CODES_FREE:
                weight, grave = weight * 2, True
        elif point.name == "login_failed":
            # Having asked about this one name first, as programs do, is no second one.
            asked = hash(f"asked {s.account}")
            grave = weight > p.OWN_NAME and any(key != asked for key in entry.evidence or ())
        if thing is not None:
            self._tally(entry, hash(thing), 0.0, now)
        return weight, grave

    def _note(self, s: Sighting, ip: Entry, amount: float, now: float) -> None:
        thing = thing_of(s)
        if thing is not None:
            self._tally(ip, hash(thing), amount, now)
        if s.point == "code_wrong" and s.session is not None:
            self._tally(ip, hash(f"of {s.session}"), amount, now)

    def _tally(self, entry: Entry, key: int, amount: float, now: float) -> None:
        known = entry.evidence.get(key) if entry.evidence else None
        if known is not None:
            amount += known[0] * 2.0 ** (-(now - known[1]) / self._rules.half_life)
        self.store.remember(entry, key, amount, now)

    def _of_network(self, ip: str, net: str, amount: float, now: float) -> Scored:
        scored = self._plain("net", net, amount, now)
        self._tally(scored.entry, hash(ip), amount, now)
        return scored

    def _plain(self, kind: Kind, key: str, amount: float, now: float) -> Scored:
        subject = Subject(kind, key)
        entry = self.store.touch(subject, now)
        before = entry.score
        self._add(entry, amount, grave=False)
        return Scored(subject, entry, before)

    def _add(self, entry: Entry, amount: float, *, grave: bool) -> None:
        entry.score += amount
        if grave:
            entry.grave += amount
        entry.cap(self._rules)
