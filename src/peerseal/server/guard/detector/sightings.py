"""What the detector is told: what happened (a sighting), and who begins a request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple, TypeAlias

#: More about a sighting: `method`, `ua`, `path`, `id`, `code`, `reason`, `visitor` are looked at; anything else is not.
Detail: TypeAlias = Mapping[str, object]
_NOTHING: Detail = {}
#: In the detail of a point that a person in a browser slipped into, or that a page of elsewhere made theirs send.
VISITOR: Final = "visitor"


class Sighting(NamedTuple):
    """One HTTP request whose answer is known, or one event of a meeting (docs/guard.md §1)."""

    t: float
    """Seconds, of any clock that does not go back."""
    ip: str
    """As `limits.source_of` gives it: IPv4 address or IPv6 /64, of the proxy's word if it is trusted."""
    net: str
    """`subjects.network_of(ip)`."""
    account: str | None
    """The canonical name: of the session, or the one claimed while there is none."""
    device: str | None
    session: str | None
    """A session, a meeting's connection or, with `passed`, a pass."""
    point: str | None
    """A name of `points.POINTS`, None for an ordinary request."""
    route: str
    """The template (`/api/v1/files/{file}`), `*` where no route is, `sio:` and the event in a meeting."""
    status: int
    detail: Detail = _NOTHING
    known: bool = False
    """`device` is known to `account`."""
    passed: bool = False
    """Whoever it is holds a pass for this address that is good."""
    signed_in: bool = False
    """`session` is that of a signed-in account, not of an anonymous client, nor a pass."""


class Who(NamedTuple):
    """Who begins a request; fields as in `Sighting`."""

    ip: str
    net: str
    account: str | None = None
    device: str | None = None
    session: str | None = None
    known: bool = False
    passed: bool = False
    signed_in: bool = False
    agent: str | None = None
    """What the program says of itself (`detail["ua"]` of its sightings), None if that is not known."""
    route: str | None = None
    """The template, as in its sighting; None: judged as if it signed in."""
    room: str = ""
    """Which room it wants to join (`detail["room"]` of its sightings)."""
    browser: bool = False
    """It has what browsers send of themselves, as anybody may (`detail["browser"]`). Many people's look alike."""
