"""`peerseal guard why`: what was seen before somebody was stopped: each sign, when, where and what it weighed.

peerseal guard why 3f2a        by the first digits of an id of `peerseal guard list`
peerseal guard why @ada        or by what is stopped: an account, an address
peerseal guard why 9c41        or by an id of guard.ndjson: also of what is over, as long as the server remembers it
"""

from __future__ import annotations

import argparse
import time
from typing import Final

from peerseal.cli.guard_operator import Desk, operating, operator_options
from peerseal.cli.guard_words import (
    KINDS,
    PAST,
    STOPPED,
    clock,
    event_fields,
    hundredths,
    seen_fields,
    standing_fields,
)
from peerseal.cli.options import Options, Parser
from peerseal.cli.output import Output
from peerseal.errors import NotFound
from peerseal.files.names import visible
from peerseal.transfer.cancel import Cancel
from peerseal.wire import guard as wire
from peerseal.wire import limits

#: So many first digits of an event's id are no accident.
_ID_LEAST: Final = 4


def add_arguments(parser: Parser, options: Options) -> None:
    """The action's own arguments."""
    parser.add_argument(
        "what", metavar="ID", help="an id of `peerseal guard list` or guard.ndjson, or its first digits"
    )
    operator_options(options)


def run(arguments: argparse.Namespace, output: Output, _cancel: Cancel) -> int:
    """Tell it; returns the exit code. Raises PeersealError."""
    with operating(arguments, output) as at:
        try:
            found = at.standing(arguments.what)
        except NotFound:
            event = _past(at, arguments.what)
            if event is None:
                raise
            still = [row for row in at.standings() if (row.kind, row.label) == (event.kind, event.label)]
            if not still:
                _say_past(at, event)
                return 0
            found = still[0]
        said = at.api.ask(wire.StandingWhy, "operator_standing", standing=found.id)
        if at.json:
            at.told("standing", standing_fields(said.standing))
            for seen in said.sightings:
                at.told("sighting", seen_fields(seen))
        else:
            _say(at, said)
    return 0


def _past(at: Desk, begin: str) -> wire.Event | None:
    """The latest event whose id begins like this, or that was about what has this label."""
    query: dict[str, str | int] = {"limit": limits.PAGE_MAX_ITEMS}
    is_id = len(begin) >= _ID_LEAST
    while begin:
        page = at.api.ask(wire.Events, "operator_events", query=query)
        for event in page.events:
            if (is_id and event.id.startswith(begin.lower())) or (event.label or "").lower() == begin.lower():
                return event
        if page.next is None:
            break
        query["cursor"] = page.next
    return None


def _say_past(at: Desk, event: wire.Event) -> None:
    if at.json:
        at.told("past", event_fields(event))
        return
    label = f"no longer known ({event.key[:6]})" if event.label is None else visible(event.label)
    at.out.payload(
        f"{KINDS.get(event.kind, event.kind).capitalize()} {label}, {clock(event.time)}: "
        f"{PAST[event.action]}: {visible(event.why)}\n"
    )
    if event.action in STOPPED:
        early = event.expires is not None and event.expires > time.time() * 1000
        until = "" if event.expires is None else f" It was to end at {clock(event.expires)}."
        at.out.payload(f"It is over{', ended before its time' if early else ''}.{until}\n")
    if event.threshold:
        threshold = event.threshold * event.factor // 100
        at.out.payload(f"score {hundredths(event.score_after)}, threshold {hundredths(threshold)}\n")


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
