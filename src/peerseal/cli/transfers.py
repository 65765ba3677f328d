"""`peerseal transfers`: what was left unfinished; `resume` goes on with it, `discard` gives it up.

Without an ID, `resume` takes the newest. An ID may be cut to its first digits. What is discarded is removed here, with
what was received of it so far, and at the server if it can be told.
"""

from __future__ import annotations

import argparse
import contextlib
import os

from peerseal.cli.member import questions, result
from peerseal.cli.options import Options, Parser
from peerseal.cli.output import Output
from peerseal.cli.phrases import one_line, size
from peerseal.cli.ways import options_of_ways, wanted_ways
from peerseal.client.home import home_folder
from peerseal.client.settings import parse_server
from peerseal.errors import NotFound, PeersealError, Refused, UsageError
from peerseal.files.names import visible
from peerseal.transfer.about import About
from peerseal.transfer.cancel import Cancel
from peerseal.transfer.journal import Journal
from peerseal.transfer.journals import Listed, all_journals, remove
from peerseal.transfer.left_there import LeftThere, left_until, look
from peerseal.transfer.leftovers import discard, end_park, find
from peerseal.wire.strict_json import JsonObject, JsonValue

YES = "discard unasked"
_SHOWN_ID = 8
_STATES = {
    "waiting": "on the server until {}, not fetched yet",
    "fetched": "fetched from the server",
    "expired": "no longer on the server: it expired {}",
    "unknown": "on the server until {}",
}
_ARROWS = {"send": "to", "upload": "for", "receive": "from", "download": "from"}
_DIRECTIONS = {"several": "send"}


def add_arguments(parser: Parser, options: Options) -> None:
    """The command's own arguments."""
    parser.add_argument(
        "action", nargs="?", choices=["list", "resume", "discard"], default="list", help="default: list"
    )
    parser.add_argument("id", nargs="?", metavar="ID", help="which one: its id, or its first digits")
    parser.add_argument("--all", action="store_true", help="discard all of them")
    options.text(
        "-o",
        "--output",
        dest="output",
        metavar="DIR",
        help="resume into this folder: what has come so far is moved there",
    )
    options_of_ways(options)


def run(arguments: argparse.Namespace, output: Output, cancel: Cancel) -> int:
    """List, resume or discard; returns the exit code. Raises PeersealError."""
    home = home_folder(os.environ)
    if arguments.all and (arguments.action != "discard" or arguments.id is not None):
        raise UsageError("--all goes with `peerseal transfers discard` alone, without an ID.")
    if arguments.output is not None and arguments.action != "resume":
        raise UsageError("-o goes with `peerseal transfers resume` alone.")
    if arguments.action == "list":
        if arguments.id is not None:
            raise UsageError("Write `peerseal transfers list`, without an ID.")
        return _list(home, arguments, output)
    if arguments.action == "resume":
        return _resume(home, arguments, output, cancel)
    return _discard(home, arguments, output, cancel)


def how_far(listed: Listed) -> str:
    """`94 %`, or how much if nobody knows of how much."""
    total = None if listed.about is None else listed.about.total
    if total is None:
        return size(listed.done)
    return f"{100 if total == 0 else listed.done * 100 // total} %"


def direction(about: About) -> str:
    """What the person did: to send to several is to send."""
    return _DIRECTIONS.get(about.kind, about.kind)


def title_of(about: About) -> str:
    """What it is called, as it may be shown."""
    return one_line(about.title) or ("a text" if about.text else "files")


# --- list ---


def _list(home: str, arguments: argparse.Namespace, output: Output) -> int:
    everything = all_journals(home)
    there = look(everything)
    rows: list[JsonValue] = [_fields(listed, there.get(listed.id)) for listed in everything]
    for name, how in there.items():
        if how.state in ("fetched", "expired"):  # said once
            with contextlib.suppress(PeersealError):
                remove(home, name)
    result(output, arguments, {"transfers": rows})
    if arguments.json:
        return 0
    if not everything:
        output.line("Nothing is unfinished.")
    for listed in everything:
        output.row(_line(listed, there.get(listed.id)))
    return 0


def _fields(listed: Listed, there: LeftThere | None) -> JsonObject:
    about = listed.about
    if about is None:
        return {"id": listed.id, "damaged": True, "running": listed.running}
    return {
        "id": listed.id,
        "damaged": False,
        "running": listed.running,
        "direction": direction(about),
        "title": about.title,
        "name": about.peer.name,
        "contact": about.peer.contact,
        "verified": about.peer.verified,
        "server": about.server,
        "files": about.files,
        "done": listed.done,
        "bytes": about.total,
        "started": about.started,
        "on_server": None if there is None else {"until": there.until, "state": there.state},
    }


def _line(listed: Listed, there: LeftThere | None) -> str:
    """`3f2a1b9c  send  94 %  2026-03-01 09:30  to bob (verified)  photo.jpg`.

    The title comes last: it may be whatever a sender wrote, and must not pass for anything that Peerseal says.
    """
    from peerseal.cli.stored import when

    short, about = listed.id[:_SHOWN_ID], listed.about
    if about is None:
        return f"{short}  damaged: nothing can go on from it; discard removes it"
    far = how_far(listed) if there is None else "up"
    parts = [short, f"{direction(about):<8}", f"{far:>5}", when(about.started)]
    if about.peer.name:
        known = " (verified)" if about.peer.verified else ""
        parts.append(f"{_ARROWS[direction(about)]} {visible(about.peer.name)}{known}")
    if there is not None:
        parts.append(_STATES[there.state].format(when(there.until)))
    elif listed.running:
        parts.append("running now")
    parts.append(title_of(about))
    return "  ".join(parts)


# --- resume ---


def _resume(home: str, arguments: argparse.Namespace, output: Output, cancel: Cancel) -> int:
    ways = wanted_ways(arguments)
    # The server may have moved. What the environment says is for what is begun anew.
    server = parse_server(arguments.server) if "--server" in arguments.given else None
    listed = _newest(home) if arguments.id is None else find(home, arguments.id)
    about = listed.about
    if arguments.output is not None:
        from peerseal.transfer.move_part import move_part

        with Journal.open(home, listed.id) as journal:
            move_part(journal, arguments.output)
    if (until := left_until(about)) is not None:
        from peerseal.cli.stored import when

        raise UsageError(
            f"Everything of it is on the server until {when(until)}: nothing is left to do here.",
            code="parked",
            hint=f"`peerseal transfers discard {listed.id[:_SHOWN_ID]}` takes it back.",
        )
    if about is not None and about.kind == "several":
        if ways == "direct":
            raise UsageError("What several get comes from the server, not directly.")
        from peerseal.transfer.fan_out_again import resume_several

        with Journal.open(home, listed.id) as journal:
            resume_several(journal, output.event, cancel, server)
        return 0
    if about is None or about.kind in ("send", "receive"):
        with Journal.open(home, listed.id) as journal:
            from peerseal.transfer.going_on import resume_receive, resume_send

            go_on = resume_send if journal.about.kind == "send" else resume_receive
            go_on(journal, output.event, cancel, None if ways == "any" else ways, server)
        return 0
    if ways == "direct":
        raise UsageError("What is stored on the server does not come directly.")
    if about.download is not None and about.download.link is not None:
        raise UsageError(
            "This came by a link, and the link itself is not kept.",
            code="link",
            hint="`peerseal receive LINK` with the same link goes on, in the same folder.",
        )
    from peerseal.cli.stored import desk

    arguments.server = about.server
    with desk(arguments, output, cancel) as at:
        if about.kind == "download":
            at.resume_download(about)
            return 0
        stored = at.resume_upload(listed.id, about)
    from peerseal.cli.stored import stored_fields, stored_line

    output.line(stored_line(stored))
    if not arguments.json:
        output.payload(stored.id + "\n")
    result(output, arguments, stored_fields(stored))
    return 0


def _newest(home: str) -> Listed:
    """The one begun last that nobody is working on."""
    everything = [
        listed
        for listed in all_journals(home)
        if listed.about is not None and left_until(listed.about) is None
    ]
    for listed in everything:
        if not listed.running:
            return listed
    if everything:
        raise Refused("Everything that is unfinished is already running.", code="busy", retryable=True)
    raise NotFound("Nothing is unfinished.", code="no_transfer")


# --- discard ---


def _discard(home: str, arguments: argparse.Namespace, output: Output, cancel: Cancel) -> int:
    if arguments.all:
        chosen = [listed for listed in all_journals(home) if not listed.running]
    elif arguments.id is not None:
        chosen = [find(home, arguments.id)]
    else:
        raise UsageError("Say which one: an ID, or --all.", hint="`peerseal transfers list` shows them.")
    if chosen:
        questions(arguments, output).sure(_question(chosen), otherwise="-y discards unasked.")

    def tell_server(about: About) -> None:
        if about.kind == "upload":
            from peerseal.cli.stored import desk

            arguments.server = about.server
            with desk(arguments, output, cancel) as at:
                at.abandon(about)
        else:
            end_park(about)

    for listed in chosen:
        discard(home, listed, tell_server)
    ids: list[JsonValue] = [listed.id for listed in chosen]
    result(output, arguments, {"discarded": ids})
    output.line("Discarded." if chosen else "Nothing is unfinished.")
    return 0


def _question(chosen: list[Listed]) -> str:
    if len(chosen) > 1:
        return f"Discard {len(chosen)} unfinished transfers, with what was received of them?"
    about = chosen[0].about
    if about is None:
        return "Discard it? Nothing can go on from it."
    if left_until(about) is not None:
        return f"Take '{title_of(about)}' back from the server? Who has not fetched it yet cannot any more."
    return f"Discard '{title_of(about)}' at {how_far(chosen[0])}?"
