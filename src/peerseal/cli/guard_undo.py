"""`peerseal guard undo`: end what stands against somebody; the score starts from 0.

With an address goes what stood against its network, if the others in it would not have been enough for that.

    peerseal guard undo 3f2a       by the first digits of an id of `peerseal guard list`
    peerseal guard undo @ada       or by what is stopped: an account, an address
"""

from __future__ import annotations

import argparse

from peerseal.cli.guard_operator import operating, operator_options
from peerseal.cli.guard_words import KINDS
from peerseal.cli.options import Options, Parser
from peerseal.cli.output import Output
from peerseal.files.names import visible
from peerseal.transfer.cancel import Cancel
from peerseal.wire.accounts import Empty


def add_arguments(parser: Parser, options: Options) -> None:
    """The action's own arguments."""
    parser.add_argument("what", metavar="ID", help="an id of `peerseal guard list`, or its first digits")
    operator_options(options)


def run(arguments: argparse.Namespace, output: Output, _cancel: Cancel) -> int:
    """End it; returns the exit code. Raises PeersealError."""
    with operating(arguments, output) as at:
        row = at.standing(arguments.what)
        at.api.call("operator_undo", Empty(), standing=row.id)
        at.told("result", {"undone": row.id, "kind": row.kind, "label": row.label})
        at.out.line(f"Undone: {KINDS[row.kind]} {visible(row.label)} starts from 0.")
    return 0
