"""`peerseal guard`: the server's defence: what it stops and why, and how it is undone; what it makes of a file.

list                what is stopped now (as an operator)
why ID              what was seen before
undo ID             end it
allow [ENTRY]       networks and @names never judged (--remove)
mode [MODE]         off, observe, enforce
page                a link that opens the operator's page
replay FILE         labelled sightings (docs/guard.md §8) through the detector, offline
"""

from __future__ import annotations

import argparse
from typing import Final

from peerseal.cli.options import Options, Parser
from peerseal.cli.output import Output
from peerseal.errors import UsageError
from peerseal.transfer.cancel import Cancel

_ACTIONS: Final = ("list", "why", "undo", "allow", "mode", "page", "replay")


def add_arguments(parser: Parser, options: Options) -> None:
    """The command's own arguments."""
    from peerseal.cli import guard_operator

    parser.add_argument("action", choices=_ACTIONS, metavar="ACTION", help=", ".join(_ACTIONS))
    parser.add_argument("what", nargs="?", metavar="WHAT", help="an id, a network or @name, a mode, a file")
    guard_operator.add_arguments(options)


def run(arguments: argparse.Namespace, output: Output, _cancel: Cancel) -> int:
    """Do it; returns the exit code. Raises PeersealError."""
    action: str = arguments.action
    what: str | None = arguments.what
    if action == "replay":
        from peerseal.cli import guard_replay

        if what is None:
            raise UsageError("Which file? `peerseal guard replay FILE`; `-` is standard input.")
        return guard_replay.run(arguments, output, what)
    from peerseal.cli import guard_operator

    return guard_operator.run(arguments, output, action, what)
