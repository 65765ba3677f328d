"""`peerseal upload`: store files, folders, a text or standard input, sealed, for contacts or for yourself.

The id of what is stored stands on standard output. After an interruption the same command goes on where it stopped;
standard input and texts begin anew.
"""

from __future__ import annotations

import argparse

from peerseal.cli.member import result
from peerseal.cli.options import Options, Parser
from peerseal.cli.output import Output
from peerseal.cli.stored import (
    confirm_pinned,
    desk,
    expires_option,
    expiry,
    source_of,
    stored_fields,
    stored_line,
    to_option,
    unverified_option,
)
from peerseal.transfer.cancel import Cancel

YES = "answers nothing here: keys that were never compared need --unverified"


def add_arguments(parser: Parser, options: Options) -> None:
    """The command's own arguments."""
    parser.add_argument("paths", nargs="*", metavar="PATH", help="files and folders; - is standard input")
    to_option(parser, "a contact who may read it; give it several times; without it only you can")
    options.text("--text", dest="text", metavar="TEXT", help="store a text; - reads it from standard input")
    expires_option(options)
    unverified_option(options)


def run(arguments: argparse.Namespace, output: Output, cancel: Cancel) -> int:
    """Upload; returns the exit code. Raises PeersealError."""
    from peerseal.transfer.destination import contacts_named

    open_source, again = source_of(arguments.paths, arguments.text)
    expires = expiry(arguments.expires)
    with desk(arguments, output, cancel) as at:
        contacts = contacts_named(at.account, arguments.to or [])
        confirm_pinned(arguments, output, contacts)
        stored = at.upload(open_source, contacts, expires=expires, again=again)
    output.line(stored_line(stored))
    if not arguments.json:
        output.payload(stored.id + "\n")
    result(output, arguments, stored_fields(stored))
    return 0
