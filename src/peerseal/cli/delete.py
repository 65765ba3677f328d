"""`peerseal delete`: a stored file of yours, gone for everybody; one of somebody else, gone from your list.

With --version N only that old version of yours goes, and the space it takes.
"""

from __future__ import annotations

import argparse

from peerseal.cli.member import questions, result
from peerseal.cli.options import Options, Parser
from peerseal.cli.output import Output
from peerseal.cli.questions import Questions
from peerseal.cli.stored import SHORT_ID, desk
from peerseal.cli.update import version_number
from peerseal.transfer.cancel import Cancel
from peerseal.transfer.desk import Desk
from peerseal.wire.stored import File

YES = "delete unasked"


def add_arguments(parser: Parser, options: Options) -> None:
    """The command's own arguments."""
    del options
    parser.add_argument("id", metavar="ID", help="the file's id, or its first digits")
    parser.add_argument("--version", metavar="N", help="only this old version; `peerseal history` lists them")


def run(arguments: argparse.Namespace, output: Output, cancel: Cancel) -> int:
    """Delete; returns the exit code. Raises PeersealError."""
    from peerseal.transfer.sharing import delete
    from peerseal.transfer.shelf import find

    number = version_number(arguments.version)
    asking = questions(arguments, output)
    with desk(arguments, output, cancel) as at:
        file = find(at.reader, arguments.id)
        if number is not None:
            _one_version(at, file, number, asking)
            output.line(f"Version {number} is gone.")
            result(output, arguments, {"id": file.id, "version": number, "deleted": True})
            return 0
        what = f"file {file.id[:SHORT_ID]}"
        question = (
            f"Delete {what}, all its versions, for everybody?" if file.mine else f"Take {what} off your list?"
        )
        asking.sure(question, otherwise="-y deletes unasked.")
        mine = delete(at.reader, file)
    output.line("It is gone, for everybody." if mine else "It is gone from your list.")
    result(output, arguments, {"id": file.id, "deleted": mine})
    return 0


def _one_version(at: Desk, file: File, number: int, asking: Questions) -> None:
    from peerseal.transfer.sharing import delete_version

    asking.sure(f"Delete version {number} of file {file.id[:SHORT_ID]}?", otherwise="-y deletes unasked.")
    delete_version(at.reader, file, number)
