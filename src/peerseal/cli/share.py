"""`peerseal share`: let more contacts read a stored file, or make a link for people without an account.

A link holds the key behind its `#`: whoever has all of it can read the file. It stands on standard output.
"""

from __future__ import annotations

import argparse
import os

from peerseal.cli.member import password_option, questions, result
from peerseal.cli.options import Options, Parser
from peerseal.cli.output import Output
from peerseal.cli.stored import (
    confirm_pinned,
    desk,
    expires_option,
    expiry,
    to_option,
    unverified_option,
    when,
)
from peerseal.errors import UsageError
from peerseal.files.names import visible
from peerseal.transfer.cancel import Cancel
from peerseal.transfer.desk import Desk
from peerseal.wire.strict_json import JsonValue

YES = "answers nothing here: keys that were never compared need --unverified"


def add_arguments(parser: Parser, options: Options) -> None:
    """The command's own arguments."""
    parser.add_argument("id", metavar="ID", help="the file's id, or its first digits")
    to_option(parser, "a contact who may read it from now on; give it several times")
    unverified_option(options)
    options.switch("--link", dest="link", help="make a link instead")
    expires_option(options)
    options.text("--downloads", dest="downloads", metavar="N", help="how many downloads the link allows")
    options.switch("--password", dest="password", help="ask for a password that belongs to the link")
    password_option(options)


def run(arguments: argparse.Namespace, output: Output, cancel: Cancel) -> int:
    """Share; returns the exit code. Raises PeersealError."""
    named = bool(arguments.to) and not (arguments.link and "PEERSEAL_TO" in os.environ)
    if arguments.link is named:
        raise UsageError("Share with --to NAME or by --link, one of the two.")
    if not arguments.link and (arguments.expires or arguments.downloads or arguments.password):
        raise UsageError("--expires, --downloads and --password belong to --link.")
    if arguments.link:
        return _link(arguments, output, cancel)
    with desk(arguments, output, cancel) as at:
        return _people(arguments, output, at)


def _download_count(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 6 and int(text) > 0):
        raise UsageError(
            f"{text!r} is no number of downloads.",
            hint="Write 1 or more; without --downloads it is not limited.",
        )
    return int(text)


def _people(arguments: argparse.Namespace, output: Output, at: Desk) -> int:
    from peerseal.transfer.destination import contacts_named
    from peerseal.transfer.sharing import share
    from peerseal.transfer.shelf import find

    contacts = contacts_named(at.account, arguments.to)
    confirm_pinned(arguments, output, contacts)
    file = find(at.reader, arguments.id)
    share(at.reader, file.id, contacts)
    names = [contact.name for contact in contacts]
    output.line(f"{', '.join(visible(name) for name in names)} can read it now.")
    shared: list[JsonValue] = list(names)
    result(output, arguments, {"id": file.id, "shared": shared})
    return 0


def _link(arguments: argparse.Namespace, output: Output, cancel: Cancel) -> int:
    from peerseal.client.settings import parse_link
    from peerseal.transfer.reachable import is_local
    from peerseal.transfer.sharing import make_link
    from peerseal.transfer.shelf import find

    expires, downloads = expiry(arguments.expires), _download_count(arguments.downloads)
    wants_password = arguments.password or arguments.password_stdin
    with desk(arguments, output, cancel) as at:
        file = find(at.reader, arguments.id)
        password = (
            questions(arguments, output).new_password("Password for the link: ", "what the link leads to")
            if wants_password
            else None
        )
        made = make_link(at.reader, file.id, password=password, expires=expires, downloads=downloads)
    output.line("Whoever has this link" + (" and its password" if password else "") + " can read the file:")
    if not arguments.json:
        output.payload(made.url + "\n")
    link = parse_link(made.url)
    if link is not None and is_local(link.server):
        output.line(
            "It opens on this computer only; --server with an address others reach makes one for them."
        )
    limits = [] if expires is None else [f"until {when(expires)}"]
    limits += [] if downloads is None else ["one download" if downloads == 1 else f"{downloads} downloads"]
    if limits:
        output.line(f"It is good for {', '.join(limits)}.".replace("for until", "until"))
    result(
        output,
        arguments,
        {
            "id": file.id,
            "link": made.url,
            "link_id": made.id,
            "password": made.password,
            "expires": made.expires,
            "downloads": made.downloads,
        },
    )
    return 0
