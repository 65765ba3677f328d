"""When a score is too high, what then stands, and to whom it applies."""

from __future__ import annotations

import math
from typing import Final

from peerseal.server.guard.detector import points as p
from peerseal.server.guard.detector.decisions import ALLOW, Action, Decision
from peerseal.server.guard.detector.points import POINTS
from peerseal.server.guard.detector.routes import FIRST, JOINS, SIGN_INS, is_open
from peerseal.server.guard.detector.rules import Rules
from peerseal.server.guard.detector.scores import Entry, Store
from peerseal.server.guard.detector.sightings import Sighting, Who
from peerseal.server.guard.detector.site import Site
from peerseal.server.guard.detector.standing import Standing, Standings
from peerseal.server.guard.detector.subjects import Subject, network_of
from peerseal.server.guard.detector.weighing import SLOW, Scored, Weighing, is_visitors, kind_of

_DAY: Final = 86_400.0
#: So much good work of anonymous clients shows that an address is shared.
_SHARED_WORK: Final = 4.0
#: Good requests of an anonymous client that is no newcomer.
_GOOD_CONDUCT: Final = 1.5
_SIGN_IN_MODE: Final = (
    "many names fail all over the site: sign-ins of unknown devices cost a moment of computing"
)
_ENDED: Final = "sessions of this account were ended for abuse again and again"
_HANDED_ON: Final = "sessions of this account that were ended before"
_LOST: Final = "challenges were solved only to go on"
_UNPAID: Final = "requests went on without the challenge being paid"
_JOIN_MODE: Final = "wrong codes come from many addresses: joining costs a moment of computing"


class Judging:
    """Turns scores into what stands, and what stands into the answer for one request."""

    def __init__(
        self, rules: Rules, store: Store, site: Site, standings: Standings, weighing: Weighing
    ) -> None:
        self._rules = rules
        self._store = store
        self._site = site
        self._standings = standings
        self._weighing = weighing

    # --- scores to standings -----------------------------------------------------------------------------------

    def judge(self, s: Sighting, scored: Scored, now: float) -> Decision:
        """What follows for the subject whose score has grown. `log` if it is worth a note."""
        subject, entry, before, slow = scored
        entry.made_of(kind_of(s).why if s.point else p.TOO_MANY, entry.score - before)
        action, threshold, factor, until = self._verdict(s, subject, entry, now)
        if action == "allow":
            return ALLOW
        why, score = _why(subject, entry), entry.score
        if subject.kind == "client" and self._weighing.names_tried(s, now) > self._rules.names:
            why = "with one program many names fail and none of them is right in the end"
        elif action == "challenge" and score < threshold * factor:
            # The slow score decided: it is what there is to see.
            threshold = self._rules.slow if subject.kind == "ip" else threshold
            before, score = slow, entry.slow
            why = f"{_guesses(s) if subject.kind == 'ip' else why}, too many within hours"
        if action != "log":
            self._put(Standing(subject, action, now, until, why, score, threshold, factor))
        return Decision(action, subject, why, until, before, score, threshold, factor)

    def _verdict(
        self, s: Sighting, subject: Subject, entry: Entry, now: float
    ) -> tuple[Action, float, float, float]:
        """What is to be done, the threshold that was looked at, what it is multiplied by, and until when."""
        rules = self._rules
        kind = subject.kind
        soon = now + rules.challenge_seconds
        if kind == "ip":
            return self._address(s, entry, now)
        if kind == "session":
            return self._session(s, subject, entry, now)
        if kind in ("account", "device"):
            most = rules.account if kind == "account" else rules.device
            if entry.score > most or (kind == "device" and entry.score >= most - 0.5):
                return "wait", most, 1.0, now + self._wait(most, entry.score)
            if kind == "account" and entry.slow > rules.account:
                return "challenge", rules.account, 1.0, soon
            return "allow", most, 1.0, 0.0
        factor = self._weighing.factor(entry, now)
        if kind == "net":
            threshold = rules.net
        elif kind == "client":
            threshold, factor = rules.challenge, (1 + factor) / 2
            if self._weighing.names_tried(s, now) > rules.names:
                threshold, factor = min(entry.score, threshold * factor), 1.0
        else:
            threshold, factor = rules.room, 1.0
        return ("challenge" if entry.score >= threshold * factor else "allow"), threshold, factor, soon

    def _address(self, s: Sighting, entry: Entry, now: float) -> tuple[Action, float, float, float]:
        rules = self._rules
        factor = self._weighing.factor(entry, now)
        # A challenge costs a moment, so a shared address pays sooner than it would be blocked, and at once for traps.
        half = 1.0 if s.point and kind_of(s).grave else (1 + factor) / 2
        bare = self._site.is_bare(s.ip, now)
        score = entry.score
        soon = now + rules.challenge_seconds
        sure = score >= rules.block * factor and entry.grave >= rules.challenge * factor
        if (
            (sure or score >= rules.block_slips * factor)
            and not self._shared(entry)
            and (not self._site.broken(now) or (bare and score >= rules.block_worst))
        ):
            return "block", rules.block, factor, self._block(Subject("ip", s.ip), entry, now)
        # Programs of people begin with their own name or code, browsers with an address somebody sent or typed, and
        # may be wrong about it for a while.
        own = not entry.grave and (
            s.point in ("login_failed", "code_wrong")
            or (s.point == "unknown_route" and is_visitors(s))
            or (s.point is None and len(entry.evidence or ()) <= 2)
        )
        limit = rules.challenge_bare if bare and not own else rules.challenge_newcomer
        limit = rules.challenge if self._shared(entry) else limit
        # Forwarded headers alone lead to a note: they never weigh this much (see weighing).
        if score >= limit * half or entry.slow >= rules.slow * half:
            return "challenge", limit, half, soon
        log = rules.log / 2 if bare else rules.log
        return ("log" if score >= log * half else "allow"), log, half, soon

    def _session(
        self, s: Sighting, subject: Subject, entry: Entry, now: float
    ) -> tuple[Action, float, float, float]:
        rules = self._rules
        score = entry.score
        soon = now + rules.challenge_seconds
        sure = score >= rules.block and entry.grave >= rules.challenge
        attacked = s.point == "login_failed" and (
            self._site.sign_ins_until > now or self._weighing.names_tried(s, now) > rules.names_hard
        )
        spent = entry.tries >= rules.pass_tries
        if (
            s.passed
            and not s.signed_in
            and (spent or score >= (rules.pass_in_mode if attacked else rules.challenge))
        ):
            # A pass that is abused is lost, and what was done under it is remembered for whom it was given to.
            self._weighing.owe(s, min(entry.score, rules.pass_in_mode if attacked else rules.challenge), now)
            self._lost(s, entry, now)
            return "challenge", rules.challenge, 1.0, soon
        if sure or score >= rules.block_slips:
            stands = self._standings.find("session", subject.key, now)
            if s.signed_in and s.account is not None and (stands is None or stands.action != "block"):
                self._hold_against(s.account, entry, now)
            until = self._block(subject, entry, now)
            return "block", rules.block, 1.0, until
        if score >= rules.challenge:
            return "challenge", rules.challenge, 1.0, soon
        return ("log" if score >= rules.log else "allow"), rules.log, 1.0, soon

    def _hold_against(self, name: str, session: Entry, now: float) -> None:
        """A session was ended: the next ones of its account begin with half of it, and too many need a pass."""
        rules = self._rules
        subject = Subject("account", name)
        account = self._store.touch(subject, now)
        # What one grave thing more would block: the next one may still make a mistake.
        share = 0.5 * min(1.0, rules.block / session.score)
        account.handed_on = (session.score * share, session.grave * share, now)
        lately = [one for one in account.ended if now - one[0] < rules.ended_seconds]
        account.ended = (*lately, (now, session.device))[-2 * rules.ended_sessions :]
        if len(account.ended) < rules.ended_sessions:
            return
        until = now + rules.ended_seconds
        score, threshold = float(len(account.ended)), float(rules.ended_sessions)
        devices = {device for _, device in account.ended if device is not None}
        for one in (subject, *(Subject("device", device) for device in sorted(devices))):
            self._store.touch(one, now)
            self._put(Standing(one, "challenge", now, until, _ENDED, score, threshold, 1.0))

    def begins(self, s: Sighting, session: str, now: float) -> None:
        """Somebody signed in: what was held against sessions of this account, unless from a known device without any."""
        account = None if s.account is None else self._store.find(("account", s.account))
        entry = self._store.touch(Subject("session", session), now)
        entry.device = s.device if s.known else None
        if account is None or not account.ended:
            return
        if entry.device is not None and all(device != entry.device for _, device in account.ended):
            return
        score, grave, since = account.handed_on
        if now - since < self._rules.ended_seconds:
            left = 2.0 ** (-(now - since) / self._rules.half_life)
            entry.score += score * left
            entry.grave += grave * left
            entry.made_of(_HANDED_ON, score * left)

    def _lost(self, s: Sighting, entry: Entry, now: float) -> None:
        ip = self._store.touch(Subject("ip", s.ip), now)
        ip.score += p.LOST_PASS
        ip.grave += p.LOST_PASS if entry.grave >= self._rules.log else 0.0
        ip.made_of(_LOST, p.LOST_PASS)
        ip.cap(self._rules)
        action, threshold, factor, until = self._address(s, ip, now)
        if action in ("challenge", "block"):
            why = _LOST
            self._put(Standing(Subject("ip", s.ip), action, now, until, why, ip.score, threshold, factor))

    def _put(self, standing: Standing) -> None:
        self._standings.put(standing)
        self._store.hold(standing.subject)

    def _block(self, subject: Subject, entry: Entry, now: float) -> float:
        """Until when: longer each time within a day. A block that stands is not made longer."""
        rules = self._rules
        stands = self._standings.find(subject.kind, subject.key, now)
        if stands is not None and stands.action == "block":
            return stands.until
        entry.blocks = entry.blocks + 1 if now - entry.blocked_at < _DAY else 1
        entry.blocked_at = now
        if subject.kind == "ip":
            self._site.blocked(subject.key, now)
        return now + min(rules.block_longest, rules.block_seconds * 2.0 ** min(entry.blocks - 1, 20))

    def _wait(self, most: float, score: float) -> float:
        """The longer the more was guessed, yet no longer than it takes to be forgotten."""
        rules = self._rules
        seconds = rules.wait_seconds * math.pow(2.0, min((score - most) / 4.0, 20.0))
        forgotten = rules.half_life * math.log2(max(score, most) / most)
        return min(rules.wait_longest, seconds, max(rules.wait_seconds, forgotten))

    def _shared(self, entry: Entry) -> bool:
        """People who did nothing are behind this address too: they must not be shut out."""
        return entry.shared >= self._rules.shared or entry.conduct >= _SHARED_WORK

    def step_up(self, subject: Subject, entry: Entry, now: float) -> None:
        """A session that seems taken pays once."""
        rules = self._rules
        why = "this session goes on from another network with another program"
        until = now + rules.flow_half_life
        self._put(Standing(subject, "challenge", now, until, why, entry.score, rules.challenge, 1.0))

    def unpaid(self, s: Sighting, scored: Scored, now: float) -> Decision:
        """What follows for an address that is challenged and goes on without paying: a block, or nothing."""
        subject, entry, before, _ = scored
        entry.made_of(_UNPAID, entry.score - before)
        action, threshold, factor, until = self._address(s, entry, now)
        # Going on is no trap: as much is needed as of any mistakes.
        if action != "block" or entry.score < self._rules.block_slips * factor:
            return ALLOW
        why = _UNPAID
        self._put(Standing(subject, action, now, until, why, entry.score, threshold, factor))
        grown = ((subject, entry.score - before),)
        return Decision(action, subject, why, until, before, entry.score, threshold, factor, grown)

    def of_address(self, ip: str, now: float) -> list[Subject]:
        """What else stands because of this address alone: takes what it weighed off its network."""
        programs = [
            one.subject
            for one in self._standings
            if one.subject.kind == "client" and one.subject.key.startswith(f"{ip} ")
        ]
        net = network_of(ip)
        share = self._weighing.take_off_network(ip, net, now)
        stands = self._standings.find("net", net, now)
        alone = stands is not None and stands.score * (1.0 - share) < stands.threshold * stands.factor
        return [*programs, Subject("net", net)] if alone else programs

    def forgive(self, subject: Subject, now: float) -> None:
        """The operator says it was nothing."""
        entry = self._store.touch(subject, now)
        entry.most, entry.parts = "", None
        entry.score = entry.grave = entry.slow = entry.tempo = entry.flow = entry.coming = entry.codes = 0.0
        entry.blocks = 0

    def resume(self, standing: Standing, now: float) -> None:
        """It stood before a restart."""
        self._store.touch(standing.subject, now)
        self._put(standing)

    # --- standings to answers ----------------------------------------------------------------------------------

    def waits(self, name: str, now: float) -> bool:
        """Strangers who sign in to this account have to wait."""
        stands = self._standings.find("account", name, now)
        return stands is not None and stands.action == "wait"

    def nothing_stands(self, now: float) -> bool:
        """So nobody need be looked at."""
        return not self._standings and self._site.sign_ins_until <= now and self._site.joins_until <= now

    def applies(self, who: Who, now: float) -> Decision:
        """The answer for one request: a session is judged on itself, everybody else on where they come from."""
        if who.session is not None:
            stands = self._standings.find("session", who.session, now)
            if stands is not None and (stands.action == "block" or not who.passed or not who.signed_in):
                return stands.decision()
        if who.signed_in or (who.route is not None and is_open(who.route)):
            return ALLOW
        if who.known and who.device is not None:
            stands = self._standings.find("device", who.device, now)
            if stands is None or (stands.action == "challenge" and who.passed):
                return ALLOW
            return stands.decision()
        return self._unknown(who, now)

    def _unknown(self, who: Who, now: float) -> Decision:
        address = self._standings.find("ip", who.ip, now)
        if address is not None and address.action == "block" and not self._softened(who, address, now):
            return address.decision()
        signs_in = who.route is None or who.route in SIGN_INS
        if signs_in and who.account is not None:
            stands = self._standings.find("account", who.account, now)
            if stands is not None and not who.passed:
                # Whoever pays may try: strangers who guess must not keep an owner with a new device out.
                return stands.decision()._replace(action="challenge")
        if who.passed or self._good_client(who, address):
            return ALLOW
        return self._strangers(who, address, now, signs_in=signs_in)

    def _strangers(self, who: Who, address: Standing | None, now: float, *, signs_in: bool) -> Decision:
        find = self._standings.find
        stands = address or find("net", who.net, now)
        if stands is None and who.agent is not None:
            stands = find("client", f"{who.ip} {who.agent}", now)
        if stands is None and who.room:
            stands = find("room", who.room, now)
        if stands is not None:
            return stands.decision()._replace(action="challenge")
        rules = self._rules
        if signs_in and who.route is not None and self._site.sign_ins_until > now:
            return Decision(
                "challenge",
                Subject("site", "sign-ins"),
                _SIGN_IN_MODE,
                self._site.sign_ins_until,
                threshold=rules.site_names,
            )
        if who.route in JOINS and self._site.joins_until > now:
            return Decision(
                "challenge",
                Subject("site", "joins"),
                _JOIN_MODE,
                self._site.joins_until,
                threshold=rules.site_codes,
            )
        return ALLOW

    def _softened(self, who: Who, address: Standing, now: float) -> bool:
        """Is this somebody at a blocked address who may be somebody else? They are challenged instead."""
        if who.device is not None or who.browser or who.route in FIRST:
            return True
        worst = address.score >= self._rules.block_worst and self._site.is_bare(who.ip, now)
        if self._site.broken(now) and not worst:
            return True
        entry = self._store.find(("ip", who.ip))
        if entry is None:
            return False
        self._weighing.factor(entry, now)
        if self._shared(entry):
            return True
        if who.account is not None and entry.good is not None and hash(who.account) in entry.good:
            return True
        # Whoever takes a new name for each request pays each time, and shuts out nobody else's program.
        return who.agent is not None and bool(entry.agents) and hash(who.agent) not in entry.agents

    def _good_client(self, who: Who, address: Standing | None) -> bool:
        """An anonymous client that was there, and good, before its address was noticed."""
        if who.session is None:
            return False
        entry = self._store.find(("session", who.session))
        if entry is None or entry.score >= POINTS["code_wrong"].session or entry.conduct < _GOOD_CONDUCT:
            return False
        return address is None or entry.first < address.since


def _why(subject: Subject, entry: Entry) -> str:
    """What weighed most, in words; score and threshold stand beside it wherever it is shown."""
    if subject.kind == "account":
        return "wrong passwords of strangers for this account"
    return entry.mostly() or p.TOO_MANY


def _guesses(s: Sighting) -> str:
    """What the slow score of an address is made of."""
    return kind_of(s).why if s.point in SLOW else "wrong passwords, codes or ids"
