"""What stands against whom: since when, until when and why; what is never judged; what was undone."""

from __future__ import annotations

import heapq
import ipaddress
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Final, TypeAlias

from peerseal.server.guard.detector.decisions import SEVERITY, Action, Decision
from peerseal.server.guard.detector.subjects import KINDS, Kind, Subject

_Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
#: Answers of the allow-list that are remembered.
_KNOWN: Final = 10_000
_ACTIONS: Final[tuple[Action, ...]] = ("challenge", "wait", "block")
_SESSIONS: Final = "session"
#: Who has many addresses, or makes many sessions, fills only a part of what may stand. Parts of one.
_PARTS: Final[dict[str, float]] = {"challenge": 1 / 2, "wait": 1 / 8, "block": 1 / 4, _SESSIONS: 1 / 8}
#: Where blocks are too many, this part of them ends at once: so one more costs little.
_BLOCKS_AT_ONCE: Final = 16


@dataclass(slots=True)
class Standing:
    """One decision that applies until it expires or is undone."""

    subject: Subject
    action: Action
    since: float
    until: float
    why: str
    score: float
    threshold: float
    factor: float

    def decision(self) -> Decision:
        """As the answer for whoever it applies to."""
        return Decision(
            self.action,
            self.subject,
            self.why,
            self.until,
            self.score,
            self.score,
            self.threshold,
            self.factor,
        )


class Standings:
    """What stands, at most `most`. `ended` is told of each subject against which nothing stands any more.

    Challenges, waits, blocks, and what stands against sessions have places of their own, so none drives out another.
    """

    def __init__(self, ended: Callable[[Subject], None], most: int) -> None:
        self._all: dict[tuple[str, str], Standing] = {}
        self._orders: dict[str, dict[Subject, None]] = {part: {} for part in _PARTS}  # the oldest first
        self._most = {part: max(1, int(most * share)) for part, share in _PARTS.items()}
        self._ended = ended

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[Standing]:
        return iter(self._all.values())

    def find(self, kind: Kind, key: str, now: float) -> Standing | None:
        """What stands against it now."""
        found = self._all.get((kind, key))
        if found is None or found.until > now:
            return found
        self.end(found.subject)
        return None

    def put(self, new: Standing) -> None:
        """It stands from now on; what is as severe already stands longer, what is more severe stays."""
        old = self._all.get(new.subject)
        if old is not None and old.until > new.since:
            if SEVERITY[old.action] > SEVERITY[new.action]:
                return
            if old.action == new.action:
                new.since = old.since
                new.until = max(old.until, new.until)
            elif new.subject.kind == "account":
                new.until = max(old.until, new.until)  # a short wait does not end a long challenge
        part = _part(new)
        if old is not None and _part(old) != part:
            del self._orders[_part(old)][old.subject]
        order = self._orders[part]
        if new.subject not in order and len(order) >= self._most[part]:
            self._make_room(part)
        order[new.subject] = None
        self._all[new.subject] = new

    def end(self, subject: Subject) -> bool:
        """Nothing stands against it any more; False if nothing did."""
        standing = self._all.pop(subject, None)
        if standing is None:
            return False
        del self._orders[_part(standing)][standing.subject]
        self._ended(subject)
        return True

    def sweep(self, now: float) -> None:
        """End what has expired."""
        for standing in [one for one in self._all.values() if one.until <= now]:
            self.end(standing.subject)

    def _make_room(self, part: str) -> None:
        """The oldest goes; of blocks those that would end first, some at once."""
        order = self._orders[part]
        if part != "block":
            self.end(next(iter(order)))
            return
        count = len(order) // _BLOCKS_AT_ONCE + 1
        for subject in heapq.nsmallest(count, order, key=lambda one: self._all[one].until):
            self.end(subject)


def _part(standing: Standing) -> str:
    return _SESSIONS if standing.subject.kind == "session" else standing.action


class Allowed:
    """Networks and accounts that are never judged."""

    def __init__(self) -> None:
        self._networks: dict[str, _Network] = {}
        self._accounts: set[str] = set()
        self._known: dict[str, bool] = {}

    def add(self, entry: str) -> None:
        """A network in CIDR or an account as `@name`. Raises ValueError."""
        if entry.startswith("@"):
            if len(entry) == 1:
                raise ValueError("an account is written @name")
            self._accounts.add(entry[1:])
        else:
            network = ipaddress.ip_network(entry, strict=False)
            self._networks[str(network)] = network
            self._known.clear()

    def remove(self, entry: str) -> bool:
        """Judge it again; False if it was not allowed."""
        self._known.clear()
        if entry.startswith("@"):
            present = entry[1:] in self._accounts
            self._accounts.discard(entry[1:])
            return present
        try:
            return self._networks.pop(str(ipaddress.ip_network(entry, strict=False)), None) is not None
        except ValueError:
            return False

    def entries(self) -> list[str]:
        """Networks first, then `@names`."""
        return [*self._networks, *(f"@{name}" for name in sorted(self._accounts))]

    def covers(self, ip: str, account: str | None) -> bool:
        """Is this somebody who is never judged? `account` counts only if it is known to be theirs."""
        if account is not None and account in self._accounts:
            return True
        if not self._networks:
            return False
        answer = self._known.get(ip)
        if answer is None:
            if len(self._known) >= _KNOWN:
                self._known.clear()
            answer = self._known[ip] = self._within(ip)
        return answer

    def _within(self, ip: str) -> bool:
        try:
            first = ipaddress.ip_address(ip.partition("/")[0].partition("%")[0])
        except ValueError:
            return False
        return any(first in network for network in self._networks.values())


def exported(standing: Standing, now: float) -> dict[str, object]:
    """For JSON; times count from now."""
    fields = asdict(standing)
    fields["subject"] = list(standing.subject)
    return {**fields, "since": standing.since - now, "until": standing.until - now}


def restored(fields: object, now: float) -> Standing | None:
    """What `exported` gave, None for what does not read or has expired."""
    match fields:
        case {
            "subject": [str(kind), str(key)],
            "action": str(action),
            "since": float() | int() as since,
            "until": float() | int() as until,
            "why": str(why),
            "score": float() | int() as score,
            "threshold": float() | int() as threshold,
            "factor": float() | int() as factor,
        } if until > 0:
            subject = next((Subject(one, key) for one in KINDS if one == kind), None)
            name = next((one for one in _ACTIONS if one == action), None)
            if subject is not None and name is not None:
                return Standing(subject, name, now + since, now + until, why, score, threshold, factor)
    return None
