"""Lobbies: who sees whom. Arrivals and departures are gathered and told in one message per lobby.

A batch is encoded once for everybody who was here before it. Somebody who came during the batch already knows
those who came earlier, so is told only of those who came later.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from peerseal.errors import Refused
from peerseal.server.live.connection import Connection
from peerseal.server.live.outgoing import Outgoing, peer_text, presence
from peerseal.wire.limits import KIB, LOBBY_MAX_PEERS
from peerseal.wire.messages import Peer

#: Peers in one message: stays under the 64 KiB of a JSON text with everything around it.
PEERS_TEXT_MAX: Final = 40 * KIB
_LEFT_MAX: Final = 1000


@dataclass(slots=True)
class _Member:
    connection: Connection
    #: Length of the batch when this member came; what is before it, it knows already.
    knows: int
    #: Peers that were here before and did not fit into the reply.
    later: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Lobby:
    members: dict[str, _Member] = field(default_factory=dict)
    listed: dict[str, tuple[Peer, str]] = field(default_factory=dict)
    came: list[str] = field(default_factory=list)
    left: dict[str, None] = field(default_factory=dict)


class Lobbies:
    """Every lobby, by key; one without members does not exist."""

    def __init__(self) -> None:
        self._lobbies: dict[str, _Lobby] = {}

    def __len__(self) -> int:
        return len(self._lobbies)

    def enter(self, key: str, connection: Connection, peer: Peer, *, listed: bool) -> tuple[Peer, ...]:
        """Add a connection and return the peers it sees at once (others follow). Raises `Refused` if full."""
        lobby = self._lobbies.get(key) or _Lobby()
        if len(lobby.members) >= LOBBY_MAX_PEERS:
            raise Refused("this list is full", code="lobby_full")
        self._lobbies[key] = lobby
        shown, later = _split(lobby)
        if listed:
            text = peer_text(peer)
            lobby.listed[peer.id] = (peer, text)
            lobby.came.append(peer.id)
            lobby.left.pop(peer.id, None)  # left and came again within one batch
        lobby.members[peer.id] = _Member(connection, len(lobby.came), later)
        connection.lobby = key
        return shown

    def unlist(self, connection: Connection) -> None:
        """Nobody sees it any more, while it goes on seeing others."""
        lobby = self._lobbies.get(connection.lobby or "")
        if lobby is not None and lobby.listed.pop(connection.id, None) is not None:
            lobby.left[connection.id] = None

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
            if lobby.came or lobby.left or any(member.later for member in lobby.members.values()):
                _flush(lobby)


def room_lobby(token: str) -> str:
    """The key of a room link's lobby. The token itself is not kept."""
    return "room " + hashlib.sha256(token.encode("ascii")).hexdigest()


def _split(lobby: _Lobby) -> tuple[tuple[Peer, ...], dict[str, str]]:
    shown: list[Peer] = []
    later: dict[str, str] = {}
    size = 0
    for peer, text in lobby.listed.values():
        size += len(text.encode()) + 1
        if size <= PEERS_TEXT_MAX:
            shown.append(peer)
        else:
            later[peer.id] = text
    return tuple(shown), later


def _flush(lobby: _Lobby) -> None:
    left = list(lobby.left)
    for_all = list(_messages(_texts(lobby, lobby.came), left))
    for member in list(lobby.members.values()):
        for message in _messages([text for id_, text in member.later.items() if id_ not in lobby.left], []):
            member.connection.tell(message)
        member.later = {}
        news = for_all
        if member.knows:
            news = list(_messages(_texts(lobby, lobby.came[member.knows :]), left))
            member.knows = 0
        for message in news:
            member.connection.tell(message)
    lobby.came, lobby.left = [], {}


def _texts(lobby: _Lobby, ids: Iterable[str]) -> list[str]:
    return [lobby.listed[id_][1] for id_ in ids if id_ in lobby.listed]


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
