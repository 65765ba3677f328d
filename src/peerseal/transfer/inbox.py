"""What a meeting has brought and nobody has taken yet: who is there, and messages in their order.

No lock, no waiting: whoever shares it between threads guards it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Final

from peerseal.wire.limits import REQUESTS_IN_MAX
from peerseal.wire.messages import Peer, Presence, Request, RequestEnded, Role, ServerMessage

_MAX_WAITING: Final = 1_000


class Inbox:
    """Begins empty; bounded, whatever a server says."""

    def __init__(self) -> None:
        self._peers: dict[str, Peer] = {}
        self._waiting: deque[ServerMessage] = deque()

    def found(self, peers: Iterable[Peer]) -> None:
        """Who was there when this side joined."""
        # Presence may have come before the answer was read, so nothing is removed or replaced.
        self._peers.update({peer.id: peer for peer in peers if peer.id not in self._peers})

    def there(self, role: Role) -> list[Peer]:
        """Who is in the lobby in this role."""
        return [peer for peer in self._peers.values() if peer.role == role]

    def put(self, message: ServerMessage) -> None:
        """A message came."""
        if isinstance(message, Presence):
            self._peers.update({peer.id: peer for peer in message.joined})
            for gone in message.left:
                self._peers.pop(gone, None)
        elif isinstance(message, Request) and self._asking() >= REQUESTS_IN_MAX:
            pass  # no honest server lets so many wait
        elif isinstance(message, RequestEnded) and self._drop(message.request):
            pass  # nobody needs to be asked about it any more
        elif len(self._waiting) < _MAX_WAITING:
            self._waiting.append(message)

    def take(self) -> ServerMessage | None:
        """The next message that is not presence; None if there is none."""
        return self._waiting.popleft() if self._waiting else None

    def ended(self, request: str) -> bool:
        """Whether a message waits that says that this request has ended."""
        return any(isinstance(one, RequestEnded) and one.request == request for one in self._waiting)

    def _asking(self) -> int:
        return sum(isinstance(message, Request) for message in self._waiting)

    def _drop(self, request: str) -> bool:
        for message in self._waiting:
            if isinstance(message, Request) and message.request == request:
                self._waiting.remove(message)
                return True
        return False
