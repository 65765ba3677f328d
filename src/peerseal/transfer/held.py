"""What the receiver of what this side sends holds, as it says itself: in acks, after a break, at the end; never more than was sent."""

from __future__ import annotations

from collections.abc import Callable

from peerseal.protocol.control import Ack
from peerseal.protocol.events import AckArrived, DoneArrived, Event, HaveArrived
from peerseal.protocol.moves import Have
from peerseal.transfer.outgoing import Begun


class Held:
    """Of one receiver in one channel. Used under the lock of its conversation, but where one field is only looked at."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """`clock`: seconds that do not go back."""
        self.acked = Ack(b"", 0, 0, 0)
        #: When something was acknowledged last, by the clock.
        self.acked_at = clock()
        #: What this side has given to a path: the receiver cannot have more than that.
        self.begun = Begun()
        #: The receiver has spoken of records: it has the key.
        self.key_is_there = False
        #: Hears every ack as it comes, on the meeting's thread.
        self.on_ack: Callable[[Ack], None] | None = None
        self._clock = clock
        self._asked = False

    @property
    def everything(self) -> bool:
        """Whether it holds every record: what is left is to put them in their place, and to say so."""
        return self.begun.all and self.acked[1:3] == self.begun[:2]

    def claims_too_much(self, event: Event) -> bool:
        """Whether it says that it has what was never sent."""
        if isinstance(event, AckArrived | HaveArrived):
            begun, claim = self.begun, event.ack if isinstance(event, AckArrived) else event.have
            return (
                claim.manifest > begun.manifest or claim.content > begun.content or claim.bytes > begun.bytes
            )
        return isinstance(event, DoneArrived) and not self.begun.all

    def spoke(self, event: Event) -> None:
        """Whatever it says of records shows that it has the key."""
        self.key_is_there = self.key_is_there or isinstance(event, AckArrived | HaveArrived | DoneArrived)

    def asked(self) -> None:
        """It is asked what it holds: until the next path acks count, but tell of no new break."""
        self._asked = True

    def on_a_path(self) -> None:
        """A new path is announced: an ack that moves nothing tells of a break again."""
        self._asked = False

    def acknowledged(self, ack: Ack) -> bool:
        """Take an ack. False if that says again what was said while something is under way: to it the path has broken."""
        last, self.acked = self.acked, ack
        if self.on_ack is not None:
            self.on_ack(ack)
        if last[1:] != ack[1:]:
            self.acked_at = self._clock()
            return True
        return self._asked or ack[1:3] == self.begun[:2]

    def answered(self, have: Have, begun: Begun) -> None:
        """It has said what it holds, and this side, which went back to that, has `begun` so much."""
        self.begun = begun
        self.acked = Ack(have.id, have.manifest, have.content, have.bytes)
