"""Who this side is and where it meets: shared by `send` and `receive`."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from peerseal.cli.options import Options
from peerseal.cli.output import Output
from peerseal.client.home import home_folder
from peerseal.client.settings import ServerUrl, parse_link, parse_server
from peerseal.errors import IntegrityFailed, UsageError
from peerseal.wire.encoding import base64url_decode
from peerseal.wire.limits import NAME_MAX_CHARACTERS, ROOM_TOKEN_BYTES

if TYPE_CHECKING:
    from peerseal.transfer.live_account import LiveAccount


def account_options(options: Options) -> None:
    """--as and --guest."""
    options.text(
        "--as",
        dest="as",
        metavar="NAME",
        help="your name, as others see it (default: your account's, or $USER)",
    )
    options.switch("--guest", dest="guest", help="do not use the account that is signed in here")


@contextmanager
def live_account(
    arguments: argparse.Namespace, server: ServerUrl, output: Output
) -> Iterator[LiveAccount | None]:
    """Who is signed in at `server` on this device, with the newest contacts; None for a guest.

    Raises Refused (`not_signed_in`) if the server does not know the session any more, and what else `open_account` does.
    """
    # Guests need none of the imports below, so only names of files are looked at first.
    folder = os.path.join(home_folder(os.environ), "accounts")  # noqa: PTH118 - pathlib costs start-up time
    if arguments.guest or not os.path.isdir(folder):  # noqa: PTH112 - as above
        yield None
        return
    from peerseal.cli.member import now_pinned_line, own_keys

    keyring = own_keys(output)
    if keyring.signed_in(server) is None:
        yield None
        return
    from peerseal.client.account import open_account
    from peerseal.transfer.live_account import LiveAccount

    account = open_account(server, keyring)
    try:
        live = LiveAccount(account)
        for name in live.refresh():
            output.warning(now_pinned_line(name))
        yield live
    finally:
        account.close()


def own_name(given: str | None, account: LiveAccount | None) -> str:
    """The name others see: as given, else the account's, else the one this machine knows its user by."""
    user = os.environ.get("USER") or os.environ.get("LOGNAME") or "Somebody"
    name = given if given is not None else user if account is None else account.name
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
