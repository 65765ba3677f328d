"""Who of several receivers has everything by now, while what they get lies on the server."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from peerseal.errors import PeersealError
from peerseal.transfer.events import Event, Notice
from peerseal.wire.value import Value

if TYPE_CHECKING:
    from peerseal.transfer.cancel import Cancel
    from peerseal.transfer.recognition import Known
    from peerseal.transfer.shared_park import SharedPark

_LOOK_SECONDS: Final = 1.0
_PAUSES: Final = (0.2, 0.5, 1.0, 2.0)
_AWAY_SECONDS: Final = 3.0
"""After this long without an answer the person hears that the server is away."""


class Receiver(Value):
    """One who got the key. `done`: it has said that it holds everything. `contact`: see `SendResult`."""

    name: str
    verified: bool
    contact: str | None
    done: bool


class _Guest:
    """A receiver while the park is there."""

    def __init__(self, known: Known, reader: bytes) -> None:
        self.known: Final = known
        self.reader: Final = reader
        self.done = False


class Holders:
    """All who have come so far. Used by the steering thread."""

    def __init__(self, park: SharedPark, tell: Callable[[Event], None], cancel: Cancel) -> None:
        self._park = park
        self._tell = tell
        self._cancel = cancel
        self._guests: list[_Guest] = []
        self._looked_at = 0.0
        self._answered_at = time.monotonic()
        self._told_away = False

    def __len__(self) -> int:
        return len(self._guests)

    def add(self, known: Known, reader: bytes) -> None:
        """One more has come, and is the reader of that id."""
        self._guests.append(_Guest(known, reader))

    @property
    def names(self) -> str:
        """All of them, for people."""
        return ", ".join(guest.known.name for guest in self._guests)

    @property
    def all_done(self) -> bool:
        """Whether nobody waits for anything any more."""
        return all(guest.done for guest in self._guests)

    @property
    def receivers(self) -> tuple[Receiver, ...]:
        """As they stand."""
        return tuple(
            Receiver(guest.known.name, guest.known.verified, guest.known.contact, guest.done)
            for guest in self._guests
        )

    def look_now_and_then(self) -> None:
        """Tell who has everything, about each second."""
        if not self.all_done and time.monotonic() >= self._looked_at + _LOOK_SECONDS:
            self.look()

    def look(self) -> bool:
        """Tell who has everything by now; False once the park is gone."""
        self._looked_at = time.monotonic()
        try:
            holders = self._park.holders()
        except PeersealError as error:
            self._away(error)
            return True  # they finish without this side all the same
        self._back()
        for guest in self._guests:
            if holders is not None and guest.reader in holders and not guest.done:
                guest.done = True
                self._tell(Notice(f"{guest.known.name} has everything."))
        return holders is not None

    def wait(self) -> None:
        """Until everybody has it, it is gone, or the person wants no more."""
        tries = 0
        while not self.all_done:
            if self._cancel.cancelled:
                return
            if not self.look():
                self._tell(Notice("What was parked has expired."))
                return
            time.sleep(_PAUSES[min(tries, len(_PAUSES) - 1)])
            tries += 1

    def say_who_has_it(self, hint: str) -> None:
        """The person leaves: what becomes of those who have come. `hint`: how to go on, if anything can."""
        self.look()
        others = ", ".join(guest.known.name for guest in self._guests if not guest.done)
        if others and self._park.expires:
            self._tell(Notice(f"{others}: the rest waits on the server."))
        elif others and hint:
            self._tell(Notice(f"{others}: not all of it is on the server yet. {hint}"))
        elif others:
            self._tell(Notice(f"{others}: not all of it was on the server yet, so it cannot be finished."))

    def _away(self, error: PeersealError) -> None:
        if not self._told_away and time.monotonic() >= self._answered_at + _AWAY_SECONDS:
            self._told_away = True
            self._tell(Notice(f"{error.message} Waiting for the server to come back…"))

    def _back(self) -> None:
        self._answered_at = time.monotonic()
        if self._told_away:
            self._told_away = False
            self._tell(Notice("The server is back."))
