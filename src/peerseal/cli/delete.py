"""`peerseal delete`: a stored file of yours, gone for everybody; one of somebody else, gone from your list."""

from __future__ import annotations

import argparse

from peerseal.cli.member import questions, result
from peerseal.cli.options import Options, Parser
from peerseal.cli.output import Output
from peerseal.cli.stored import SHORT_ID, desk
from peerseal.transfer.cancel import Cancel

YES = "delete unasked"


def add_arguments(parser: Parser, options: Options) -> None:
    """The command's own arguments."""
    del options
    parser.add_argument("id", metavar="ID", help="the file's id, or its first digits")


def run(arguments: argparse.Namespace, output: Output, cancel: Cancel) -> int:
    """Delete; returns the exit code. Raises PeersealError."""
    from peerseal.transfer.sharing import delete
    from peerseal.transfer.shelf import find

    asking = questions(arguments, output)
    with desk(arguments, output, cancel) as at:
        file = find(at.reader, arguments.id)
        what = f"file {file.id[:SHORT_ID]}"
        question = (
            f"Delete {what}, all its versions, for everybody?" if file.mine else f"Take {what} off your list?"
        )
        asking.sure(question, otherwise="-y deletes unasked.")
        mine = delete(at.reader, file)
    output.line("It is gone, for everybody." if mine else "It is gone from your list.")
    result(output, arguments, {"id": file.id, "deleted": mine})
    return 0
