"""Which ways the records may take, as flags that `send` and `receive` share."""

from __future__ import annotations

import argparse

from peerseal.cli.options import Options
from peerseal.errors import UsageError
from peerseal.transfer.lanes import Wanted


def options_of_ways(options: Options) -> None:
    """`--direct-only` and `--relay-only`."""
    options.switch(
        "--direct-only", dest="direct_only", help="carry nothing over the server: straight to the other side"
    )
    options.switch(
        "--relay-only",
        dest="relay_only",
        help="carry everything over the server; the other side is not told an address of yours",
    )


def wanted_ways(arguments: argparse.Namespace) -> Wanted:
    """What the flags say. Raises UsageError if both are given."""
    if arguments.direct_only and arguments.relay_only:
        raise UsageError("Give --direct-only or --relay-only, not both.")
    if arguments.direct_only:
        return "direct"
    return "relay" if arguments.relay_only else "any"
