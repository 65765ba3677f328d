"""`peerseal guard why`: what was seen before somebody was stopped: each sign, when, where and what it weighed.

peerseal guard why 3f2a        by the first digits of an id of `peerseal guard list`
peerseal guard why @ada        or by what is stopped: an account, an address
"""

from __future__ import annotations

import argparse

from peerseal.cli.guard_operator import Desk, operating, operator_options
from peerseal.cli.guard_words import KINDS, STOPPED, clock, hundredths, seen_fields, standing_fields
from peerseal.cli.options import Options, Parser
from peerseal.cli.output import Output
from peerseal.files.names import visible
from peerseal.transfer.cancel import Cancel
from peerseal.wire import guard as wire


def add_arguments(parser: Parser, options: Options) -> None:
    """The action's own arguments."""
    parser.add_argument("what", metavar="ID", help="an id of `peerseal guard list`, or its first digits")
    operator_options(options)


def run(arguments: argparse.Namespace, output: Output, _cancel: Cancel) -> int:
    """Tell it; returns the exit code. Raises PeersealError."""
    with operating(arguments, output) as at:
        found = at.standing(arguments.what)
        said = at.api.ask(wire.StandingWhy, "operator_standing", standing=found.id)
        if at.json:
            at.told("standing", standing_fields(said.standing))
            for seen in said.sightings:
                at.told("sighting", seen_fields(seen))
        else:
            _say(at, said)
    return 0


def _say(at: Desk, said: wire.StandingWhy) -> None:
    row, out = said.standing, at.out
    out.payload(
        f"{KINDS[row.kind].capitalize()} {visible(row.label)} {STOPPED[row.action]}: {visible(row.why)}\n"
    )
    out.payload(f"since {clock(row.since)}, until {clock(row.expires)}\n")
    threshold = row.threshold * row.factor // 100
    more = "" if row.factor == 100 else f" ({hundredths(row.threshold)} times {hundredths(row.factor)})"
    out.payload(f"score {hundredths(row.score)}, threshold {hundredths(threshold)}{more}\n")
    if said.sightings:
        out.payload("what was seen last:\n")
    for seen in said.sightings:
        status = "   " if seen.status is None else str(seen.status)
        parts = [clock(seen.time), f"{seen.point:<16}", f"+{hundredths(seen.weight):<5}", status]
        out.row("  " + "  ".join([*parts, visible(seen.address), visible(seen.path or seen.route)]))
