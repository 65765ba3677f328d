"""Which path a sender takes: the relay at once, a direct one beside it when it stands, back when it fails or is slower.

Nothing here moves records; `delivery` does, and asks here after each one whether to leave (docs/protocol.md §15.1, §16).
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from peerseal.errors import Interrupted, PeersealError
from peerseal.transfer.conversation import Conversation
from peerseal.transport.attempts import Attempts
from peerseal.wire.limits import MIB, STREAM_ID_BYTES

if TYPE_CHECKING:
    from peerseal.protocol.moves import Candidates
    from peerseal.transport.direct import DirectEnd, DirectTcp

Wanted = Literal["any", "direct", "relay"]
"""Which paths this person wants: the best one, only direct ones, or only the relay, which tells nobody an address."""

DIRECT_SECONDS: Final = 15.0
"""How long to wait for a direct path if the person wants no other."""
WORTH_BYTES: Final = 16 * MIB
_SILENT_SECONDS: Final = {"direct": 2.0, "relay": 30.0}
"""How long nothing may be acknowledged while something is under way."""
_COMPARED_SECONDS: Final = 1.0
_LEAST_SECONDS: Final = 0.3
_CLEARLY_SLOWER: Final = 0.7


class Road(NamedTuple):
    """A path to take next: its stream, and for a direct one the end that stands already."""

    kind: Literal["relay", "direct"]
    stream: bytes
    end: DirectEnd | None = None


def worth_it(wanted: Wanted, total: int | None) -> bool:
    """Whether a direct path is tried for a transfer of so many bytes."""
    return wanted == "direct" or (wanted == "any" and (total is None or total >= WORTH_BYTES))


class Beside:
    """The direct connections of one transfer in one channel, opened on a thread of their own so that nothing waits."""

    def __init__(
        self,
        conversation: Conversation,
        file_id: bytes,
        own: Literal["sends", "receives"],
        attempts: Attempts,
        on_ready: Callable[[DirectEnd], None] | None = None,
    ) -> None:
        """`attempts`: what the transfer may still try, over all its channels."""
        self._conversation = conversation
        self._file_id = file_id
        self._own: Final = own
        self._attempts = attempts
        self._on_ready = on_ready
        self._begun = threading.Event()
        self._closed = False
        self._opening = threading.Lock()
        self._tcp: DirectTcp | None = None
        threading.Thread(target=self._begin, name="peerseal-direct", daemon=True).start()

    def take(self, stream: bytes, timeout: float) -> DirectEnd:
        """A receiver's end of the connection that `path` named. Raises Interrupted, TimedOut (`stream_cut`)."""
        if not self._begun.wait(timeout) or self._tcp is None:
            raise Interrupted("There is no direct connection.", code="stream_cut", retryable=True)
        return self._tcp.take(stream, timeout)

    def close(self) -> None:
        """Try no more."""
        with self._opening:
            self._closed = True
        if self._tcp is not None:
            self._tcp.close()

    def _begin(self) -> None:
        # Without a direct path the relay carries everything: nothing that goes wrong here may end the transfer.
        try:
            with contextlib.suppress(PeersealError, OSError):
                self._open()
        finally:
            self._begun.set()

    def _open(self) -> None:
        from peerseal.crypto_engine import direct_key
        from peerseal.transport.direct import DirectTcp

        conversation = self._conversation
        key = direct_key(bytes(conversation.session.export("direct")), self._file_id)
        side = conversation.session.side
        on_ready, attempts = self._on_ready, self._attempts
        tcp = (
            DirectTcp(key, side, self._own, attempts=attempts)
            if on_ready is None
            else DirectTcp(key, side, self._own, on_ready, attempts=attempts)
        )
        with self._opening:
            if self._closed:
                tcp.close()
                return
            self._tcp = tcp
            said = tcp.listen()
        if said is not None and said.addresses:
            conversation.say(
                lambda session: session.candidates(self._file_id, said.port, said.addresses, said.here)
            )

        def attempt(candidates: Candidates) -> None:
            if candidates.id == self._file_id:
                tcp.attempt(candidates)

        self._begun.set()
        conversation.hear_candidates(attempt)


class Lanes:
    """A sender's choice, for one transfer. Used by the steering thread, but `tick` and what comes from direct paths."""

    def __init__(
        self,
        wanted: Wanted,
        total: int | None,
        new_stream: Callable[[int], bytes],
        clock: Callable[[], float] = time.monotonic,
        *,
        again: bool = False,
    ) -> None:
        """`new_stream` makes so many random bytes. `again`: another process began this transfer."""
        self._wanted: Final = wanted
        self._worth = worth_it(wanted, total)
        self._new_stream = new_stream
        self._clock = clock
        self._attempts = Attempts.of_a_later_process() if again else Attempts()
        self._beside: Beside | None = None
        self._conversation: Conversation | None = None
        self._file_id = b""
        #: Whether a direct connection that stands now is of any use.
        self._hopes = False
        self._ready: deque[DirectEnd] = deque()
        self._kind: Literal["relay", "direct"] = "relay"
        self._since = clock()
        self._sent = 0
        self._relay_rate = 0.0
        #: Whether this direct path is still to be compared with the relay.
        self._compares = False
        self._patience = 1.0
        #: When nothing was under way, or silence was last acted on.
        self._idle_at = self._since

    def begin(self, conversation: Conversation, file_id: bytes) -> None:
        """In this channel, from now on; the direct paths of the one before are given up."""
        self._give_up_direct()
        self._conversation, self._file_id = conversation, file_id
        if self._worth:
            self._look_beside(conversation)
        elif self._wanted == "any":
            conversation.hear_candidates(self._looked_for)
        conversation.every_tick(self._tick)

    def next(self) -> Road:
        """The path to begin with, and after each break. Raises Interrupted (`no_direct_path`) if there can be none."""
        if self._wanted == "direct":
            return self._only_direct()
        return self._direct() if self._ready else Road("relay", self._new_stream(STREAM_ID_BYTES))

    def taken(self, road: Road) -> None:
        """Records travel on this path from now on."""
        now = self._clock()
        if road.kind == "direct" and self._kind == "relay":
            passed = now - self._since
            self._relay_rate = self._sent / passed if passed >= _LEAST_SECONDS else 0.0
            self._compares = self._relay_rate > 0 and self._wanted == "any"
        self._kind = road.kind
        self._since, self._sent = now, 0

    def leave(self) -> bool:
        """Whether to leave this path now, at a record: for a direct one that stands, or for the relay that was faster."""
        if self._kind == "relay":
            return bool(self._ready)
        if not self._compares or self._clock() - self._since < _COMPARED_SECONDS:
            return False
        self._compares = False
        return self._sent / (self._clock() - self._since) < _CLEARLY_SLOWER * self._relay_rate

    def better(self) -> Road:
        """The path to change to after `leave`."""
        if self._kind == "relay":
            return self._direct()
        self._give_up_direct()
        return Road("relay", self._new_stream(STREAM_ID_BYTES))

    def broke(self) -> None:
        """The path in use is gone. A direct one that broke is tried again in this channel only if no other is wanted."""
        if self._kind != "direct":
            return
        if self._wanted != "direct":
            self._give_up_direct()
        elif not self._ready and self._conversation is not None:
            self.begin(self._conversation, self._file_id)

    def on_sent(self, size: int) -> None:
        """A content record has left."""
        self._sent += size

    def close(self) -> None:
        """The transfer is over."""
        self._give_up_direct()
        if self._conversation is not None:
            self._conversation.every_tick(None)

    # --- direct paths ---

    def _look_beside(self, conversation: Conversation) -> None:
        self._hopes = True
        self._beside = Beside(conversation, self._file_id, "sends", self._attempts, self._stands)

    def _looked_for(self, candidates: Candidates) -> None:
        """On the meeting's thread: a receiver that looks for a direct path to so little wants no other."""
        conversation = self._conversation
        if conversation is not None and candidates.id == self._file_id and self._beside is None:
            self._look_beside(conversation)

    def _stands(self, end: DirectEnd) -> None:
        """On the thread of the direct connections."""
        if self._hopes:
            self._ready.append(end)
        else:
            end.close()
        if self._conversation is not None:
            self._conversation.wake()

    def _direct(self) -> Road:
        end = self._ready.popleft()
        return Road("direct", end.stream, end)

    def _only_direct(self) -> Road:
        conversation = self._conversation
        if conversation is None or not conversation.wait_until(
            lambda: bool(self._ready), self._clock() + DIRECT_SECONDS
        ):
            raise no_direct_path()
        return self._direct()

    def _give_up_direct(self) -> None:
        self._hopes = False
        if self._beside is not None:
            self._beside.close()
            self._beside = None
        while self._ready:
            self._ready.popleft().close()

    # --- silence ---

    def _tick(self) -> None:
        """On the meeting's thread: a path on which nothing arrives any more is cut."""
        conversation = self._conversation
        if conversation is None:
            return
        now, held = self._clock(), conversation.held
        begun, acked = held.begun, held.acked
        if begun.content <= acked.content and begun.manifest <= acked.manifest:
            self._idle_at = now
            return
        if held.acked_at > self._idle_at:
            self._patience = 1.0
        silent = now - max(held.acked_at, self._idle_at, self._since)
        limit = _SILENT_SECONDS["direct" if self._kind == "direct" or self._ready else "relay"]
        if silent >= limit * self._patience:
            self._patience *= 2
            self._idle_at = now
            conversation.path.cut()


def no_direct_path() -> Interrupted:
    """The person wanted only a direct path, and none stood in time."""
    return Interrupted(
        "No direct path to the other side was found.",
        code="no_direct_path",
        hint="Leave --direct-only away: the relay carries everything sealed as well.",
    )
