"""`peerseal download`: a stored file, verified, into a folder or to standard output.

What is still being uploaded is waited for. Standard output sees nothing before everything is verified.
"""

from __future__ import annotations

import argparse
import sys

from peerseal.cli.options import Options, Parser
from peerseal.cli.output import Output
from peerseal.cli.stored import desk
from peerseal.cli.update import version_number
from peerseal.errors import UsageError
from peerseal.files.target import check_target
from peerseal.transfer.cancel import Cancel
from peerseal.transfer.download import Target

YES = "nothing is asked here"


def add_arguments(parser: Parser, options: Options) -> None:
    """The command's own arguments."""
    parser.add_argument("id", metavar="ID", help="the file's id, or its first digits")
    options.text(
        "-o",
        "--output",
        dest="output",
        default=".",
        metavar="DIR",
        help="where to (default: here), made if it is not there; - is standard output",
    )
    parser.add_argument("--version", metavar="N", help="an older version (default: the current one)")


def run(arguments: argparse.Namespace, output: Output, cancel: Cancel) -> int:
    """Download; returns the exit code. Raises PeersealError."""
    from peerseal.transfer.shelf import find

    target = target_of(arguments)
    number = version_number(arguments.version)
    with desk(arguments, output, cancel) as at:
        file = find(at.reader, arguments.id)
        if file.mine:  # the person's own names stay as they are
            target = Target(target.folder, target.fd, unhide=False)
        at.download(file, target, number)
    return 0


def target_of(arguments: argparse.Namespace) -> Target:
    """Where `-o` says. Raises UsageError, LocalFileFailed."""
    if arguments.json and arguments.output == "-":
        raise UsageError("--json and -o - both want standard output.", hint="Leave one of them away.")
    if arguments.output == "-":
        return Target(fd=sys.stdout.fileno())
    check_target(arguments.output)
    return Target(arguments.output)
