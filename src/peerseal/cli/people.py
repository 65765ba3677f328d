"""Who this side is and where it meets: shared by `send` and `receive`."""

from __future__ import annotations

import os

from peerseal.client.settings import ServerUrl, parse_link, parse_server
from peerseal.errors import IntegrityFailed, UsageError
from peerseal.wire.encoding import base64url_decode
from peerseal.wire.limits import NAME_MAX_CHARACTERS, ROOM_TOKEN_BYTES


def own_name(given: str | None) -> str:
    """The name others see: as given, else the one this machine knows its user by."""
    name = given if given is not None else os.environ.get("USER") or os.environ.get("LOGNAME") or "Somebody"
    if not 1 <= len(name) <= NAME_MAX_CHARACTERS or not name.strip():
        raise UsageError(f"A name has 1 to {NAME_MAX_CHARACTERS} characters.", code="name")
    try:
        name.encode()
    except UnicodeEncodeError:
        raise UsageError("The name is not valid UTF-8.", code="name") from None
    return name


def room_of(server: str, room: str | None) -> tuple[ServerUrl, str | None]:
    """Server and room token of `--server` and `--room`; a link brings its own server."""
    if room is None:
        return parse_server(server), None
    link = parse_link(room)
    if link is not None:
        if link.kind != "room":
            raise UsageError("This link names a code, not a room.", code="link")
        return link.server, room_token(link.value)
    return parse_server(server), room_token(room)


def room_token(text: str) -> str:
    """A room's token, checked for its form."""
    try:
        base64url_decode(text, ROOM_TOKEN_BYTES)
    except IntegrityFailed:
        raise UsageError("This is no room link and no room token.", code="room") from None
    return text
