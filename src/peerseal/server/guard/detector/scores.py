"""Scores that decay, in a store that is bounded: the least recently seen goes first, unless something stands."""

from __future__ import annotations

import math
from collections import OrderedDict
from typing import Final, Protocol

from peerseal.server.guard.detector.rules import Rules
from peerseal.server.guard.detector.subjects import Subject

#: Below this a score is nothing.
_NOTHING: Final = 1e-9


class Entry:
    """What is known of one subject. Scores are as of `at`."""

    __slots__ = (
        "agent",
        "agents",
        "at",
        "blocked_at",
        "blocks",
        "came",
        "codes",
        "coming",
        "conduct",
        "counted_at",
        "debt",
        "device",
        "ended",
        "evidence",
        "factor",
        "first",
        "flow",
        "good",
        "grave",
        "handed_on",
        "held",
        "kept",
        "most",
        "net",
        "parts",
        "score",
        "shared",
        "slow",
        "tempo",
        "tries",
    )

    def __init__(self, now: float) -> None:
        self.at = self.first = now
        self.score = 0.0
        self.grave = 0.0
        """The part of `score` that no mistake explains."""
        self.most = ""
        """What made up all of `score`, in words, as long as it is one thing; else see `parts`."""
        self.parts: dict[str, float] | None = None
        """How much of `score` each thing made up, once there are several."""
        self.slow = 0.0
        self.tempo = 0.0
        self.flow = 0.0
        self.coming = 0.0
        """Guests who connected just now."""
        self.came = 0.0
        """Guests who connected within a day or so, never many at once: all of them may come back at once."""
        self.debt = 0.0
        """What the next pass begins with."""
        self.codes = 0.0
        """Different wrong codes."""
        self.conduct = 0.0
        """Good requests of a session."""
        self.good: dict[int, float] | None = None
        """When each account or device was last good here."""
        self.evidence: dict[int, tuple[float, float]] | None = None
        """What each single thing weighed in all, as of when."""
        self.agents: tuple[int, ...] = ()
        """Programs that made points."""
        self.counted_at = -1.0
        self.factor = 1.0
        self.shared = 0
        self.blocks = 0
        self.blocked_at = 0.0
        self.net = ""
        self.agent: object = None
        self.kept = True
        self.held = False
        self.device: str | None = None
        """The known device a session was begun with."""
        self.tries = 0
        """Wrong ones of a pass at accounts whose strangers wait."""
        self.ended: tuple[tuple[float, str | None], ...] = ()
        """Of an account: when its latest sessions were blocked, and of which known device each was."""
        self.handed_on = (0.0, 0.0, 0.0)
        """Of an account: what its next session begins with (score and grave part), and as of when."""

    def decay(self, now: float, rules: Rules) -> None:
        """Bring all scores to `now`; a time before the last one changes nothing."""
        passed = now - self.at
        if passed <= 0:
            return
        self.at = now
        left = 2.0 ** (-passed / rules.half_life)
        if self.score:
            self.score = _kept(self.score * left)
            self.grave = _kept(self.grave * left)
            self.codes = _kept(self.codes * left)
            if self.parts is not None:
                self.parts = {what: part * left for what, part in self.parts.items()}
        if self.debt:
            self.debt = _kept(self.debt * left)
        if self.conduct:
            self.conduct = _kept(self.conduct * left)
        if self.slow:
            self.slow = _kept(self.slow * 2.0 ** (-passed / rules.slow_half_life))
        if self.tempo:
            self.tempo = _kept(self.tempo * 2.0 ** (-passed / rules.tempo_half_life))
        if self.flow:
            self.flow = _kept(self.flow * 2.0 ** (-passed / rules.flow_half_life))
        if self.coming or self.came:
            self._settle(passed, rules)

    def _settle(self, passed: float, rules: Rules) -> None:
        """Those who are coming have come."""
        left = self.came * 2.0 ** (-passed / rules.came_half_life)
        self.came = _kept(min(rules.came, left + _have_come(self.coming, passed, rules)))
        self.coming = _kept(self.coming * 2.0 ** (-passed / rules.flow_half_life))

    def made_of(self, what: str, amount: float) -> None:
        """So much of the score, which has grown already, is this."""
        if amount <= 0.0:
            return
        if self.parts is None and (not self.most or self.most == what or self.score <= amount):
            self.most = what
            return
        if self.parts is None:
            self.parts = {self.most: self.score - amount}
        self.parts[what] = self.parts.get(what, 0.0) + amount

    def mostly(self) -> str:
        """What makes up most of the score; "" for nothing."""
        return self.most if self.parts is None else max(self.parts, key=self.parts.__getitem__)

    def less(self, amount: float, of: tuple[str, ...]) -> None:
        """So much of it was a mistake, one of these."""
        left = amount
        for what in of:
            part = self.parts.get(what) if self.parts is not None else None
            if self.parts is not None and part is not None:
                self.parts[what] = max(0.0, part - left)
                left = max(0.0, left - part)
        self.score = max(0.0, self.score - amount)
        self.grave = min(self.grave, self.score)

    def cap(self, rules: Rules) -> None:
        """However much somebody did, it is forgotten in a time."""
        self.score = min(self.score, rules.most * rules.block * self.factor)
        self.grave = min(self.grave, self.score)
        self.slow = min(self.slow, rules.most * rules.slow * self.factor)

    def size(self) -> int:
        """How many single things it remembers."""
        return len(self.evidence or ()) + len(self.good or ())


def _have_come(coming: float, passed: float, rules: Rules) -> float:
    """How many of those `coming` have come when so much time has passed: of too many no more than of `crowd`."""
    half, most = rules.flow_half_life, rules.crowd
    crowded = min(passed, half * math.log2(coming / most)) if coming > most else 0.0
    left: float = 2.0 ** (-(passed - crowded) / half)
    return most * math.log(2.0) * crowded / half + min(coming, most) * (1.0 - left)


def _kept(score: float) -> float:
    return score if score > _NOTHING else 0.0


class Store(Protocol):
    """Where entries are. Another implementation may share them between processes.

    `touch` finds or makes the entry of a subject and brings it to `now`; `held` subjects are never forgotten. Entries
    are changed in place, and `remember` is how they grow.
    """

    def find(self, subject: tuple[str, str]) -> Entry | None: ...
    def touch(self, subject: Subject, now: float) -> Entry: ...
    def remember(self, entry: Entry, key: int, amount: float, now: float) -> None: ...
    def good(self, entry: Entry, key: int, now: float) -> None: ...
    def not_good(self, entry: Entry, key: int) -> None: ...
    def hold(self, subject: Subject) -> None: ...
    def release(self, subject: Subject) -> None: ...
    def forget(self, subject: Subject) -> None: ...
    def __len__(self) -> int: ...


class Scores:
    """`Store` in this process's memory."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._loose: OrderedDict[tuple[str, str], Entry] = OrderedDict()
        self._held: dict[tuple[str, str], Entry] = {}
        self._remembered = 0
        self._remembered_held = 0

    def __len__(self) -> int:
        return len(self._loose) + len(self._held)

    def find(self, subject: tuple[str, str]) -> Entry | None:
        """The entry, as of whenever it was touched last."""
        return self._loose.get(subject) or self._held.get(subject)

    def touch(self, subject: Subject, now: float) -> Entry:
        """See `Store`. Where everything is held, a new subject is scored this once and not kept."""
        entry = self._loose.get(subject)
        if entry is not None:
            self._loose.move_to_end(subject)
        else:
            entry = self._held.get(subject)
            if entry is None:
                entry = Entry(now)
                self._make_room(1)
                entry.kept = len(self) < self._rules.subjects
                if entry.kept:
                    self._loose[subject] = entry
                return entry
        entry.decay(now, self._rules)
        return entry

    def remember(self, entry: Entry, key: int, amount: float, now: float) -> None:
        """A single thing weighed so much in all. The oldest of an entry go first."""
        known = entry.evidence
        if known is None:
            known = entry.evidence = {}
        if key not in known:
            # What many stand for must not leave the others without a memory.
            full = entry.held and self._remembered_held >= self._rules.evidence_in_all // 2
            if known and (full or len(known) >= self._rules.evidence):
                del known[next(iter(known))]
            else:
                self._grown(entry)
        known[key] = (amount, now)
        self._make_room(0)

    def good(self, entry: Entry, key: int, now: float) -> None:
        """An account or device is good here. At most four times as many as of evidence."""
        known = entry.good
        if known is None:
            known = entry.good = {}
        if key not in known:
            if len(known) >= 4 * self._rules.evidence:
                del known[next(iter(known))]
            else:
                self._grown(entry)
            entry.counted_at = -1.0
        known[key] = now

    def not_good(self, entry: Entry, key: int) -> None:
        """No longer."""
        if entry.good is not None and entry.good.pop(key, None) is not None:
            self._grown(entry, -1)

    def hold(self, subject: Subject) -> None:
        """Something stands against it: it is not forgotten until `release`."""
        entry = self._loose.pop(subject, None)
        if entry is not None:
            self._held[subject] = entry
            entry.held = True
            room = self._rules.evidence_in_all // 2 - self._remembered_held - entry.size()
            if room < 0 and entry.evidence:
                lost = list(entry.evidence)[: max(1, -room)]
                for key in lost:
                    del entry.evidence[key]
                self._remembered -= len(lost)
            self._remembered_held += entry.size()

    def release(self, subject: Subject) -> None:
        """Nothing stands any more: it is as if just seen."""
        entry = self._held.pop(subject, None)
        if entry is not None:
            self._freed(entry)
            self._loose[subject] = entry
            self._make_room(0)

    def forget(self, subject: Subject) -> None:
        """As if it had never been seen."""
        entry = self._loose.pop(subject, None)
        if entry is None:
            entry = self._held.pop(subject, None)
            if entry is not None:
                self._freed(entry)
        if entry is not None:
            self._drop(entry)

    def _grown(self, entry: Entry, by: int = 1) -> None:
        if entry.kept:
            self._remembered += by
            self._remembered_held += by if entry.held else 0

    def _freed(self, entry: Entry) -> None:
        entry.held = False
        self._remembered_held -= entry.size()

    def _drop(self, entry: Entry) -> None:
        entry.kept = False
        self._remembered -= entry.size()

    def _make_room(self, coming: int) -> None:
        rules = self._rules
        while self._loose and (
            len(self) + coming > rules.subjects or self._remembered > rules.evidence_in_all
        ):
            _, entry = self._loose.popitem(last=False)
            self._drop(entry)
