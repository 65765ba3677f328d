"""What only shows over all addresses: many names or networks failing in step, and blocks that are too many."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from peerseal.server.guard.detector.rules import Rules

_MOST: Final = 4_096
_HOUR: Final = 3_600.0


class Recent:
    """When each of many things was seen last, the oldest first, a bounded number of them."""

    def __init__(self, seconds: float, most: int = _MOST) -> None:
        self._seconds = seconds
        self._most = most
        self._seen: OrderedDict[str, float] = OrderedDict()

    def add(self, key: str, now: float) -> None:
        self._seen[key] = now
        self._seen.move_to_end(key)
        if len(self._seen) > self._most:
            self._seen.popitem(last=False)

    def has(self, key: str, now: float) -> bool:
        """Was it seen within the time?"""
        at = self._seen.get(key)
        return at is not None and now - at < self._seconds

    def discard(self, key: str) -> None:
        self._seen.pop(key, None)

    def count(self, now: float) -> int:
        """How many were seen within the time."""
        while self._seen:
            key, at = next(iter(self._seen.items()))
            if now - at < self._seconds:
                break
            del self._seen[key]
        return len(self._seen)


class Site:
    """The brakes of the whole site. All end by themselves; the operator may end the breaker sooner."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._fine = Recent(_HOUR, rules.subjects // 3)
        self._good = Recent(_HOUR, rules.subjects // 3)
        self._blocked = Recent(rules.breaker_seconds, rules.subjects // 3)
        self._names = Recent(rules.site_seconds)
        self._strange_names = Recent(rules.site_seconds)
        self._networks = Recent(rules.site_networks_seconds)
        self._guessers = Recent(rules.site_seconds)
        #: Until when every sign-in of an unknown device, every joining of an unknown client, is challenged.
        self.sign_ins_until = 0.0
        self.joins_until = 0.0
        #: Until when the circuit breaker is open.
        self.broken_until = 0.0

    def fine(self, ip: str, now: float, *, good: bool) -> None:
        """Somebody there got an ordinary answer; `good`: signed in."""
        self._fine.add(ip, now)
        if good:
            self._good.add(ip, now)

    def is_bare(self, ip: str, now: float) -> bool:
        """Nobody there got an ordinary answer within the hour."""
        return not self._fine.has(ip, now)

    def failed(self, name: str, ip: str, net: str, now: float, *, strange: bool) -> None:
        """A wrong password of no known device; `strange`: from where nobody was good so far."""
        rules = self._rules
        self._names.add(name, now)
        if strange:
            self._strange_names.add(name, now)
            self._networks.add(net or ip, now)
        # A big site has more people who mistype.
        people = self._good.count(now)
        if (
            self._names.count(now) > max(rules.site_names, people // 10)
            or self._strange_names.count(now) > max(rules.site_strangers, people // 20)
            or self._networks.count(now) > max(rules.site_networks, people // 20)
        ):
            self.sign_ins_until = now + rules.mode_seconds

    def wrong_code(self, ip: str, now: float) -> None:
        """A wrong code of a stranger."""
        self._guessers.add(ip, now)
        if self._guessers.count(now) > max(self._rules.site_codes, self._good.count(now) // 20):
            self.joins_until = now + self._rules.mode_seconds

    def succeeded(self, name: str, ip: str, net: str) -> None:
        """It was only a mistake."""
        self._names.discard(name)
        self._strange_names.discard(name)
        self._networks.discard(net or ip)

    def right_code(self, ip: str) -> None:
        """So was this."""
        self._guessers.discard(ip)

    def blocked(self, ip: str, now: float) -> None:
        """An address was blocked: too many within the hour mean that the rules are wrong, or somebody uses them.

        One that never got an ordinary answer is nobody the rules could be wrong about.
        """
        rules = self._rules
        if self.is_bare(ip, now):
            return
        self._blocked.add(ip, now)
        count = self._blocked.count(now)
        if count > rules.breaker_least and count > rules.breaker_share * self._fine.count(now):
            self.broken_until = now + rules.breaker_seconds

    def broken(self, now: float) -> bool:
        """Is the circuit breaker open?"""
        return self.broken_until > now

    def close_breaker(self) -> None:
        """The operator has looked; blocks so far are forgotten."""
        self.broken_until = 0.0
        self._blocked = Recent(self._rules.breaker_seconds, self._rules.subjects // 3)
