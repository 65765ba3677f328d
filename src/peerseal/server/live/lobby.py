"""Lobbies: who sees whom. Arrivals and departures are gathered and told in one message per lobby.

Arrivals are numbered, and everybody has a number up to which it knows them: what is new to it is what was
numbered later and is still here. So a message is encoded once for all who know the same, whoever came and left
in between never appears, and who reads slowly is simply told later. In a full lobby each network, then each source
in it, has a share.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Final

from peerseal.errors import Refused
from peerseal.server.guard.detector.subjects import network_of
from peerseal.server.live.connection import BACKLOG_MAX_BYTES, Connection
from peerseal.server.live.outgoing import Outgoing, peer_text, presence
from peerseal.server.live.shares import gives_way
from peerseal.wire.limits import KIB, LOBBY_MAX_PEERS
from peerseal.wire.messages import Peer

#: Peers in one message: stays under the 64 KiB of a JSON text with everything around it.
PEERS_TEXT_MAX: Final = 40 * KIB
_LEFT_MAX: Final = 1000
#: News of arrivals told at a time; the rest follows with the next batch.
_NEWS_MAX: Final = 2 * PEERS_TEXT_MAX
#: With so much unread a client is told of nobody new until it has read: it must not be cut for a full lobby.
_SLOW_BYTES: Final = BACKLOG_MAX_BYTES // 4


@dataclass(frozen=True, slots=True)
class _Listed:
    peer: Peer
    text: str
    #: When it came.
    number: int
    #: When it first came, if it left and came again before that was told: who knows that, knows its id.
    since: int


@dataclass(slots=True)
class _Member:
    connection: Connection
    network: str
    #: An account, wherever it is; of guests, their address.
    source: str
    #: It was told of everybody who came up to this number.
    knows: int = 0

    @staticmethod
    def of(connection: Connection) -> _Member:
        """Who comes in on this connection."""
        own = connection.source if connection.account is None else f"@{connection.account}"
        return _Member(connection, network_of(connection.source), own)


@dataclass(slots=True)
class _Lobby:
    members: dict[str, _Member] = field(default_factory=dict)
    listed: dict[str, _Listed] = field(default_factory=dict)  # in the order of their numbers
    left: dict[str, int] = field(default_factory=dict)  # id → since when it could be known
    came: int = 0  # the last number given


class Lobbies:
    """Every lobby, by key; one without members does not exist."""

    def __init__(self) -> None:
        self._lobbies: dict[str, _Lobby] = {}

    def __len__(self) -> int:
        return len(self._lobbies)

    def enter(
        self, key: str, connection: Connection, peer: Peer, *, listed: bool
    ) -> tuple[tuple[Peer, ...], Connection | None]:
        """Add a connection; the peers it sees at once (others follow), and who is to go for it, having had a place on
        the list. Nobody not listed keeps a place from others: in a full lobby such a one may be left out, and sees nobody.

        Raises `Refused` (`lobby_full`) if the lobby is full and nobody has more places than the newcomer's like.
        """
        lobby = self._lobbies.get(key) or _Lobby()
        newcomer = _Member.of(connection)
        gone = _place_for(lobby, newcomer)
        if gone is newcomer:
            if listed:
                raise Refused("this list is full; use a code, or try again in a moment", code="lobby_full")
            return (), None
        was_listed = gone is not None and gone.connection.id in lobby.listed
        if gone is not None:
            self.leave(gone.connection)
        self._lobbies[key] = lobby
        shown, newcomer.knows = _first(lobby)
        if listed:
            lobby.came += 1
            since = lobby.left.pop(peer.id, lobby.came)
            lobby.listed[peer.id] = _Listed(peer, peer_text(peer), lobby.came, since)
        lobby.members[peer.id] = newcomer
        connection.lobby = key
        return shown, gone.connection if gone is not None and was_listed else None

    def unlist(self, connection: Connection) -> None:
        """Nobody sees it any more, while it goes on seeing others."""
        lobby = self._lobbies.get(connection.lobby or "")
        listed = lobby.listed.pop(connection.id, None) if lobby is not None else None
        if lobby is not None and listed is not None:
            lobby.left[connection.id] = listed.since

    def leave(self, connection: Connection) -> None:
        """Out of its lobby, if it is in one."""
        self.unlist(connection)
        key, connection.lobby = connection.lobby, None
        if key is None:
            return
        lobby = self._lobbies[key]
        del lobby.members[connection.id]
        if not lobby.members:
            del self._lobbies[key]

    def find(self, seeker: Connection, peer: str) -> Connection | None:
        """The listed connection of that id in the seeker's own lobby, other than itself."""
        lobby = self._lobbies.get(seeker.lobby or "")
        if lobby is None or peer == seeker.id or peer not in lobby.listed:
            return None
        return lobby.members[peer].connection

    def flush(self) -> None:
        """Tell what happened since the last time."""
        for lobby in self._lobbies.values():
            _flush(lobby)


def room_lobby(token: str) -> str:
    """The key of a room link's lobby. The token itself is not kept."""
    return "room " + hashlib.sha256(token.encode("ascii")).hexdigest()


def _place_for(lobby: _Lobby, newcomer: _Member) -> _Member | None:
    """Who gives way: nobody while there is room."""
    if len(lobby.members) < LOBBY_MAX_PEERS:
        return None
    line = list(lobby.members.values())
    return gives_way(line, newcomer, most=LOBBY_MAX_PEERS, of_network=LOBBY_MAX_PEERS)


def _first(lobby: _Lobby) -> tuple[tuple[Peer, ...], int]:
    """Those who fit into the reply to a join, and the number of the last of them (of all, if all fit)."""
    shown: list[Peer] = []
    size = knows = 0
    for one in lobby.listed.values():
        size += len(one.text.encode()) + 1
        if size > PEERS_TEXT_MAX:
            return tuple(shown), knows
        shown.append(one.peer)
        knows = one.number
    return tuple(shown), lobby.came


def _flush(lobby: _Lobby) -> None:
    latest = next(reversed(lobby.listed.values())).number if lobby.listed else 0
    told: dict[tuple[int, bool, str], tuple[list[Outgoing], int]] = {}
    for member in list(lobby.members.values()):
        if member.knows >= latest and not lobby.left:
            continue
        own = lobby.listed.get(member.connection.id)
        # Mostly the same for all; not for who would read of itself, or does not read at all.
        itself = member.connection.id if own is not None and own.number > member.knows else ""
        slow = member.connection.link.backlog > _SLOW_BYTES
        key = (member.knows, slow, itself)
        if key not in told:
            told[key] = _news(lobby, *key)
        messages, member.knows = told[key]
        for message in messages:
            member.connection.tell(message)
    lobby.left = {}


def _news(lobby: _Lobby, knows: int, slow: bool, itself: str) -> tuple[list[Outgoing], int]:
    """What to tell who knows up to that number (and is of that id), and up to where it knows then."""
    joined: list[str] = []
    size, upto = 0, knows
    for one in () if slow else _later(lobby, knows):
        size += len(one.text.encode()) + 1
        if joined and size > _NEWS_MAX:
            break
        upto = one.number
        if one.peer.id != itself:
            joined.append(one.text)
    left = [id_ for id_, since in lobby.left.items() if since <= knows]
    return list(_messages(joined, left)), upto


def _later(lobby: _Lobby, knows: int) -> Iterator[_Listed]:
    """Those who came after that number, in their order."""
    newest_first = takewhile(lambda one: one.number > knows, reversed(lobby.listed.values()))
    return reversed(list(newest_first))


def _messages(joined: list[str], left: list[str]) -> Iterator[Outgoing]:
    """As many `presence` messages as the sizes need; none if there is nothing to say."""
    piece: list[str] = []
    size = 0
    for text in joined:
        length = len(text.encode()) + 1
        if size + length > PEERS_TEXT_MAX:
            yield presence(piece, ())
            piece, size = [], 0
        piece.append(text)
        size += length
    rest, left = left[: _LEFT_MAX // 2], left[_LEFT_MAX // 2 :]
    if piece or rest:
        yield presence(piece, rest)
    while left:
        yield presence((), left[:_LEFT_MAX])
        left = left[_LEFT_MAX:]
