"""Who the two sides of a channel are (protocol.md §9.3): each may prove it once, before its first offer or answer."""

from __future__ import annotations

from typing import Final

from peerseal.crypto_engine import Bundle, Identity, lp
from peerseal.errors import IntegrityFailed
from peerseal.protocol.channel import Role
from peerseal.protocol.control import Answer, ControlMessage, IdentityMessage, Offer
from peerseal.protocol.handshake import Handshake

_ROLE_BYTE: Final[dict[Role, bytes]] = {"initiator": b"\x01", "responder": b"\x02"}
_OTHER: Final[dict[Role, Role]] = {"initiator": "responder", "responder": "initiator"}


class Introduction:
    """Both sides' `identity` messages in one channel. `peer`: the keys the other side has proved to hold."""

    def __init__(self, handshake: Handshake) -> None:
        self.peer: Bundle | None = None
        self._handshake: Final = handshake
        self._open = {True: True, False: True}  # own side, other side

    def say(self, identity: Identity) -> IdentityMessage:
        """This side's message; `out_of_order` if it is too late, a second one, or there is no channel."""
        self._take_turn(own=True)
        signature = identity.sign("transcript", self._body(self._handshake.role))
        return IdentityMessage(identity.bundle.encoded, signature)

    def take(self, message: IdentityMessage) -> Bundle:
        """The peer's keys. Raises `out_of_order`, `malformed`, `invalid_peer_key` or `signature_invalid`."""
        self._take_turn(own=False)
        bundle = Bundle.parse(message.bundle)
        bundle.verify("transcript", self._body(_OTHER[self._handshake.role]), message.signature)
        self.peer = bundle
        return bundle

    def passed(self, message: ControlMessage, *, own: bool) -> None:
        """A message of one side went by: after an offer or answer, that side stays who it was."""
        if isinstance(message, Offer | Answer):
            self._open[own] = False

    def _take_turn(self, *, own: bool) -> None:
        if not self._handshake.established or not self._open[own]:
            raise IntegrityFailed("too early, too late or again to say who this is", code="out_of_order")
        self._open[own] = False

    def _body(self, role: Role) -> bytes:
        return lp(self._handshake.transcript, _ROLE_BYTE[role])
