"""How often one transfer may knock where its peer says it listens, whatever channels it goes through (protocol.md §16.1).

A peer that has the line cut again and again gets no more of it: nobody can be made to scan a network.
"""

from __future__ import annotations

import threading
from collections import Counter
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from peerseal.transport.addresses import Address

ATTEMPTS_MAX: Final = 16
PORTS_MAX: Final = 3
_LATER_ATTEMPTS: Final = 6
_LATER_PORTS: Final = 2
_EACH_MAX: Final = 3
"""So often one address is tried in vain, over all channels."""


class Attempts:
    """What one process may still try for one transfer. Any thread may ask."""

    def __init__(self, most: int = ATTEMPTS_MAX, ports: int = PORTS_MAX) -> None:
        """At most so many attempts in vain, at so many different ports."""
        self._left = most
        self._ports_max = ports
        self._ports: set[int] = set()
        self._tried: Counter[Address] = Counter()
        self._lock: Final = threading.Lock()
        #: Where this side listened last; to be found there again costs the peer none of its few ports.
        self.own_port = 0

    @classmethod
    def of_a_later_process(cls) -> Attempts:
        """For a transfer that was begun by another: fewer, or starting anew would begin the count anew."""
        return cls(_LATER_ATTEMPTS, _LATER_PORTS)

    def take(self, address: Address, port: int) -> bool:
        """Whether this one may be tried; it counts from now on."""
        with self._lock:
            if self._left <= 0 or self._tried[address] >= _EACH_MAX:
                return False
            if port not in self._ports:
                if len(self._ports) >= self._ports_max:
                    return False
                self._ports.add(port)
            self._left -= 1
            self._tried[address] += 1
            return True

    def proved(self, address: Address) -> None:
        """The peer it was: this attempt was not in vain, and does not count."""
        with self._lock:
            self._left += 1
            self._tried[address] -= 1
