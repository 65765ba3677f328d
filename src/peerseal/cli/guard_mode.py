"""`peerseal guard mode`: what the server's defence does, or, with MODE, what it does until the next start.

enforce   it stops who attacks, for a while
observe   it decides and notes, and stops nobody
off       nobody is judged

    peerseal guard mode             which one holds
    peerseal guard mode observe     look first
"""

from __future__ import annotations

import argparse
from typing import Final

from peerseal.cli.guard_operator import Desk, operating, operator_options
from peerseal.cli.guard_words import MEANS, overview_fields
from peerseal.cli.options import Options, Parser
from peerseal.cli.output import Output
from peerseal.errors import UsageError
from peerseal.transfer.cancel import Cancel
from peerseal.wire import guard as wire

MODES: Final = ("off", "observe", "enforce")
_SEAL: Final = "31"


def add_arguments(parser: Parser, options: Options) -> None:
    """The action's own arguments."""
    parser.add_argument("what", nargs="?", metavar="MODE", help=", ".join(MODES))
    operator_options(options)


def run(arguments: argparse.Namespace, output: Output, _cancel: Cancel) -> int:
    """Tell or set it; returns the exit code. Raises PeersealError."""
    wanted: str | None = arguments.what
    if wanted is not None and wanted not in MODES:
        raise UsageError(f"{wanted!r} is no mode.", hint="off, observe or enforce.")
    with operating(arguments, output) as at:
        if wanted is not None:
            at.api.call("operator_mode", wire.SetMode(_as_mode(wanted)))
        overview = at.api.ask(wire.Overview, "operator_overview")
        at.told("guard", overview_fields(overview))
        if not at.json:
            at.out.payload(f"{overview.mode}\n")
            say_mode(at, overview, always=True)
    return 0


def say_mode(at: Desk, overview: wire.Overview, *, always: bool = False) -> None:
    """Which mode holds, if it is not the usual one or `always`, and what is wrong with the defence itself."""
    if overview.breaker:
        at.out.line(
            at.out.paint(
                "So many addresses were blocked within an hour that it may be a mistake: for an hour, or until you "
                "say so, addresses people may be at are not blocked, they have to compute instead. `peerseal guard mode enforce` blocks again.",
                _SEAL,
            ),
            always=True,
        )
    elif always or overview.mode != "enforce":
        until = "" if overview.mode == overview.configured else ", until the server's next start"
        at.out.line(f"Mode {overview.mode}: {MEANS[overview.mode]}{until}.")
    if overview.lost:
        at.out.line(
            f"{overview.lost} events could not be written: look at the disk of the server.", always=True
        )


def _as_mode(text: str) -> wire.Mode:
    return "off" if text == "off" else "observe" if text == "observe" else "enforce"
