"""`peerseal guard list`: who is stopped by the server just now, and which of its stored files are damaged.

Each line begins with an id, which `why` and `undo` take (its first digits are enough), and says what is stopped, until
when and why. A damaged file is named until all of it is as it was written again.

    peerseal guard list                               on the server's machine
    peerseal guard list --data /srv/peerseal --json   its folder is elsewhere; one object a line
"""

from __future__ import annotations

import argparse
import time
from typing import Final

from peerseal.cli.guard_mode import say_mode
from peerseal.cli.guard_operator import Desk, operating, operator_options
from peerseal.cli.guard_words import (
    KINDS,
    STOPPED,
    damage_fields,
    damage_row,
    left,
    overview_fields,
    standing_fields,
    subjects,
)
from peerseal.cli.options import Options, Parser
from peerseal.cli.output import Output
from peerseal.files.names import visible
from peerseal.transfer.cancel import Cancel
from peerseal.wire import damage as stored
from peerseal.wire import guard as wire

_SHORT_ID: Final = 8
_SEAL: Final = "31"
_WAITING: Final = "33"


def add_arguments(parser: Parser, options: Options) -> None:
    """The action's own arguments."""
    del parser
    operator_options(options)


def run(arguments: argparse.Namespace, output: Output, _cancel: Cancel) -> int:
    """List; returns the exit code. Raises PeersealError."""
    with operating(arguments, output) as at:
        overview = at.api.ask(wire.Overview, "operator_overview")
        rows = at.standings()
        damage = at.api.ask(stored.DamageList, "operator_damage")
        if at.json:
            _tell(at, overview, rows, damage)
            return 0
        say_mode(at, overview)
        if rows:
            _stopped(at, rows)
        else:
            at.out.payload(f"All quiet: nobody is stopped.{subjects(overview.subjects)}\n")
        if damage.damaged:
            _damaged(at, damage)
    return 0


def _tell(
    at: Desk, overview: wire.Overview, rows: tuple[wire.Standing, ...], damage: stored.DamageList
) -> None:
    at.told("guard", overview_fields(overview))
    for row in rows:
        at.told("standing", standing_fields(row))
    for one in damage.damaged:
        at.told("damage", damage_fields(one))


def _stopped(at: Desk, rows: tuple[wire.Standing, ...]) -> None:
    now = int(time.time() * 1000)
    wide = max(len(visible(row.label)) for row in rows)
    for row in rows:
        style = _SEAL if row.action == "block" else _WAITING
        parts = [
            row.id[:_SHORT_ID],
            at.out.paint(f"{STOPPED[row.action]:<10}", style),
            f"{KINDS[row.kind]:<9}",
            f"{visible(row.label):<{min(wide, 40)}}",
            f"{left(row.expires, now):<12}",
            visible(row.why),
        ]
        at.out.row("  ".join(parts))
    at.out.line("`peerseal guard why ID` says more, `peerseal guard undo ID` ends it.")


def _damaged(at: Desk, damage: stored.DamageList) -> None:
    for one in damage.damaged:
        at.out.payload(f"{at.out.paint('damaged', _SEAL)}  {damage_row(one)}\n")
    if damage.more:
        at.out.line("More is damaged than can be listed.", always=True)
    at.out.line(
        "The log names the chunks: put them back from a backup (docs/operations.md), or let the owner store the file "
        "again. Nobody is given wrong bytes meanwhile."
    )
