"""The sender's side of one transfer over whatever paths and channels it takes: carry, notice breaks, go on from there.

Steps of docs/protocol.md §15: on a break `where`, the receiver's `have`, and a new `path` from exactly those records.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from peerseal.errors import IntegrityFailed, PeersealError, TimedOut
from peerseal.protocol.control import Ack
from peerseal.protocol.events import DoneArrived, HaveArrived
from peerseal.protocol.moves import Have
from peerseal.protocol.session import Session
from peerseal.transfer.comeback import Bond, GaveUp, Otherwise
from peerseal.transfer.conversation import Conversation
from peerseal.transfer.endings import is_break, nothing_sent
from peerseal.transfer.events import Event, Path, Resume
from peerseal.transfer.lanes import Lanes, Road
from peerseal.transfer.outgoing import Begun, Outgoing
from peerseal.transfer.paths import open_relay
from peerseal.transport.transport import cut

if TYPE_CHECKING:
    from peerseal.transfer.journal import Journal
    from peerseal.transfer.progress import Meter
    from peerseal.transport.transport import SendEnd

HAVE_SECONDS: Final = 40.0
"""A peer that lives is heard of at least every 25 s, or has vanished; so long may it take to say what it holds."""
_STRIKES: Final = (0.0, 1.0, 5.0)
"""Pauses after breaks without an ack that moved; one more and it is no use (docs/protocol.md §15.1)."""


class Delivery:
    """One sealed file on its way to one receiver. `kind` is the path it took last."""

    def __init__(
        self,
        bond: Bond,
        outgoing: Outgoing,
        lanes: Lanes,
        meter: Meter,
        tell: Callable[[Event], None],
        *,
        journal: Journal | None = None,
        otherwise: Otherwise = lambda _: False,
        check: Callable[[Outgoing, int], None] | None = None,
    ) -> None:
        """`otherwise`: see `comeback.Otherwise`. `check`: of a source that may have changed, once, up to what is held."""
        self.kind = "relay"
        self._bond = bond
        self._outgoing = outgoing
        outgoing.on_begin, outgoing.on_sent = self._begins, self._sent
        self._lanes = lanes
        self._meter = meter
        self._tell = tell
        self._journal = journal
        self._otherwise = otherwise
        self._check = check
        self._conversation: Conversation | None = None
        self._ends: list[SendEnd] = []
        self._key_said = False
        self._strikes = 0
        #: What was acknowledged when it broke last.
        self._acked = (0, 0)

    def run(self, first: Callable[[Session], None] | None) -> bool:
        """Deliver everything; True when the receiver says it holds it, False if `otherwise` found another way.

        `first` says what comes before any path of a new transfer; None for one that was begun in another channel.
        """
        again = first is None
        try:
            while not self._is_done():
                now = self._bond.now
                if first is not None and now is not None and now.broken:
                    raise nothing_sent(self._bond.name)
                conversation = self._bond.conversation(self._otherwise)
                if conversation is None:
                    return False
                try:
                    self._go_on(conversation, first)
                except PeersealError as error:
                    if not self._key_said and conversation.broken:
                        raise nothing_sent(self._bond.name) from None
                    self._judge(error)
                first = None
            return True
        except GaveUp:
            # A process before may have been killed before it could note what it had heard.
            if again or self._bond.key_arrived:
                raise
            raise nothing_sent(self._bond.name) from None
        finally:
            self._lanes.close()
            self._close_ends()
            if self._conversation is not None:
                self._conversation.hear_acks(None)

    # --- carrying ---

    def _go_on(self, conversation: Conversation, first: Callable[[Session], None] | None) -> None:
        """From where the two stand to the end, as long as nothing breaks."""
        came_back = conversation is not self._conversation
        if came_back:
            self._live_in(conversation)
        self._key_said = self._key_said or first is None
        if first is None:
            have = self._ask(conversation, came_back)
            if have is None:
                return
            self._go_back(conversation, have)
            if came_back:
                self._acked, self._strikes = (0, 0), 0
                self._tell(Resume(have.bytes, self._outgoing.total, self._bond.name))
            if self._outgoing.everything:
                conversation.wait_for_done()
                return
        else:
            conversation.do(first)
            self._key_said = True
            self._lanes.begin(conversation, self._outgoing.file.id)
        self._carry(conversation)

    def _carry(self, conversation: Conversation) -> None:
        """From one path to the next, until the receiver has everything."""
        road = self._lanes.next()
        while True:
            self._announce(conversation, road)
            end = self._open(conversation, road)
            self._outgoing.run(end, conversation.wait_for_ack, self._lanes.leave)
            if self._outgoing.everything:
                end.finish()
                conversation.wait_for_done()
                return
            road = self._lanes.better()

    def _begins(self, begun: Begun) -> None:
        if self._conversation is not None:
            self._conversation.held.begun = begun

    def _sent(self, size: int, file: str) -> None:
        self._lanes.on_sent(size)
        self._meter.advance(size, file)

    def _note_ack(self, ack: Ack) -> None:
        if self._journal is not None:
            with contextlib.suppress(
                PeersealError
            ):  # the slots' own writing says what is wrong with the disk
                self._journal.acked(*ack[1:])

    def _announce(self, conversation: Conversation, road: Road) -> None:
        outgoing = self._outgoing

        def say(session: Session) -> None:
            conversation.begin_path()
            session.path(outgoing.file.id, road.kind, road.stream, outgoing.manifest, outgoing.content)

        conversation.do(say)
        if self._ends:
            self._ends[-1].finish()

    def _open(self, conversation: Conversation, road: Road) -> SendEnd:
        end: SendEnd = road.end or open_relay(conversation, self._bond.returning.server, road.stream, "send")
        self._ends.append(end)
        conversation.path.attach(end)
        self._lanes.taken(road)
        self.kind = end.kind
        self._tell(Path(end.kind, end.detail))
        return end

    # --- breaks ---

    def _judge(self, error: PeersealError) -> None:
        """After a failure: raise it unless it is a break."""
        conversation = self._conversation
        if conversation is not None and conversation.done_has_come():
            return
        if conversation is not None and conversation.over is not None:
            if conversation.over.code == "not_found" and not self._bond.key_arrived:
                raise nothing_sent(self._bond.name)
            if not conversation.broken:
                raise conversation.over
        elif not is_break(error):
            raise error
        self._lanes.broke()
        self._close_ends()
        self._strike()

    def _strike(self) -> None:
        conversation = self._conversation
        if conversation is None or conversation.over is not None:
            return
        acked = conversation.held.acked[1:3]
        if acked > self._acked:
            self._acked, self._strikes = acked, 0
        if self._strikes >= len(_STRIKES):
            raise cut()
        pause = _STRIKES[self._strikes]
        self._strikes += 1
        if pause:
            conversation.wait_for_end(time.monotonic() + pause)

    def _live_in(self, conversation: Conversation) -> None:
        if self._conversation is not None:
            self._conversation.hear_acks(None)
        self._conversation = conversation
        conversation.hear_acks(self._note_ack)
        conversation.held.begun = self._outgoing.begun
        conversation.refuses_offers = "role"

    def _ask(self, conversation: Conversation, came_back: bool) -> Have | None:
        """What the receiver holds; None if that is everything, in its place.

        It is asked once in a channel after each break. Raises TimedOut (`peer_vanished`) if it does not say.
        """
        conversation.ask_where(self._outgoing.file.id)
        if came_back:  # only now the new channel knows of this transfer, and takes what finds a direct path
            self._lanes.begin(conversation, self._outgoing.file.id)
        try:
            answer = conversation.wait_any(
                HaveArrived, DoneArrived, deadline=time.monotonic() + HAVE_SECONDS, keep=DoneArrived
            )
        except TimedOut:
            conversation.check()
            if not conversation.held.everything:
                raise _says_nothing(self._bond.name) from None
            # Every record is there; to put them in place may take longer, and nothing is said meanwhile.
            answer = conversation.wait_any(HaveArrived, DoneArrived, keep=DoneArrived)
        return answer.have if isinstance(answer, HaveArrived) else None

    def _go_back(self, conversation: Conversation, have: Have) -> None:
        outgoing = self._outgoing
        if have.bytes != outgoing.bytes_of(have.content):
            raise _differs()
        if not outgoing.agrees(have.manifest, have.content, have.marks):
            raise _differs()
        if self._check is not None:
            check, self._check = self._check, None
            check(outgoing, have.content)
        outgoing.go_back(have.manifest, have.content)
        conversation.answered(have, outgoing.begun)
        self._meter.go_back(have.bytes)
        if self._journal is not None:
            self._journal.acked(have.manifest, have.content, have.bytes)

    def _is_done(self) -> bool:
        return self._conversation is not None and self._conversation.done_has_come()

    def _close_ends(self) -> None:
        if self._conversation is not None:
            self._conversation.path.detach()
        while self._ends:
            self._ends.pop().close()


def _says_nothing(name: str) -> TimedOut:
    """Asking again would be out of order: whatever holds it up there, another process may get an answer."""
    return TimedOut(
        f"{name} fell silent: still connected, but not saying what has arrived.",
        code="peer_vanished",
        retryable=True,
    )


def _differs() -> IntegrityFailed:
    return IntegrityFailed(
        "The other side holds something else than what was sent from here.", code="content_differs"
    )
