"""Who was declined again and again by one person: a pause towards this person, longer each time (docs/wire.md §1.2).

A person can say no only so often. A class behind one address that its teacher declines once or twice is no crowd
that will not hear; whoever goes on after three pauses is.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from peerseal.server.live.connection import Connection

#: So many noes of one person to one source within a minute, and there is a pause.
NOES: Final = 5
WITHIN_SECONDS: Final = 60.0
#: The first pause; each further one within an hour is twice as long, up to the longest.
PAUSE_SECONDS: Final = 60.0
PAUSE_MAX_SECONDS: Final = 900.0
REMEMBERED_SECONDS: Final = 3600.0
#: Beginning with this pause within an hour, each is a point of the detector.
GRAVE_FROM: Final = 3
_SOURCES_MAX: Final = 1000


@dataclass(slots=True)
class _Source:
    """What one person said to one source."""

    noes: list[float] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)  # when each began
    until: float = float("-inf")


class Declines:
    """The noes of everybody who is here."""

    def __init__(self) -> None:
        self._said: dict[Connection, OrderedDict[str, _Source]] = {}

    def add(self, asked: Connection, source: str, now: float) -> int:
        """`asked` said no to `source`; the number of its pauses within an hour if one begins now, else 0."""
        said = self._said.setdefault(asked, OrderedDict())
        one = said.setdefault(source, _Source())
        said.move_to_end(source)
        if len(said) > _SOURCES_MAX:
            said.popitem(last=False)
        one.noes = [*(at for at in one.noes if now - at < WITHIN_SECONDS), now]
        if len(one.noes) < NOES:
            return 0
        one.noes.clear()
        one.pauses = [*(at for at in one.pauses if now - at < REMEMBERED_SECONDS), now]
        one.until = now + min(PAUSE_SECONDS * 2 ** (len(one.pauses) - 1), PAUSE_MAX_SECONDS)
        return len(one.pauses)

    def pauses(self, asked: Connection, source: str, now: float) -> bool:
        """Whether `source` is not to ask this person now."""
        said = self._said.get(asked)
        one = said.get(source) if said is not None else None
        return one is not None and now < one.until

    def forget(self, asked: Connection) -> None:
        """This person is gone."""
        self._said.pop(asked, None)
