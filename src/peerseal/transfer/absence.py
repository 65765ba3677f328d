"""Whether the sender of what several get is still there: its receivers have no channel with it, only what comes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from peerseal.errors import Interrupted
from peerseal.transfer.events import Event, Gone, Resume

if TYPE_CHECKING:
    from peerseal.transfer.incoming import Incoming

RETURN_SECONDS: Final = 300.0
"""How long a sender may be gone: nothing more comes of what still comes, or no last word once every record is here."""
GONE_SECONDS: Final = 15.0
"""After this long without anything a sender counts as gone; later, if its chunks take long."""


class SenderGone(Interrupted):
    """The sender stopped before everything was on the server."""


class Absence:
    """Whether the sender is still there, as far as what comes shows it: there is no channel with it any more."""

    def __init__(
        self, name: str, incoming: Incoming, total: int | None, tell: Callable[[Event], None]
    ) -> None:
        """`name`: the sender's. `total` in bytes, None if not known: then its source may just be slow."""
        self._name = name
        self._incoming = incoming
        self._total = total
        self._tell = tell
        self._longest = 0.0
        self._gone = False

    def waited(self, seconds: float, came: bool) -> None:
        """So long for the next of what the sender gives. Raises Interrupted (`not_back`) once it is too long."""
        if came:
            self._longest = max(self._longest, seconds)
            if self._gone:
                self._gone = False
                self._tell(Resume(self._incoming.kept.bytes, self._total, self._name))
            return
        if not self._gone and seconds >= max(GONE_SECONDS, 2 * self._longest):
            self._gone = True
            self._tell(Gone(self._name))
        if seconds >= RETURN_SECONDS and self._total is not None:
            raise SenderGone(
                f"{self._name} has not put all of it on the server, and has not come back.",
                code="not_back",
                hint="Ask for it again.",
                retryable=True,
            )
