"""`peerseal expire`: until when a stored file of yours is kept; then it is gone for everybody."""

from __future__ import annotations

import argparse

from peerseal.cli.member import result
from peerseal.cli.options import Options, Parser
from peerseal.cli.output import Output
from peerseal.cli.stored import SHORT_ID, desk, expiry, when
from peerseal.errors import UsageError
from peerseal.transfer.cancel import Cancel

YES = "nothing is asked here"
_NEVER = "never"


def add_arguments(parser: Parser, options: Options) -> None:
    """The command's own arguments."""
    parser.add_argument("id", metavar="ID", help="the file's id, or its first digits")
    options.text(
        "--expires", dest="expires", metavar="TIME", help="gone after 30m, 12h, 7d or 4w from now; or never"
    )


def run(arguments: argparse.Namespace, output: Output, cancel: Cancel) -> int:
    """Change it; returns the exit code. Raises PeersealError."""
    from peerseal.transfer.sharing import keep_until
    from peerseal.transfer.shelf import find

    if arguments.expires is None:
        raise UsageError("Say until when, with --expires.", hint="--expires 7d, for example, or never.")
    wanted = None if arguments.expires.strip() == _NEVER else expiry(arguments.expires)
    with desk(arguments, output, cancel) as at:
        file = keep_until(at.reader, find(at.reader, arguments.id).id, wanted)
    until = "until it is deleted" if file.expires is None else f"until {when(file.expires)}"
    output.line(f"File {file.id[:SHORT_ID]} is kept {until}.")
    result(output, arguments, {"id": file.id, "expires": file.expires})
    return 0
