"""Claims that said something: whether their words were right, as far as a server can tell (docs/wire.md §1.3).

It never sees the words. But who shows a code gives it back at the last success and at the first wrong guess: after
a success both go on in their room, after a wrong guess the room ends, and nothing was ever asked for in it. And who
shows it says so many things of the handshake (docs/protocol.md §5), and another one only if that succeeded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from peerseal.server.live.connection import Connection
from peerseal.server.live.rooms import Pair

#: The end of a room and the end of its code belong together if they are no further apart.
_TOGETHER_SECONDS: Final = 5.0
#: M1, M3 and M4: what the initiator says, whether the words are right or not.
_OF_HANDSHAKE: Final = 3


@dataclass(slots=True, eq=False)
class Trial:
    """A claim of the nameplate `text` that got its room."""

    pair: Pair
    text: str
    asked: int = 0  # so many things who shows the code said
    spoke: bool = False  # who claimed it did
    released: float | None = None
    ended: float | None = None

    @property
    def claimer(self) -> Connection:
        """Who claimed it."""
        return self.pair.second


class Trials:
    """Rooms made by code of which nobody knows yet whether the code was right."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._rooms: dict[str, Trial] = {}
        self._ended: dict[Connection, Trial] = {}  # the last of each who shows a code that is still open

    def begin(self, pair: Pair, text: str) -> None:
        """A room by code has opened; the first of its members shows the code, the second claimed it."""
        self._rooms[pair.id] = Trial(pair, text)

    def said(self, member: Connection, room: str) -> Trial | None:
        """`member` said something in this room; the trial if it shows now that the code was right."""
        trial = self._rooms.get(room)
        if trial is None:
            return None
        if member is trial.claimer:
            trial.spoke = True
            return None
        trial.asked += 1
        succeeded = trial.released is not None or trial.asked > _OF_HANDSHAKE
        return self._was_right(trial) if succeeded else None

    def asked_for(self, member: Connection, room: str) -> Trial | None:
        """`member` asked for something to carry files with in this room; the trial if it shows now that the code was right.

        Who claimed it may ask at any time: that shows nothing.
        """
        trial = self._rooms.get(room)
        return self._was_right(trial) if trial is not None and member is not trial.claimer else None

    def _was_right(self, trial: Trial) -> Trial | None:
        return self._rooms.pop(trial.pair.id) if trial.spoke else None

    def released(self, owner: Connection) -> Trial | None:
        """`owner` gives its code back; the trial if it shows now that the code was wrong."""
        present = self._rooms.get(owner.room or "")
        if present is not None and present.asked:
            present.released = self._clock()
            return None
        # The next one may have come in before this was heard.
        return self._if_together(self._ended.get(owner))

    def end(self, pair: Pair, *, still_open: bool) -> Trial | None:
        """The room has closed, and its code is `still_open` or not; the trial if it shows now that the code was wrong."""
        trial = self._rooms.pop(pair.id, None)
        if trial is None or not trial.spoke:
            return None
        if trial.released is not None:
            return self._if_together(trial)
        if still_open:
            trial.ended = self._clock()
            self._ended[pair.first] = trial
        return None

    def forget(self, owner: Connection) -> None:
        """The code of `owner` is closed."""
        self._ended.pop(owner, None)

    def _if_together(self, trial: Trial | None) -> Trial | None:
        since = None if trial is None else trial.released if trial.ended is None else trial.ended
        return trial if since is not None and self._clock() - since <= _TOGETHER_SECONDS else None
