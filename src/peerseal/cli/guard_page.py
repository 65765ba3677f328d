"""`peerseal guard page`: a link that opens the operator's page once, within 10 minutes, without an account.

It stands on standard output. Who has it is the operator: show it to nobody.

    peerseal guard page
    peerseal guard page --data /srv/peerseal
"""

from __future__ import annotations

import argparse

from peerseal.cli.guard_operator import operating, operator_options
from peerseal.cli.options import Options, Parser
from peerseal.cli.output import Output
from peerseal.transfer.cancel import Cancel
from peerseal.wire import operator as wire
from peerseal.wire.accounts import Empty


def add_arguments(parser: Parser, options: Options) -> None:
    """The action's own arguments."""
    del parser
    operator_options(options)


def run(arguments: argparse.Namespace, output: Output, _cancel: Cancel) -> int:
    """Make one; returns the exit code. Raises PeersealError."""
    with operating(arguments, output) as at:
        link = at.api.ask(wire.PageLink, "operator_page_link", Empty())
        address = f"{at.api.server}/operator#{link.secret}"
        if at.json:
            at.told("result", {"link": address, "expires": link.expires})
        else:
            at.out.line("Opens the operator's page once, within 10 minutes. Show it to nobody:")
            at.out.payload(address + "\n")
    return 0
