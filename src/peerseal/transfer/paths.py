"""Relay streams: the two forms a path through the server's memory can have, opened where the conversation stands."""

from __future__ import annotations

from peerseal.client.settings import ServerUrl
from peerseal.errors import ServerUnreachable
from peerseal.transfer.conversation import Conversation
from peerseal.transport.relay import PipeBlocked, RelayPipe
from peerseal.transport.relay_http import RelayHttp
from peerseal.transport.transport import cut
from peerseal.wire.messages import StreamEnd


def open_relay(
    conversation: Conversation, server: ServerUrl, stream: bytes, end: StreamEnd
) -> RelayPipe | RelayHttp:
    """One end of a relay stream; whoever uses it closes it. Raises Interrupted, also if the server is out of reach."""
    try:
        return _open(conversation, server, stream, end)
    except ServerUnreachable as error:
        raise cut() from error


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
