"""`peerseal guard allow`: networks and accounts that are never judged; without ENTRY, which these are.

What PEERSEAL_GUARD_ALLOW names is among them, and is taken out there.

    peerseal guard allow 198.51.100.0/24            an office
    peerseal guard allow @ada                       an account
    peerseal guard allow 198.51.100.0/24 --remove   judge it again
"""

from __future__ import annotations

import argparse

from peerseal.cli.guard_operator import Desk, operating, operator_options
from peerseal.cli.guard_words import clock
from peerseal.cli.options import Options, Parser
from peerseal.cli.output import Output
from peerseal.errors import NotFound, Refused, UsageError
from peerseal.files.names import visible
from peerseal.transfer.cancel import Cancel
from peerseal.wire import guard as wire


def add_arguments(parser: Parser, options: Options) -> None:
    """The action's own arguments."""
    parser.add_argument("what", nargs="?", metavar="ENTRY", help="an address, a network (CIDR), or @name")
    options.action("--remove", dest="remove", help="judge it again")
    operator_options(options)


def run(arguments: argparse.Namespace, output: Output, _cancel: Cancel) -> int:
    """Allow, list or remove; returns the exit code. Raises PeersealError."""
    what: str | None = arguments.what
    if what is None and arguments.remove:
        raise UsageError("Say what: `peerseal guard allow NETWORK --remove`, or @NAME.")
    with operating(arguments, output) as at:
        if what is None:
            _list(at)
        elif arguments.remove:
            _disallow(at, what)
        else:
            row = at.api.ask(wire.Allowed, "operator_allow", wire.Allow(what))
            at.told("result", {"allowed": row.what, "id": row.id, "nobody": row.nobody})
            at.out.line(f"{visible(row.what)} is never judged from now on.")
            if row.nobody:
                at.out.line(
                    f"Nobody has an account {visible(row.what[1:])} (yet): look at its spelling.", always=True
                )
    return 0


def _list(at: Desk) -> None:
    rows = at.api.ask(wire.AllowedList, "operator_allowed").allowed
    for row in rows:
        at.told(
            "allowed",
            {"id": row.id, "kind": row.kind, "what": row.what, "setting": row.setting, "nobody": row.nobody},
        )
        if not at.json:
            where = "by PEERSEAL_GUARD_ALLOW" if row.setting else clock(row.since)
            at.out.row(f"{visible(row.what)}  {where}{', nobody has this account' if row.nobody else ''}")
    if not rows and not at.json:
        at.out.payload("Everybody is judged. `peerseal guard allow NETWORK` (or @NAME) makes an exception.\n")


def _disallow(at: Desk, what: str) -> None:
    rows = at.api.ask(wire.AllowedList, "operator_allowed").allowed
    wanted = {what, what.lower(), _network(what)}
    found = [row for row in rows if row.what.lower() in wanted or row.id == what]
    if not found:
        raise NotFound(
            f"{visible(what)} is no exception.", code="not_found", hint="`peerseal guard allow` lists them."
        )
    if found[0].setting:
        raise Refused(
            f"{visible(what)} stands in PEERSEAL_GUARD_ALLOW.",
            code="setting",
            hint="Take it out there and start the server again.",
        )
    at.api.call("operator_disallow", allowed=found[0].id)
    at.told("result", {"removed": found[0].what})
    at.out.line(f"{visible(found[0].what)} is judged like everybody.")


def _network(what: str) -> str:
    """`192.0.2.7` as the list has it; what is no network as it is."""
    from peerseal.wire.exceptions import NoException, network_entry

    try:
        return network_entry(what)
    except NoException:
        return what
