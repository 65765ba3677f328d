"""`peerseal restore`: an older version of a stored file again as its newest, under a fresh key."""

from __future__ import annotations

import argparse

from peerseal.cli.member import result
from peerseal.cli.options import Options, Parser
from peerseal.cli.output import Output
from peerseal.cli.stored import desk, stored_fields, stored_line
from peerseal.cli.update import version_number
from peerseal.errors import UsageError
from peerseal.transfer.cancel import Cancel

YES = "nothing is asked here"


def add_arguments(parser: Parser, options: Options) -> None:
    """The command's own arguments."""
    del options
    parser.add_argument("id", metavar="ID", help="the file's id, or its first digits")
    parser.add_argument("--version", metavar="N", help="which version; `peerseal history` lists them")


def run(arguments: argparse.Namespace, output: Output, cancel: Cancel) -> int:
    """Restore; returns the exit code. Raises PeersealError."""
    from peerseal.transfer.shelf import find

    number = version_number(arguments.version)
    if number is None:
        raise UsageError("Say which version.", hint=f"`peerseal history {arguments.id}` lists them.")
    with desk(arguments, output, cancel) as at:
        file = find(at.reader, arguments.id)
        stored = at.restore(file.id, number)
    output.line(f"Version {number} is restored. {stored_line(stored)}")
    if not arguments.json:
        output.payload(stored.id + "\n")
    result(output, arguments, stored_fields(stored))
    return 0
