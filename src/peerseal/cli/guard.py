"""`peerseal guard`: the server's defence: what it stops and why, and how it is undone; what it makes of a file."""

from __future__ import annotations

import argparse
from typing import Final

from peerseal.cli.options import Options, Parser
from peerseal.cli.output import Output
from peerseal.cli.which import action_argument
from peerseal.errors import UsageError
from peerseal.transfer.cancel import Cancel

ACTIONS: Final = {
    "list": "what is stopped now, and which stored files are damaged",
    "why": "what was seen before",
    "undo": "end it",
    "allow": "networks and @names never judged",
    "mode": "off, observe, enforce",
    "page": "a link that opens the operator's page",
    "verify": "whether the events are all there and unchanged",
    "replay": "labelled sightings through the detector, offline",
}


def add_arguments(parser: Parser, options: Options) -> None:
    """Only which action it is to be."""
    del options
    action_argument(parser, ACTIONS)


def run(_arguments: argparse.Namespace, _output: Output, _cancel: Cancel) -> int:
    """Each action runs itself. Raises UsageError."""
    raise UsageError("Say what: " + ", ".join(ACTIONS) + ".", hint="`peerseal guard --help` tells each.")
