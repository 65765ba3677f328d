"""The meeting: one service behind all three carriers. What may happen when, and who is told.

Rooms come and go by `pairing`; the rules of codes are in `by_code`, those of meeting again in `coming_back`.
No sockets and no loop: the clock, the ids and the time to do something later come in as arguments. Nothing a
client sends reaches another client before that one accepted; identities are the connection's own.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from typing import Final, TypeAlias

from peerseal.errors import NotFound, PeersealError, Refused
from peerseal.server.accounts.asking import Signed
from peerseal.server.guard.limits import source_of
from peerseal.server.live.by_code import ByCode
from peerseal.server.live.codes import Codes
from peerseal.server.live.coming_back import ComingBack
from peerseal.server.live.connection import Connection, Link
from peerseal.server.live.discovery import Visitor
from peerseal.server.live.lobby import Lobbies, room_lobby
from peerseal.server.live.outgoing import Outgoing
from peerseal.server.live.pairing import Pairing, request_ended
from peerseal.server.live.rendezvous import RendezvousBook
from peerseal.server.live.requests import Ask, Requests
from peerseal.server.live.rooms import Pair
from peerseal.server.relay.switchboard import Switchboard
from peerseal.wire.limits import (
    HEARTBEAT_SECONDS,
    ID_BYTES,
    JOIN_WITHIN_SECONDS,
    SILENCE_SECONDS,
    TICKET_SECONDS,
    VIOLATIONS_PER_MINUTE,
)
from peerseal.wire.messages import (
    Accepted,
    Allocate,
    Answer,
    AskIce,
    AskTicket,
    Cancel,
    Claim,
    ClientMessage,
    Close,
    Connect,
    Done,
    Ice,
    IceServer,
    Join,
    Joined,
    Leave,
    Lobby,
    Peer,
    Ping,
    Refusal,
    Rejoin,
    Release,
    Reply,
    Request,
    Requested,
    Signal,
    Ticket,
)

#: Far above what any client needs (two people type and a control channel talks), far below what hurts.
MESSAGES_PER_SECOND: Final = 500
CONNECTS_PER_MINUTE: Final = 60

#: Said to an honest client whose message crossed the end of its room, such as acks under way.
_NO_FAULT: Final = frozenset({"room_closed"})

Oddity: TypeAlias = Callable[[Connection, str | None, str, str], None]
#: What a refused message is a sign of. (Who answers or withdraws a request may be a moment late.)
_ODDITIES: Final[dict[tuple[type[ClientMessage], str], str]] = {
    **{(kind, "not_connected"): "not_accepted" for kind in (Signal, Close, AskTicket, AskIce, Rejoin)},
    (Claim, "not_found"): "code_wrong",
    (Allocate, "rate_limited"): "malformed",
}
_PING: Final = Outgoing.of(Ping())


class Meeting:
    """All connections of this server, and everything between them."""

    def __init__(
        self,
        switchboard: Switchboard,
        clock: Callable[[], float],
        later: Callable[[Callable[[], None]], object],
        new_id: Callable[[], str] = lambda: secrets.token_hex(ID_BYTES),
        ice_servers: Callable[[], tuple[IceServer, ...]] = lambda: (),
    ) -> None:
        self._switchboard = switchboard
        self._clock = clock
        self._later = later
        self._new_id = new_id
        self._ice_servers = ice_servers
        self._on_oddity: list[Oddity] = []
        self._lets: Callable[[Connection], bool] = lambda _: True
        self._connections: dict[str, Connection] = {}
        self._lobbies = Lobbies()
        self._requests = Requests()
        codes = Codes(clock)
        self._pairing = Pairing(switchboard, self._lobbies, self._requests, codes, new_id)
        self._codes = ByCode(codes, self._pairing, later, new_id, clock)
        self._codes.on_vain(lambda claimer, text: self._tell_odd(claimer, "code_wrong", "code_join", text))
        self._codes.on_met(lambda claimer, text: self._tell_odd(claimer, None, "code_join", text))
        self._pairing.on_opened(self._met)
        self._coming_back = ComingBack(RendezvousBook(), self._pairing, later)
        self._minded = clock()
        self._pinged = clock()

    def __len__(self) -> int:
        return len(self._connections)

    # --- connections come and go ---

    def arrive(
        self, link: Link, visitor: Visitor, *, heartbeat: bool, signed: Signed | None = None
    ) -> Connection:
        """A new connection, not joined. `heartbeat`: we ping it and mind its silence (else its carrier does).

        `signed`: who is signed in on it.
        """
        now = self._clock()
        id_ = self._new_id()
        tag = hashlib.sha256(bytes.fromhex(id_)).hexdigest()[:4]
        connection = Connection(id_, tag, link, visitor, source_of(visitor.address), now, now, heartbeat)
        if signed is not None:
            connection.account, connection.session = signed.name, signed.session_id
        self._connections[id_] = connection
        return connection

    def on_oddity(self, hear: Oddity) -> None:
        """Call `hear` with connection, point (docs/guard.md §1), event and code for each message that is a sign of something.

        No point: two have met, somebody gave the right code, or a guest joined once more on one connection.
        """
        self._on_oddity.append(hear)

    def ask_before(self, lets: Callable[[Connection], bool]) -> None:
        """Whoever wants to meet somebody (`connect`, `claim`) may do so if `lets` says so; else the connection ends."""
        self._lets = lets

    def cut(self, id_: str) -> None:
        """End this connection, if it is there: somebody decided that it has done enough."""
        connection = self._connections.get(id_)
        if connection is not None:
            self._cut(connection, "blocked")

    def end_session(self, session: str) -> None:
        """A session has ended: so do its connections."""
        for connection in [one for one in self._connections.values() if one.session == session]:
            self.sign_out(connection)

    def sign_out(self, connection: Connection) -> None:
        """The session on this connection does not hold any more: neither does the connection."""
        if not connection.gone:
            self.depart(connection, "left")
            connection.link.cut("session_ended")

    def depart(self, connection: Connection, code: str = "vanished") -> None:
        """The connection is gone, however that came; doing it twice is harmless."""
        if connection.gone:
            return
        connection.gone = True
        del self._connections[connection.id]
        self._leave(connection, code)
        self._requests.forget(connection)

    def hear(self, connection: Connection) -> None:
        """The client showed that it is alive."""
        connection.heard = self._clock()

    # --- messages ---

    def receive(self, connection: Connection, message: ClientMessage) -> Reply:
        """Act on a message and return its reply. The tenth refusal within a minute ends the connection."""
        now = self._clock()
        connection.heard = now
        if connection.gone:
            return Refusal("not_connected", "the connection is closed")
        count = connection.messages.add(now)
        if count > MESSAGES_PER_SECOND:
            if count == MESSAGES_PER_SECOND + 1:
                self._tell_odd(connection, "malformed", "*")
            return self._end(connection)
        try:
            return self._act(connection, message)
        except PeersealError as refused:
            if refused.code in _NO_FAULT:
                return Refusal(refused.code, refused.message)
            self._odd(connection, message, refused.code)
            return self._refuse(connection, refused.code, refused.message)

    def refuse(self, connection: Connection, code: str, message: str) -> Refusal:
        """Count a refusal a carrier made (`malformed`) and return what to reply."""
        self._tell_odd(connection, "malformed", "*")
        return self._refuse(connection, code, message)

    def _odd(self, connection: Connection, message: ClientMessage, code: str) -> None:
        point = _ODDITIES.get((type(message), code))
        if point is not None:
            if isinstance(message, Claim):
                self._tell_odd(connection, point, "code_join", message.nameplate)
            else:
                room: str | None = getattr(message, "room", None)
                self._tell_odd(connection, point, type(message).__name__.lower(), room or "")

    def _met(self, pair: Pair) -> None:
        self._tell_odd(pair.first, None, "accept")
        if pair.mode != "code":  # who claimed a code has yet to say something
            self._tell_odd(pair.second, None, "accept")

    def _tell_odd(self, connection: Connection, point: str | None, event: str, room: str = "") -> None:
        for hear in self._on_oddity:
            hear(connection, point, event, room)

    def _refuse(self, connection: Connection, code: str, message: str) -> Refusal:
        if connection.refusals.add(self._clock()) >= VIOLATIONS_PER_MINUTE:
            return self._end(connection)
        return Refusal(code, message)

    def _end(self, connection: Connection) -> Refusal:
        self._later(lambda: self._cut(connection, "too_many_violations"))
        return Refusal("too_many_violations", "too many refused messages")

    def _act(self, me: Connection, message: ClientMessage) -> Reply:  # noqa: C901, PLR0911, PLR0912 - the table
        match message:
            case Ping():
                return Done()
            case Join():
                return self._join(me, message)
            case Leave():
                self._leave(me, "left")
                return Done()
        if me.peer is None:
            raise Refused("join first", code="not_joined")
        if isinstance(message, Connect | Claim) and not self._lets(me):
            self._later(lambda: self._cut(me, "blocked"))
            raise Refused("this address is stopped for a while", code="blocked")
        match message:
            case Connect():
                return self._connect(me, message.to)
            case Cancel():
                return self._cancel(me, message.request)
            case Answer():
                return self._answer(me, message)
            case Signal():
                self._pairing.member_of(me, message.room).other(me).tell(Outgoing.of(message))
                self._codes.said(me, message.room)
                return Done()
            case Close():
                return self._close(me, message.room)
            case AskTicket():
                return self._ticket(me, message)
            case Allocate():
                return self._codes.allocate(me, message.nameplate)
            case Claim():
                return self._codes.claim(me, message.nameplate)
            case Release():
                self._codes.release(me, "released")
                return Done()
            case Rejoin():
                return self._coming_back.rejoin(me, message)
            case AskIce():
                return self._ice(me, message.room)

    # --- joining ---

    def _join(self, me: Connection, message: Join) -> Joined:
        # After its room closed a page joins again without leaving first: it is listed anew.
        if me.peer is not None and (me.room is not None or not me.closed_rooms):
            raise Refused("you have joined already", code="already_joined")
        lobby, key = self._lobby_for(me, message)
        peer = Peer(me.id, me.tag, message.name, message.role, me.account)
        if me.joined_once and me.session is None:
            self._tell_odd(me, None, "join_again")
        if me.peer is not None:
            self._unjoin(me, "left")
        peers, gone = (
            self._lobbies.enter(key, me, peer, listed=message.listed) if key is not None else ((), None)
        )
        if gone is not None and gone.nameplate is None:  # a code that is shown goes on without the list
            self._later(lambda: self._cut(gone, "lobby_full"))
        me.peer = peer
        me.joined_once = True
        me.closed_rooms = ()
        return Joined(peer, lobby, peers)

    def _lobby_for(self, me: Connection, message: Join) -> tuple[Lobby, str | None]:
        if message.room is not None:
            return Lobby("room", None), room_lobby(message.room)
        lobby = me.visitor.lobby
        return lobby, lobby.kind if lobby.kind != "none" else None

    def _leave(self, me: Connection, code: str) -> None:
        self._unjoin(me, code)
        self._coming_back.forget(me)  # whoever joins again instead still waits there

    def _unjoin(self, me: Connection, code: str) -> None:
        me.peer = None
        self._pairing.close_by(me, code)
        self._codes.release(me, None)
        self._codes.withdraw(me)
        for ask in self._requests.take_of(me):
            other = ask.asked if ask.asker is me else ask.asker
            other.tell(request_ended(ask.id, "left"))
        self._lobbies.leave(me)

    # --- asking and answering ---

    def _connect(self, me: Connection, to: str) -> Requested:
        if me.room is not None:
            raise Refused("you are connected to somebody already", code="busy")
        if me.asks.add(self._clock()) > CONNECTS_PER_MINUTE:
            raise Refused("too many requests", code="too_many_requests")
        asked = self._lobbies.find(me, to)
        if asked is None or me.peer is None:
            raise NotFound("nobody of that id here")
        ask, gave_way = self._requests.add(self._new_id(), me, asked, self._clock())
        if gave_way is not None:
            for member in (gave_way.asker, asked):
                member.tell(request_ended(gave_way.id, "busy"))
        asked.tell(Outgoing.of(Request(ask.id, me.peer)))
        return Requested(ask.id)

    def _cancel(self, me: Connection, request: str) -> Done:
        if not self._codes.withdraw(me, request):
            ask = self._requests.take(request, asker=me)
            ask.asked.tell(request_ended(ask.id, "cancelled"))
        return Done()

    def _answer(self, me: Connection, message: Answer) -> Reply:
        ask = self._requests.take(message.request, asked=me)
        if not message.accept:
            ask.asker.tell(request_ended(ask.id, "declined"))
            self._declined(ask)
            return Done()
        return Accepted(self._pairing.open(ask.asker, me, "words", ask.id, ask.id).id)

    def _declined(self, ask: Ask) -> None:
        also, too_often = self._requests.declined(ask, self._clock())
        for one in also:
            for member in (one.asker, one.asked):
                member.tell(request_ended(one.id, "declined"))
        if too_often:
            self._tell_odd(ask.asker, "not_accepted", "connect_request", ask.asked.id)

    def _close(self, me: Connection, room: str) -> Done:
        if room not in me.closed_rooms:  # both may close at the same moment
            self._pairing.member_of(me, room)
            self._pairing.close_by(me, "closed")
        return Done()

    def _ticket(self, me: Connection, message: AskTicket) -> Ticket:
        self._pairing.member_of(me, message.room)
        self._codes.asked_for(me, message.room)
        ticket = self._switchboard.issue(message.room, me.id, message.stream, message.end)
        return Ticket(ticket, TICKET_SECONDS)

    def _ice(self, me: Connection, room: str) -> Ice:
        self._pairing.member_of(me, room)
        self._codes.asked_for(me, room)
        return Ice(self._ice_servers())

    # --- time ---

    def tick(self) -> None:
        """To be called every 250 ms: presence and silent claimers each time, the rest about once a second."""
        self._lobbies.flush()
        self._codes.mind_silences()
        now = self._clock()
        if now - self._minded < 1:
            return
        self._minded = now
        for ask in self._requests.take_expired(now):
            for member in (ask.asker, ask.asked):
                member.tell(request_ended(ask.id, "timed_out"))
        self._codes.tick()
        ping = now - self._pinged >= HEARTBEAT_SECONDS
        if ping:
            self._pinged = now
        for connection in list(self._connections.values()):
            self._mind(connection, now, ping=ping)

    def _mind(self, connection: Connection, now: float, *, ping: bool) -> None:
        if not connection.joined_once and now - connection.opened > JOIN_WITHIN_SECONDS:
            self._cut(connection, "not_joined")
        elif connection.heartbeat:
            if now - connection.heard > SILENCE_SECONDS:
                self._cut(connection, "vanished")
            elif ping:
                connection.tell(_PING)

    def _cut(self, connection: Connection, code: str) -> None:
        if not connection.gone:
            self.depart(connection)
            connection.link.cut(code)
