"""JSON frames of the WebSocket and HTTP carriers: one text in, one reply text out."""

from __future__ import annotations

from peerseal.errors import IntegrityFailed
from peerseal.server.live.connection import Connection
from peerseal.server.live.service import Meeting
from peerseal.wire.codec import read_frame, write_reply
from peerseal.wire.limits import INTEGER_MAX
from peerseal.wire.messages import Reply
from peerseal.wire.strict_json import JsonObject, JsonValue, dumps, loads_object


def answer_text(meeting: Meeting, connection: Connection, text: str) -> str:
    """Act on a frame's text; the reply frame's text. What is not a message is refused as `malformed`."""
    try:
        frame = loads_object(text)
    except IntegrityFailed as wrong:
        return _reply(None, write_reply(None, meeting.refuse(connection, wrong.code, wrong.message)))
    return answer(meeting, connection, frame)


def answer(meeting: Meeting, connection: Connection, frame: JsonObject) -> str:
    """Act on a frame; the reply frame's text."""
    meeting.hear(connection)
    try:
        message, ref = read_frame(frame)
    except IntegrityFailed as wrong:
        refusal: Reply = meeting.refuse(connection, wrong.code, wrong.message)
        return _reply(frame.get("ref"), write_reply(None, refusal))
    return _reply(ref, write_reply(message, meeting.receive(connection, message)))


def _reply(ref: JsonValue, fields: JsonObject) -> str:
    known = isinstance(ref, int) and not isinstance(ref, bool) and 0 <= ref <= INTEGER_MAX
    return dumps({"type": "reply", "ref": ref if known else None, **fields})
