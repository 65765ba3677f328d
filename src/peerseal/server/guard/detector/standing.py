"""What stands against whom: since when, until when and why; what is never judged; what was undone."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Final, TypeAlias

from peerseal.server.guard.detector.decisions import SEVERITY, Action, Decision
from peerseal.server.guard.detector.subjects import KINDS, Kind, Subject

_Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
#: Answers of the allow-list that are remembered.
_KNOWN: Final = 10_000
#: So many are looked at to find one that can go.
_LOOKED_AT: Final = 64
_ACTIONS: Final[tuple[Action, ...]] = ("challenge", "wait", "block")


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
    """What stands. `ended` is told of each subject against which nothing stands any more."""

    def __init__(self, ended: Callable[[Subject], None]) -> None:
        self._all: dict[tuple[str, str], Standing] = {}
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

    def make_room(self, subject: Subject, most: int) -> bool:
        """May this one stand too? The oldest of some challenges goes; blocks stay."""
        if len(self._all) < most or subject in self._all:
            return True
        for one in list(islice(self._all.values(), _LOOKED_AT)):
            if one.action != "block":
                self.end(one.subject)
                return True
        return False

    def put(self, new: Standing) -> None:
        """It stands from now on; what is as severe already stands longer, what is more severe stays."""
        old = self._all.get(new.subject)
        if old is not None and old.until > new.since:
            if SEVERITY[old.action] > SEVERITY[new.action]:
                return
            if old.action == new.action:
                new.since = old.since
                new.until = max(old.until, new.until)
        self._all[new.subject] = new

    def end(self, subject: Subject) -> bool:
        """Nothing stands against it any more; False if nothing did."""
        if self._all.pop(subject, None) is None:
            return False
        self._ended(subject)
        return True

    def sweep(self, now: float) -> None:
        """End what has expired."""
        for standing in [one for one in self._all.values() if one.until <= now]:
            self.end(standing.subject)


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
