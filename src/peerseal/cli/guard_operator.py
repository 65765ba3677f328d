"""`peerseal guard list|why|undo|allow|mode|page`: what the server's defence stops, why, and how it is undone.

By the operator token of the server's data folder (--data), or as the signed-in account if it is an operator.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from peerseal.cli.guard_words import (
    KINDS,
    MEANS,
    STOPPED,
    clock,
    hundredths,
    left,
    overview_fields,
    seen_fields,
    standing_fields,
    subjects,
)
from peerseal.cli.options import Options
from peerseal.cli.output import Output
from peerseal.client.api import Api
from peerseal.client.settings import ServerUrl, parse_server
from peerseal.errors import LocalFileFailed, NotFound, Refused, UsageError
from peerseal.files.names import visible
from peerseal.transfer.events import SCHEMA_VERSION
from peerseal.wire import guard as wire
from peerseal.wire.accounts import Empty
from peerseal.wire.strict_json import JsonObject

DATA: Final = "peerseal-data"
TOKEN_FILE: Final = "operator.token"  # noqa: S105 - a file's name
MODES: Final = ("off", "observe", "enforce")
_SHORT_ID: Final = 8
_TOKEN_MAX_BYTES: Final = 1024
_SEAL: Final = "31"
_WAITING: Final = "33"


def add_arguments(options: Options) -> None:
    """The options of these actions."""
    options.text(
        "--data",
        dest="data",
        metavar="DIR",
        help=f"the server's data folder, whose {TOKEN_FILE} makes you its operator (default: {DATA}, if the server is "
        "on this machine; else as the signed-in account)",
    )
    options.switch("--remove", dest="remove", help="with allow: judge it again")


def run(arguments: argparse.Namespace, output: Output, action: str, what: str | None) -> int:
    """Run one of `ACTIONS`; returns the exit code. Raises PeersealError."""
    needs = action in ("why", "undo")
    if needs and what is None:
        raise UsageError(
            f"Say which: `peerseal guard {action} ID`.", hint="`peerseal guard list` shows the ids."
        )
    if action in ("list", "page") and what is not None:
        raise UsageError(f"`peerseal guard {action}` takes no {what!r}.")
    if arguments.remove and action != "allow":
        raise UsageError("--remove belongs to `peerseal guard allow`.")
    with _operating(arguments) as api:
        return ACTIONS[action](Desk(api, arguments, output), what)


class Desk:
    """The running server, as its operator, and how to tell what it says."""

    def __init__(self, api: Api, arguments: argparse.Namespace, output: Output) -> None:
        self.api: Final = api
        self.out: Final = output
        self.json: Final[bool] = arguments.json
        self.remove: Final[bool] = arguments.remove
        self.verbose: Final[bool] = arguments.verbose

    def told(self, event: str, fields: JsonObject) -> None:
        """One NDJSON line, with --json."""
        if self.json:
            self.out.object({"v": SCHEMA_VERSION, "event": event, **fields})

    def standings(self) -> tuple[wire.Standing, ...]:
        """Everything that stands under a decision."""
        return self.api.ask(wire.Standings, "operator_standings").standings

    def standing(self, begin: str) -> wire.Standing:
        """The one whose id begins like this, or whose label it is. Raises NotFound."""
        rows = self.standings()
        found = [row for row in rows if begin and row.id.startswith(begin.lower())]
        found = found or [row for row in rows if row.label == begin]
        if len(found) != 1:
            raise NotFound(
                f"{len(found) or 'Nothing'} that is stopped has an id that begins with {visible(begin)}.",
                code="not_found",
                hint="`peerseal guard list` shows what is stopped; what has ended is not there any more.",
            )
        return found[0]


def _list(at: Desk, _what: str | None) -> int:
    overview = at.api.ask(wire.Overview, "operator_overview")
    rows = at.standings()
    if at.json:
        at.told("guard", overview_fields(overview))
        for row in rows:
            at.told("standing", standing_fields(row))
        return 0
    _say_mode(at, overview)
    if not rows:
        at.out.line(f"All quiet: nobody is stopped.{subjects(overview.subjects)}")
        return 0
    import time

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
    return 0


def _why(at: Desk, what: str | None) -> int:
    found = at.standing(what or "")
    said = at.api.ask(wire.StandingWhy, "operator_standing", standing=found.id)
    row = said.standing
    if at.json:
        at.told("standing", standing_fields(row))
        for seen in said.sightings:
            at.told("sighting", seen_fields(seen))
        return 0
    out = at.out
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
        out.row("  " + "  ".join([*parts, visible(seen.address), visible(seen.route)]))
    return 0


def _undo(at: Desk, what: str | None) -> int:
    row = at.standing(what or "")
    at.api.call("operator_undo", Empty(), standing=row.id)
    at.told("result", {"undone": row.id, "kind": row.kind, "label": row.label})
    at.out.line(f"Undone: {KINDS[row.kind]} {visible(row.label)} starts from 0.")
    return 0


def _allow(at: Desk, what: str | None) -> int:
    if what is None and not at.remove:
        return _allowed(at)
    if what is None:
        raise UsageError("Say what: `peerseal guard allow NETWORK --remove`, or @NAME.")
    if at.remove:
        return _disallow(at, what)
    row = at.api.ask(wire.Allowed, "operator_allow", wire.Allow(what))
    at.told("result", {"allowed": row.what, "id": row.id})
    at.out.line(f"{visible(row.what)} is never judged from now on.")
    return 0


def _allowed(at: Desk) -> int:
    rows = at.api.ask(wire.AllowedList, "operator_allowed").allowed
    for row in rows:
        at.told("allowed", {"id": row.id, "kind": row.kind, "what": row.what, "setting": row.setting})
        if not at.json:
            where = "by PEERSEAL_GUARD_ALLOW" if row.setting else clock(row.since)
            at.out.row(f"{visible(row.what)}  {where}")
    if not rows:
        at.out.line("Everybody is judged. `peerseal guard allow NETWORK` (or @NAME) makes an exception.")
    return 0


def _disallow(at: Desk, what: str) -> int:
    rows = at.api.ask(wire.AllowedList, "operator_allowed").allowed
    found = [row for row in rows if what.lower() == row.what.lower() or row.id == what]
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
    return 0


def _mode(at: Desk, what: str | None) -> int:
    if what is not None:
        if what not in MODES:
            raise UsageError(f"{what!r} is no mode.", hint="off, observe or enforce.")
        at.api.call("operator_mode", wire.SetMode(_as_mode(what)))
    overview = at.api.ask(wire.Overview, "operator_overview")
    at.told("guard", overview_fields(overview))
    if not at.json:
        at.out.payload(f"{overview.mode}\n")
        _say_mode(at, overview, always=True)
    return 0


def _page(at: Desk, _what: str | None) -> int:
    link = at.api.ask(wire.PageLink, "operator_page_link", Empty())
    address = f"{at.api.server}/operator#{link.secret}"
    if at.json:
        at.told("result", {"link": address, "expires": link.expires})
        return 0
    at.out.line("Opens the operator's page once, within 10 minutes. Show it to nobody:")
    at.out.payload(address + "\n")
    return 0


ACTIONS: Final[dict[str, Callable[[Desk, str | None], int]]] = {
    "list": _list,
    "why": _why,
    "undo": _undo,
    "allow": _allow,
    "mode": _mode,
    "page": _page,
}


@contextmanager
def _operating(arguments: argparse.Namespace) -> Iterator[Api]:
    """Calls as an operator. Raises Refused (`not_operator`) for who is none."""
    server = parse_server(arguments.server)
    token = _token(server, arguments.data or None)
    api = Api(server)
    api.operator = token
    if token is None:
        api.token = _signed_in(server)
    try:
        try:
            api.call("operator_session")
        except NotFound:
            raise _no_operator(server, known=True) from None
        yield api
    finally:
        api.close()


def _token(server: ServerUrl, folder: str | None) -> str | None:
    """The token of the data folder, never told to another machine's server unless the folder was named."""
    if folder is None and server.host not in ("localhost", "127.0.0.1", "::1"):
        return None
    path = os.path.join(folder or DATA, TOKEN_FILE)  # noqa: PTH118 - pathlib costs start-up time
    try:
        with open(path, encoding="ascii") as file:  # noqa: PTH123
            return file.read(_TOKEN_MAX_BYTES).strip() or None
    except FileNotFoundError:
        if folder is None:
            return None
        hint = "Is it the data folder of a server that runs? The file is made when it starts."
        raise LocalFileFailed(f"There is no {path}.", code="operator_token", hint=hint) from None
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no token"
        hint = "Run this as the user the server runs as."
        raise LocalFileFailed(f"{path} cannot be read: {reason}.", code="operator_token", hint=hint) from None


def _signed_in(server: ServerUrl) -> str:
    from peerseal.client.keyring import own_keyring

    member = own_keyring(os.environ, lambda _text: None).signed_in(server)
    if member is None:
        raise _no_operator(server, known=False)
    return member.token


def _no_operator(server: ServerUrl, *, known: bool) -> Refused:
    return Refused(
        f"You are not an operator of {server}."
        if known
        else f"Nothing here makes you an operator of {server}.",
        code="not_operator",
        hint="On the server's machine, --data names its data folder; elsewhere, sign in as an account that "
        "PEERSEAL_OPERATORS names.",
    )


def _as_mode(text: str) -> wire.Mode:
    return "off" if text == "off" else "observe" if text == "observe" else "enforce"


def _say_mode(at: Desk, overview: wire.Overview, *, always: bool = False) -> None:
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
