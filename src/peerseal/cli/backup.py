"""`peerseal backup`: a copy of a server's folder, made while it runs, and putting it back."""

from __future__ import annotations

import argparse
from typing import Final

from peerseal.cli.options import Options, Parser
from peerseal.cli.output import Output
from peerseal.cli.which import action_argument
from peerseal.errors import UsageError
from peerseal.transfer.cancel import Cancel

ACTIONS: Final = {
    "create": "copy the database and all sealed files of the server's folder",
    "restore": "put such a copy onto an empty folder and check all of it",
}


def add_arguments(parser: Parser, options: Options) -> None:
    """Only which action it is to be."""
    del options
    action_argument(parser, ACTIONS)


def run(_arguments: argparse.Namespace, _output: Output, _cancel: Cancel) -> int:
    """Each action runs itself. Raises UsageError."""
    raise UsageError("Say what: " + ", ".join(ACTIONS) + ".", hint="`peerseal backup --help` tells each.")
