"""Opens a path for a conversation: the raw pipe, or HTTP where that is blocked; and says why one broke."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from peerseal.client.settings import ServerUrl
from peerseal.errors import IntegrityFailed, Interrupted
from peerseal.transfer.conversation import Conversation
from peerseal.transport.relay import PipeBlocked, RelayPipe
from peerseal.transport.relay_http import RelayHttp
from peerseal.wire.messages import StreamEnd

#: How long to wait for why a stream ended. A receiver that holds too little speaks before its sender stops waiting.
_REASON_SECONDS: Final = {"stream_cut": 2.0, "truncated": 0.5}
_OTHER_SIDE_LEFT: Final = ("room_closed", "not_connected")


@contextmanager
def open_relay(
    conversation: Conversation, server: ServerUrl, stream: bytes, end: StreamEnd
) -> Iterator[RelayPipe | RelayHttp]:
    """One end of a relay stream, cut when the conversation ends, closed when the block is left."""
    try:
        relay = _open(conversation, server, stream, end)
    except Interrupted as error:
        if error.code in _OTHER_SIDE_LEFT:  # it said why before it closed the room
            conversation.wait_for_reason(time.monotonic() + _REASON_SECONDS["stream_cut"])
        raise
    try:
        conversation.attach(relay)
        yield relay
    finally:
        conversation.detach()
        relay.close()


@contextmanager
def reason_of(conversation: Conversation) -> Iterator[None]:
    """Turn "the stream ended" into why: what the other side or the meeting says about it, if it does soon."""
    try:
        yield
    except (Interrupted, IntegrityFailed) as error:
        # A receiver that has everything may close before this side has said that it is done. A sender that was
        # killed ends its stream like one that has finished.
        patience = _REASON_SECONDS.get(error.code, 0.0)
        if patience and conversation.wait_for_reason(time.monotonic() + patience):
            return
        raise


def _open(
    conversation: Conversation, server: ServerUrl, stream: bytes, end: StreamEnd
) -> RelayPipe | RelayHttp:
    meeting, room = conversation.meeting, conversation.room.room
    ticket = meeting.ticket(room, stream, end)
    if meeting.carrier_kind == "websocket":
        try:
            return RelayPipe(server, ticket)
        except PipeBlocked:
            # Whether the server saw that ticket is not known here; a fresh one settles it.
            ticket = meeting.ticket(room, stream, end)
    return RelayHttp(server, ticket)
