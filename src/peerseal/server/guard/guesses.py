"""How often somebody may be wrong about a secret that opens one thing: so guesses say nothing and cost little."""

from __future__ import annotations

from typing import Final, Literal

from peerseal.server.guard.brakes import Brake, Brakes, Count
from peerseal.server.guard.detector.subjects import network_of
from peerseal.wire.guard import SubjectKind

_MINUTE: Final = 60.0

#: The first wrong ones of a source at a thing have places of their own, and so many of its network's.
FIRST: Final = 3
FIRST_OF_NETWORK: Final = 30
#: So many times those of all others.
_NEW: Final = 20


class Guesses:
    """At most so many wrong ones a minute: at one thing, at it from one source, and from one source in all.

    Who knows only which thing it is, and is wrong about it from many addresses, locks it for those and not for others.
    """

    def __init__(
        self, brakes: Brakes, kind: Literal["link", "park"], *, of_one: int, of_pair: int, of_source: int
    ) -> None:
        def brake(held: SubjectKind, what: str, most: int) -> Brake:
            return brakes.make(held, "code_wrong", what, most, _MINUTE)

        self._brakes = brakes
        self._of_one = brake(kind, "wrong tokens", of_one)
        self._of_new = brake(kind, "first wrong tokens of each source", _NEW * of_one)
        self._of_network = brake("net", f"wrong tokens for one {kind}", _NEW * of_one)
        self._of_neighbours = brake("net", f"first wrong tokens of neighbours for one {kind}", of_one)
        self._of_pair = brake("ip", f"wrong tokens for one {kind}", of_pair)
        self._of_source = brake("ip", f"wrong tokens for {kind}s", of_source)

    def wrong(self, source: str, name: str) -> None:
        """One more. Raises HttpProblem 429, and counts nothing, if there were too many."""
        counts = self._counts(source, name)
        self._brakes.take(counts)
        self._brakes.wrong(counts)

    def right(self, source: str, name: str) -> None:
        """After too many wrong ones the right one is not let in either, or the answers would tell. Raises 429."""
        for one in self._counts(source, name):
            one.brake.check(one.key)

    def _counts(self, source: str, name: str) -> list[Count]:
        of_network = Count(self._of_network, network_of(source), name)
        of_pair = Count(self._of_pair, source, name)
        used = self._of_pair.used(of_pair.key)
        if used < FIRST and self._of_network.used(of_network.key) < FIRST_OF_NETWORK:
            of_one = Count(self._of_new, name)
        elif not used:
            # Never wrong, whatever some neighbours in a crowded network were: they wait for nobody elsewhere.
            of_one = Count(self._of_neighbours, network_of(source), name)
        else:
            of_one = Count(self._of_one, name)
        counts = [Count(self._of_source, source), of_pair, of_one, of_network]
        return self._brakes.that_hold(counts, source)
