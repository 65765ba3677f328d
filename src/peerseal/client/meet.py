"""The meeting: join, ask, accept, claim a code, signal, get tickets (docs/wire.md §1).

One background thread reads the connection. It answers whoever waits for a reply, hands every other message to
`on_message`, and calls `on_tick` about once a second, so that a listener needs no thread of its own. Both are
called on that thread: they may `tell`, never `ask`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final, Protocol, TypeVar

from peerseal.client.carrier import Carrier, open_carrier
from peerseal.client.settings import ServerUrl
from peerseal.errors import (
    IntegrityFailed,
    Interrupted,
    NotFound,
    PeersealError,
    Refused,
    TimedOut,
    UsageError,
)
from peerseal.wire.codec import read_reply, read_server, write_frame
from peerseal.wire.limits import HEARTBEAT_SECONDS, SILENCE_SECONDS
from peerseal.wire.messages import (
    Accepted,
    Allocate,
    Allocated,
    Answer,
    AskTicket,
    Cancel,
    Claim,
    ClientMessage,
    Close,
    Connect,
    Join,
    Joined,
    Leave,
    Ping,
    Refusal,
    Rejoin,
    Release,
    Reply,
    Requested,
    Role,
    ServerMessage,
    Side,
    Signal,
    StreamEnd,
    Ticket,
)
from peerseal.wire.strict_json import JsonObject

TICK_SECONDS: Final = 1.0
UNDER_WAY_TICK_SECONDS: Final = 0.5
UNDER_WAY_HEARTBEAT_SECONDS: Final = 1.0
UNDER_WAY_SILENCE_SECONDS: Final = 4.0
"""While a transfer is under way a dead connection is to be noticed soon (docs/wire.md §1.5)."""
REPLY_SECONDS: Final = 15.0
_GOODBYE_SECONDS: Final = 2.0
_ReplyType = TypeVar("_ReplyType", bound=Reply)


class Listener(Protocol):
    """Who hears what the server says."""

    def on_message(self, message: ServerMessage) -> None:
        """A message that is no reply."""

    def on_tick(self) -> None:
        """About a second has passed."""

    def on_lost(self, error: PeersealError) -> None:
        """The connection is gone; nothing comes after this."""


class Meeting:
    """A connection to the server's meeting. Ends with `close`, which also leaves rooms and lobby."""

    def __init__(
        self, carrier: Carrier, listener: Listener, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.carrier_kind = carrier.kind
        self._carrier = carrier
        self._listener = listener
        self._clock = clock
        self._condition = threading.Condition()
        self._next_ref = 1
        self._asked: dict[int, ClientMessage] = {}
        self._replies: dict[int, Reply] = {}
        self._lost: PeersealError | None = None
        self._closing = False
        self._last_sent = clock()
        self._tick = TICK_SECONDS
        self._heartbeat, self._silence = float(HEARTBEAT_SECONDS), float(SILENCE_SECONDS)
        self._thread = threading.Thread(target=self._read, name="peerseal-meeting", daemon=True)
        self._thread.start()

    @classmethod
    def open(cls, server: ServerUrl, listener: Listener, token: str | None = None) -> Meeting:
        """Connect to `server`, signed in by a token. Raises ServerUnreachable, Refused (`not_signed_in`)."""
        return cls(open_carrier(server, token), listener)

    def join(self, role: Role, name: str, room: str | None, *, listed: bool) -> Joined:
        """Enter as `name`; the reply says who else is there."""
        return self._ask(Join(role, name, room, listed), Joined)

    def connect(self, to: str) -> str:
        """Ask a peer; returns the id of the request."""
        return self._ask(Connect(to), Requested).request

    def answer(self, request: str, *, accept: bool) -> str | None:
        """Answer a request; returns the id of the room if accepted."""
        reply = self.ask(Answer(request, accept))
        return reply.room if isinstance(reply, Accepted) else None

    def allocate(self, nameplate: str | None) -> str:
        """Open a nameplate; returns which."""
        return self._ask(Allocate(nameplate), Allocated).nameplate

    def claim(self, nameplate: str) -> str:
        """Claim a nameplate; returns the id of the request."""
        return self._ask(Claim(nameplate), Requested).request

    def ticket(self, room: str, stream: bytes, end: StreamEnd) -> str:
        """A ticket for one end of a relay stream."""
        return self._ask(AskTicket(room, stream, end), Ticket).ticket

    def signal(self, room: str, body: bytes) -> None:
        """Send opaque bytes to the other member of a room."""
        self.tell(Signal(room, body))

    def rejoin(self, rendezvous: bytes, side: Side) -> None:
        """Wait for the other side of this rendezvous; a room with mode `resume` says that it is there."""
        self.ask(Rejoin(rendezvous, side, None))

    def tether(self, rendezvous: bytes, side: Side, room: str) -> None:
        """A transfer is under way in `room`, which belongs to this rendezvous.

        From now on pings go every second, and 4 s without a word mean that the server is gone.
        """
        self.tell(Rejoin(rendezvous, side, room))
        self._tick = UNDER_WAY_TICK_SECONDS
        self._heartbeat, self._silence = UNDER_WAY_HEARTBEAT_SECONDS, UNDER_WAY_SILENCE_SECONDS

    def release(self) -> None:
        """Close the allocated nameplate."""
        self.tell(Release())

    def cancel(self, request: str) -> None:
        """Withdraw a request."""
        self.tell(Cancel(request))

    def close_room(self, room: str) -> None:
        """Say that a room is over."""
        self.tell(Close(room))

    def decline(self, request: str) -> None:
        """Decline a request without waiting for the reply."""
        self.tell(Answer(request, accept=False))

    def ask(self, message: ClientMessage) -> Reply:
        """Send and wait for the reply. Raises the typed error of a refusal."""
        ref = self._send(message, wanted=True)
        deadline = self._clock() + REPLY_SECONDS
        with self._condition:
            while ref not in self._replies:
                if self._lost is not None:
                    raise self._lost
                left = deadline - self._clock()
                if left <= 0:
                    raise TimedOut("The server does not answer.", code="server_silent", retryable=True)
                self._condition.wait(left)
            reply = self._replies.pop(ref)
        if isinstance(reply, Refusal):
            raise refused(reply)
        return reply

    def tell(self, message: ClientMessage) -> None:
        """Send without waiting; a refusal is of no interest."""
        self._send(message, wanted=False)

    def close(self) -> None:
        """Leave and close; may be called twice."""
        if self._closing:
            return
        self._closing = True
        try:
            self._send(Leave(), wanted=False)
        except PeersealError:
            pass  # it is gone already, which is what was wanted
        finally:
            self._carrier.goodbye()
            if threading.current_thread() is not self._thread:
                self._thread.join(_GOODBYE_SECONDS)
            self._carrier.close()

    def _ask(self, message: ClientMessage, expected: type[_ReplyType]) -> _ReplyType:
        reply = self.ask(message)
        if not isinstance(reply, expected):
            raise IntegrityFailed("The server gave another reply than was asked for.", code="malformed")
        return reply

    def _send(self, message: ClientMessage, *, wanted: bool) -> int:
        with self._condition:
            if self._lost is not None:
                raise self._lost
            ref = self._next_ref
            self._next_ref += 1
            if wanted:
                self._asked[ref] = message
            self._last_sent = self._clock()
        self._carrier.send(write_frame(message, ref))
        return ref

    def _read(self) -> None:
        next_tick = self._clock() + self._tick
        # Counted in ticks: after this machine has slept, what waits for it is read before anything is concluded.
        silent = 0.0
        try:
            while True:
                messages = self._carrier.receive(max(0.0, next_tick - self._clock()))
                if (
                    messages or self._carrier.kind == "http"
                ):  # an exchange that was answered is a sign of life
                    silent = 0.0
                for message in messages:
                    self._dispatch(message)
                if self._clock() >= next_tick:
                    next_tick = self._clock() + self._tick
                    silent += self._tick
                    if silent > self._silence:
                        raise _silent()
                    self._keep_alive()
                    self._listener.on_tick()
        except PeersealError as error:
            self._lose(error)
        except OSError:
            self._lose(
                Interrupted(
                    "The connection to the server broke.",
                    code="connection_lost",
                    hint="Run this again; `peerseal doctor` says if something is in the way.",
                    retryable=True,
                )
            )

    def _keep_alive(self) -> None:
        if self._clock() - self._last_sent >= self._heartbeat:
            self.tell(Ping())

    def _dispatch(self, frame: JsonObject) -> None:
        kind = frame.pop("type", None)
        if kind == "reply":
            self._reply(frame)
        elif isinstance(kind, str) and kind != "ping":
            self._listener.on_message(read_server(kind, frame))

    def _reply(self, frame: JsonObject) -> None:
        ref = frame.pop("ref", None)
        with self._condition:
            asked = self._asked.pop(ref, None) if isinstance(ref, int) else None
            if asked is not None and isinstance(ref, int):
                self._replies[ref] = read_reply(asked, frame)
                self._condition.notify_all()

    def _lose(self, error: PeersealError) -> None:
        with self._condition:
            self._lost = error
            self._condition.notify_all()
        self._carrier.close()
        if not self._closing:
            self._listener.on_lost(error)


def _silent() -> Interrupted:
    return Interrupted(
        "The server stopped answering.",
        code="connection_lost",
        hint="Run this again; `peerseal doctor` says if something is in the way.",
        retryable=True,
    )


def refused(refusal: Refusal) -> PeersealError:
    """The typed error of a refusal by the server."""
    code, message = refusal.code, refusal.message
    if code == "not_found":
        return NotFound(message, code=code)
    if code in ("nameplate_taken", "malformed"):
        return UsageError(message, code=code)
    if code in ("not_connected", "room_closed"):
        return Interrupted("The other side has left.", code=code, retryable=True)
    return Refused(
        message, code=code, retryable=code in ("rate_limited", "too_many_requests", "busy", "lobby_full")
    )
