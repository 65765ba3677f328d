"""A message to clients, encoded at most once per carrier however many connections it goes to."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from peerseal.wire.codec import write_peer, write_server
from peerseal.wire.messages import Peer, ServerMessage
from peerseal.wire.strict_json import dumps


class Outgoing:
    """The fields of a message as JSON text without its braces, and what each carrier makes of them."""

    def __init__(self, kind: str, inner: str) -> None:
        self.kind = kind
        self.inner = inner

    @classmethod
    def of(cls, message: ServerMessage) -> Outgoing:
        """Any message."""
        kind, fields = write_server(message)
        return cls(kind, dumps(fields)[1:-1])

    @cached_property
    def frame(self) -> str:
        """As it stands on WebSocket and HTTP."""
        comma = "," if self.inner else ""
        return f'{{"type":"{self.kind}"{comma}{self.inner}}}'

    @cached_property
    def event(self) -> str:
        """As a Socket.IO event packet of the default namespace."""
        return f'2["{self.kind}",{{{self.inner}}}]'


def presence(joined: Iterable[str], left: Iterable[str]) -> Outgoing:
    """A `presence` message from peers that are JSON text already (`peer_text`) and ids."""
    ids = ",".join(f'"{peer}"' for peer in left)
    return Outgoing("presence", f'"joined":[{",".join(joined)}],"left":[{ids}]')


def peer_text(peer: Peer) -> str:
    """One peer as JSON text."""
    return dumps(write_peer(peer))
