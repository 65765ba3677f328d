"""How a sender meets several receivers by their names: each is asked as soon as they are listed (docs/wire.md §1.3)."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from typing import Final

from peerseal.errors import PeersealError, TimedOut
from peerseal.protocol.events import Established
from peerseal.transfer.admission import Tell
from peerseal.transfer.calling import HANDSHAKE_SECONDS, NAME_SECONDS, REQUEST_SECONDS
from peerseal.transfer.conversation import Conversation
from peerseal.transfer.encounter import Encounter
from peerseal.transfer.endings import wire_code
from peerseal.transfer.events import Notice, Waiting
from peerseal.transfer.recognition import Known, Recognition, guest
from peerseal.transfer.send import SendWish
from peerseal.transfer.wanted import Wanted
from peerseal.wire.messages import Peer as Listed

ABSENT_SECONDS: Final = 5.0
"""After this long in the list of nobody, somebody who could get it otherwise counts as absent."""
_LOOK_SECONDS: Final = 0.05


class NameDoor:
    """Several names, each asked as soon as they are listed.

    `may_be_absent` says whether somebody with this name can get it otherwise, and need not be waited for.
    """

    def __init__(
        self,
        wish: SendWish,
        names: Sequence[str],
        encounter: Encounter,
        recognition: Recognition,
        tell: Tell,
        *,
        may_be_absent: Callable[[str], bool] = lambda _name: False,
    ) -> None:
        self._wish = wish
        self._wanted = {name: Wanted(name, wish.account) for name in names}
        self._encounter = encounter
        self._recognition = recognition
        self._tell = tell
        self._may_be_absent = may_be_absent
        self._since = self._deadline = 0.0
        self._told: set[str] = set()
        #: Who was not there, and can get it otherwise.
        self.absent: list[str] = []
        #: Why others got nothing.
        self.troubles: list[PeersealError] = []

    @property
    def waits(self) -> bool:
        """See `Door.waits`."""
        return bool(self._wanted)

    @property
    def left(self) -> int:
        """See `Door.left`."""
        return len(self._wanted)

    def open(self) -> None:
        """See `Door.open`."""
        joined = self._join()
        if joined == "none":
            self._tell(Notice("Nobody can be seen from here. Send a code instead: leave --to away."))
        self._since = time.monotonic()
        self._deadline = self._since + (self._wish.timeout or NAME_SECONDS)
        for name in self._wanted:
            self._tell(Waiting(name, asked=False))

    def next(self, seconds: float) -> tuple[Conversation, Known] | None:
        """See `Door.next`."""
        until = time.monotonic() + seconds
        while self._wanted:
            for name in list(self._wanted):
                try:
                    peer = self._look(name)
                    met = None if peer is None else self._meet(name, peer)
                except PeersealError as error:
                    if not self._encounter.alive:
                        raise
                    self._give_up(name, error)
                    continue
                if met is not None:
                    del self._wanted[name]
                    return met
            if time.monotonic() >= until:
                break
        return None

    def again(self) -> None:
        """See `Door.again`: whoever was in a room is off the list."""
        self._encounter.leave_conversation()
        if self._wanted:
            self._join()

    def close(self) -> None:
        """See `Door.close`."""
        self._wanted.clear()

    def _join(self) -> str:
        wish = self._wish
        return self._encounter.join("sender", wish.name, wish.room, listed=True).lobby.kind

    def _look(self, name: str) -> Listed | None:
        """Whoever is called so, if they are there; forgets who has been absent for long enough."""
        wanted, now = self._wanted[name], time.monotonic()
        try:
            return self._encounter.wait_for_peer(wanted, "receiver", now + _LOOK_SECONDS, self._namesake)
        except TimedOut as error:
            if now >= self._deadline:
                raise
            if (
                now >= self._since + ABSENT_SECONDS
                and error.code == "timed_out"
                and self._may_be_absent(name)
            ):
                del self._wanted[name]
                self.absent.append(name)
            return None

    def _meet(self, name: str, peer: Listed) -> tuple[Conversation, Known]:
        wish, encounter = self._wish, self._encounter
        self._tell(Waiting(self._recognition.called(peer), asked=True))
        request = encounter.meeting.connect(peer.id)
        try:
            room = encounter.wait_for_room(
                request, time.monotonic() + REQUEST_SECONDS, f"{peer.name} did not answer in time."
            )
        except BaseException:
            with contextlib.suppress(PeersealError):
                encounter.meeting.cancel(request)
            raise
        conversation = encounter.converse(room, asked=True, code=None, unchecked=wish.unverified)
        conversation.refuses_offers = "role"
        try:
            established = conversation.wait(Established, time.monotonic() + HANDSHAKE_SECONDS)
            known = self._recognition.by_words(
                conversation,
                established.words,
                sending=True,
                unchecked=wish.unverified,
                meant=self._wanted[name].contact(peer),
            )
        except BaseException as error:
            conversation.finish(wire_code(error) if isinstance(error, PeersealError) else "cancelled")
            self.again()
            raise
        return conversation, known

    def _give_up(self, name: str, error: PeersealError) -> None:
        del self._wanted[name]
        self.troubles.append(error)
        self._tell(Notice(f"{name}: {error.message}"))

    def _namesake(self, peer: Listed) -> None:
        if peer.id not in self._told:
            self._told.add(peer.id)
            self._tell(
                Notice(
                    f"{guest(peer.name)} is here, but not signed in as your contact. To ask that guest all the same: "
                    f"--to {peer.name}#{peer.tag}"
                )
            )
