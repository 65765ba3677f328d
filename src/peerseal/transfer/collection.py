"""The receiver's side of one transfer over whatever paths and channels it takes: read, notice breaks, say what is held.

Steps of docs/protocol.md §15: `where` ends the path in use, `have` says what is kept, the next `path` begins there. Who
notices a break first says its `ack` again.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from peerseal.errors import IntegrityFailed, Interrupted, NotFound, PeersealError, TimedOut
from peerseal.files.names import visible
from peerseal.protocol.events import Event as SessionEvent
from peerseal.protocol.events import PathArrived, WhereArrived
from peerseal.transfer.comeback import Bond
from peerseal.transfer.conversation import Conversation
from peerseal.transfer.endings import is_break
from peerseal.transfer.events import Event, Notice, Path, Resume
from peerseal.transfer.incoming import Incoming, Kept
from peerseal.transfer.lanes import DIRECT_SECONDS, Beside, Wanted, no_direct_path, worth_it
from peerseal.transfer.paths import open_relay
from peerseal.transport.attempts import Attempts
from peerseal.transport.transport import ReceiveEnd, cut

if TYPE_CHECKING:
    from peerseal.crypto_engine import ParkSecret
    from peerseal.transfer.parking import FoundPark
    from peerseal.transfer.progress import Meter

_NEXT_PATH_SECONDS: Final = 0.5
"""After a path that ended in order the next one is announced at once; if not, something was lost."""
_SAY_BROKEN_SECONDS: Final = 1.0
"""A sender that had nothing under way yet does not take the first word of a break for one."""
_TAKE_SECONDS: Final = 5.0
_TOLD_SECONDS: Final = 4.0
"""A sender that takes direct paths says where it is before its first records are here."""
_LOOK_SECONDS: Final = 3.0
_WHERE_MAX: Final = 64
"""So many questions without a new record in between are no honest breaks."""
_PARKS_MAX: Final = 8
"""No honest sender begins and ends more of them for one transfer."""
_FAREWELL_SECONDS: Final = 0.5
_SAY_AGAIN_SECONDS: Final = 20.0
_NOTHING_THERE: Final = (
    "Nothing of it lies on the server for you, or not any more. If {} gave it up, nobody comes: ask for it again, and "
    "`peerseal transfers discard` takes this off the list."
)
_PARK_ENDED: Final = "What {} left on the server is not there any more: the rest has to come from them."


class Collection:
    """One sealed file on its way here. `kind` is the path it took last."""

    def __init__(
        self,
        bond: Bond,
        make: Callable[[Callable[[Kept], None]], Incoming],
        meter: Meter,
        tell: Callable[[Event], None],
        *,
        total: int | None,
        wanted: Wanted = "any",
        park: ParkSecret | None = None,
    ) -> None:
        """`make` makes the bulk loop, given what hears of acks. `park`: under which secret the rest may be parked."""
        self.kind = "relay"
        self._bond = bond
        self._meter = meter
        self._tell = tell
        self._total = total
        self._wanted = wanted
        #: Who wants only direct paths takes nothing from the server.
        self._park_secret = None if wanted == "direct" else park
        self._found: FoundPark | None = None
        self._looked_at = 0.0
        self._told_nothing = False
        self._conversation: Conversation | None = None
        self._beside: Beside | None = None
        self._attempts = Attempts.of_a_later_process() if bond.now is None else Attempts()
        self._came_back = False
        #: The path in use broke: the sender's next word is `where`, and what it announced before that does not count.
        self._broken = False
        self._ended = False
        #: Until when a direct path must be named, if no other is wanted; sooner of a sender that says nothing of any.
        self._direct_by = self._told_by = 0.0
        self._questions = self._parks_ended = 0
        self._held_then = Kept()
        self.incoming: Final = make(self._on_kept)
        self._id: Final = self.incoming.file.id

    def begin(self, conversation: Conversation) -> None:
        """In this channel, from now on: also after the accepting answer, so that direct paths can be found early."""
        self._came_back = self._conversation is not None or self.incoming.kept != Kept()
        self._conversation = conversation
        self._broken = self._ended = False
        if self._beside is not None:
            self._beside.close()
            self._beside = None
        if conversation.room.mode != "resume":
            self._look_beside(conversation)

    def run(self) -> None:
        """Collect everything. Raises what is no break, or that the other side did not come back."""
        while not self.incoming.everything:
            conversation = self._bond.conversation(self._look_for_park)
            try:
                if conversation is None:
                    self._empty_park()
                else:
                    if conversation is not self._conversation:
                        self.begin(conversation)
                    path = self._next_path(conversation)
                    self._follow(conversation, path)
            except PeersealError as error:
                self._judge(error)

    def say_done(self) -> None:
        """Everything is in its place: tell the sender, and come back for that if it may not have heard it.

        A sender who has left meanwhile, or gave it up, takes nothing of that away.
        """
        park = self._found if self.kind == "store" else None
        if park is not None:
            park.done()
        conversation = self._bond.now
        if conversation is not None:
            with contextlib.suppress(PeersealError):
                conversation.do(lambda session: session.done(self._id))
                conversation.wait_for_end(time.monotonic() + _FAREWELL_SECONDS)
            if not conversation.broken:
                return
        if park is None:  # without a conversation: a former process had it all, and did not come to say so
            self._say_done_again()

    def close(self) -> None:
        """The transfer is over."""
        if self._beside is not None:
            self._beside.close()
        if self._found is not None:
            self._found.close()

    # --- paths ---

    def _next_path(self, conversation: Conversation) -> PathArrived:
        """The path to read next; meanwhile, what is held is told to who asks."""
        self._direct_by = self._told_by = time.monotonic() + DIRECT_SECONDS
        while True:
            event = self._next_event(conversation)
            if event.id != self._id:
                if isinstance(event, WhereArrived):
                    self._disown(conversation, event.id)
            elif isinstance(event, WhereArrived):
                self._say_have(conversation)
            elif not self._broken:
                self._check_beginning(event)
                self._ended = False
                conversation.begin_path()
                if event.kind == "direct" or self._wanted != "direct":
                    return event
                self._told_by = min(self._told_by, time.monotonic() + _TOLD_SECONDS)

    def _next_event(self, conversation: Conversation) -> PathArrived | WhereArrived:
        while True:
            deadline = self._patience(conversation) if self._wanted == "direct" else None
            if self._ended or self._broken:
                soon = time.monotonic() + (_NEXT_PATH_SECONDS if self._ended else _SAY_BROKEN_SECONDS)
                deadline = soon if deadline is None else min(soon, max(deadline, time.monotonic()))
            try:
                event: SessionEvent = conversation.wait_any(PathArrived, WhereArrived, deadline=deadline)
            except TimedOut:
                conversation.check()
                if self._wanted == "direct" and time.monotonic() >= self._patience(conversation):
                    raise no_direct_path() from None
                if self._ended or self._broken:
                    self._ended = False
                    self.incoming.acknowledge_again()
                continue
            if not isinstance(event, PathArrived | WhereArrived):
                raise cut()
            return event

    def _patience(self, conversation: Conversation) -> float:
        """Until when a direct path is waited for, if no other is wanted."""
        return self._direct_by if conversation.told_where else self._told_by

    def _check_beginning(self, path: PathArrived) -> None:
        kept = self.incoming.kept
        fits = (path.manifest, path.content) == (kept.manifest, kept.content)
        if path.kind == "store":
            fits = path.manifest <= kept.manifest and path.content <= kept.content
        if not fits:
            raise IntegrityFailed("A path begins elsewhere than it must.", code="out_of_order")

    def _follow(self, conversation: Conversation, path: PathArrived) -> None:
        end = self._open(conversation, path)
        try:
            conversation.path.attach(end)
            self.kind = end.kind
            self._tell(Path(end.kind, end.detail))
            self.incoming.run(end)
            self._ended = True
        finally:
            conversation.path.detach()
            end.close()

    def _open(self, conversation: Conversation, path: PathArrived) -> ReceiveEnd:
        if path.kind == "relay":
            return open_relay(conversation, self._bond.returning.server, path.stream, "receive")
        if path.kind == "direct":
            if self._beside is None:
                raise cut()
            return self._beside.take(path.stream, _TAKE_SECONDS)
        if not self._find():
            raise cut()
        return self._parked_end()

    # --- breaks ---

    def _say_have(self, conversation: Conversation) -> None:
        kept, marks = self.incoming.kept, self.incoming.marks
        self._questions = self._questions + 1 if kept == self._held_then else 0
        self._held_then = kept
        if self._questions > _WHERE_MAX:
            raise IntegrityFailed("The other side asks and sends nothing.", code="limit")
        held = marks.hash(kept.manifest, kept.content)
        conversation.do(lambda session: session.have(self._id, kept.manifest, kept.content, kept.bytes, held))
        self._broken = self._ended = False
        # In a channel they came back in, nothing may be said of this transfer before the question for it.
        self._look_beside(conversation)
        if self._came_back:
            self._came_back = False
            self._tell(Resume(kept.bytes, self._total, self._bond.name))

    def _look_beside(self, conversation: Conversation) -> None:
        if self._beside is None and worth_it(self._wanted, self._total):
            self._beside = Beside(conversation, self._id, "receives", self._attempts)

    def _disown(self, conversation: Conversation, file_id: bytes) -> None:
        conversation.do(lambda session: session.cancel(file_id, "not_found"))

    def _judge(self, error: PeersealError) -> None:
        """After a failure: raise it unless it is a break."""
        if isinstance(error, NotFound) and self.kind == "store":
            error = self._park_ended()
        conversation = self._conversation
        if error.code == "no_direct_path" or (conversation is None and not is_break(error)):
            raise error
        if conversation is None:
            time.sleep(_NEXT_PATH_SECONDS)
            return
        if conversation.over is not None:
            if not conversation.broken:
                raise conversation.over
            return
        if not is_break(error):
            raise error
        self._broken = True
        self._ended = False
        try:
            self.incoming.acknowledge_again()
        except PeersealError:
            conversation.wait_for_end(time.monotonic() + _NEXT_PATH_SECONDS)

    def _on_kept(self, kept: Kept) -> None:
        conversation = self._conversation
        if conversation is not None and conversation.over is None:
            conversation.do(lambda session: session.ack(self._id, kept.manifest, kept.content, kept.bytes))
            conversation.heard()

    def _say_done_again(self) -> None:
        """The sender may not know. It comes back and asks, if so; if not, nobody does."""
        try:
            conversation = self._bond.conversation(patience=_SAY_AGAIN_SECONDS)
            if conversation is None:
                return
            self.begin(conversation)
            self._came_back = False
            conversation.wait(WhereArrived, time.monotonic() + _SAY_AGAIN_SECONDS)
            self._say_have(conversation)
            conversation.do(lambda session: session.done(self._id))
            conversation.wait_for_end(time.monotonic() + _FAREWELL_SECONDS)
        except PeersealError:
            return  # everything is here, and that is what counts

    # --- the rest, parked ---

    def _look_for_park(self, _away: float) -> bool:
        now = time.monotonic()
        if self._park_secret is None or now < self._looked_at + _LOOK_SECONDS:
            return False
        self._looked_at = now
        try:
            found = self._find()
        except PeersealError:
            return False
        if not found and self._bond.now is None and not self._told_nothing:
            self._told_nothing = True
            self._tell(Notice(_NOTHING_THERE.format(visible(self._bond.name))))
        return found

    def _park_ended(self) -> Interrupted:
        """Its sender took it back, or it expired: what has come of it stays, and the rest may come another way."""
        said = _PARK_ENDED.format(visible(self._bond.name))
        self._parks_ended += 1
        if self._parks_ended > _PARKS_MAX:
            raise Interrupted(said, code="stream_cut", retryable=True)
        if self._parks_ended == 1:
            self._tell(Notice(said))
        return cut()

    def _find(self) -> bool:
        from peerseal.transfer.parking import find_parked

        if self._found is not None:
            self._found.close()
            self._found = None
        if self._park_secret is not None:
            self._found = find_parked(self._bond.returning.server, self._park_secret)
        return self._found is not None

    def _parked_end(self) -> ReceiveEnd:
        if self._found is None:
            raise Interrupted("Nothing is parked.", code="stream_cut", retryable=True)
        kept = self.incoming.kept
        return self._found.end(kept.manifest, kept.content)

    def _empty_park(self) -> None:
        """Everything else from the server, where the sender left it. Broken off, both ways stay open."""
        # From now on the sender shall not meet somebody who is busy with the server.
        self._bond.close()
        end = self._parked_end()
        try:
            self.kind = end.kind
            self._tell(Path(end.kind, end.detail))
            self._tell(Resume(self.incoming.kept.bytes, self._total, self._bond.name))
            self.incoming.run(end)
        finally:
            end.close()
