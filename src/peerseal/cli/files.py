"""`peerseal files`: what is stored for you, each as its owner signed it; what does not hold says so.

With an ID that one alone, and what its links still allow.
"""

from __future__ import annotations

import argparse
from collections import Counter
from typing import Final

from peerseal.cli.member import result
from peerseal.cli.options import Options, Parser
from peerseal.cli.output import Output
from peerseal.cli.phrases import one_line, size
from peerseal.cli.stored import SHORT_ID, desk, when
from peerseal.files.names import visible
from peerseal.transfer.cancel import Cancel
from peerseal.transfer.shelf import Item, find, shelf
from peerseal.wire.stored import LinkRow
from peerseal.wire.strict_json import JsonObject, JsonValue

#: So many of people one does not know are shown one by one; of more, so many names.
_STRANGE_MAX: Final = 3
_OWNERS_MAX: Final = 5
YES = "nothing is asked here"


def add_arguments(parser: Parser, options: Options) -> None:
    """The command's own arguments."""
    options.switch("--strangers", dest="strangers", help="also, one by one, those of people you do not know")
    parser.add_argument("id", nargs="?", metavar="ID", help="only this one, with its links")


def run(arguments: argparse.Namespace, output: Output, cancel: Cancel) -> int:
    """List; returns the exit code. Raises PeersealError."""
    with desk(arguments, output, cancel) as at:
        file = None if arguments.id is None else find(at.reader, arguments.id)
        items = [item for item in shelf(at.reader) if file is None or item.id == file.id]
    signed = {link for item in items for link in item.links}
    links = [] if file is None else [row for row in file.links or () if row.id in signed]
    rows: list[JsonValue] = [_fields(item) for item in items]
    of_one: list[JsonValue] = [_link_fields(row) for row in links]
    result(output, arguments, {"files": rows} if file is None else {"files": rows, "links": of_one})
    if arguments.json:
        return 0
    if not items:
        output.line("Nothing is stored yet. `peerseal upload PATH` stores something.")
    strange = [item for item in items if item.problem is not None and item.problem.code == "unknown_owner"]
    apart = len(strange) > _STRANGE_MAX and not arguments.strangers
    for item in items:
        if not apart or item not in strange:
            output.row(_line(item))
    if apart:
        output.line(_strange_line(strange))
    for row in links:
        output.row(_link_line(row))
    return 0


def _strange_line(items: list[Item]) -> str:
    """Who left what nobody can check, and how many each: a line, however many there are."""
    owners = Counter(visible(item.owner) for item in items)
    most = [f"{name} ({count})" for name, count in owners.most_common(_OWNERS_MAX)]
    others = len(owners) - len(most)
    who = ", ".join([*most, *([f"{others} others"] if others else [])])
    return (
        f"{len(items)} more are said to be from people you do not know, and are not shown: {who}. "
        "`peerseal files --strangers` lists them, `peerseal contacts block NAME` takes away what NAME left."
    )


def _link_fields(row: LinkRow) -> JsonObject:
    limits: JsonObject = {"expires": row.expires, "downloads": row.downloads, "used": row.used}
    return {"id": row.id, **limits, "used_up": _used_up(row), "password": row.password}


def _link_line(row: LinkRow) -> str:
    """`    link 5e6f7a8b  2 of 3 downloads used  until 2026-03-01 09:30  with a password`."""
    parts = [f"    link {row.id[:SHORT_ID]}"]
    if _used_up(row):
        parts.append("used up")
    if row.downloads is None:
        parts.append(
            "not downloaded yet"
            if not row.used
            else f"downloaded {row.used} times".replace(" 1 times", " once")
        )
    else:
        parts.append(f"{row.used} of {row.downloads} downloads used")
    if row.expires is not None:
        parts.append(f"until {when(row.expires)}")
    if row.password:
        parts.append("with a password")
    return "  ".join(parts)


def _used_up(row: LinkRow) -> bool:
    return row.downloads is not None and row.used >= row.downloads


def _fields(item: Item) -> JsonObject:
    recipients: list[JsonValue] = list(item.recipients)
    links: list[JsonValue] = list(item.links)
    return {
        "id": item.id,
        "owner": item.owner,
        "mine": item.mine,
        "verified": item.verified,
        "version": item.version,
        "title": item.title,
        "files": item.files,
        "bytes": item.bytes,
        "text": item.text,
        "arriving": item.arriving,
        "changed": item.changed,
        "expires": item.expires,
        "recipients": recipients,
        "links": links,
        "problem": None
        if item.problem is None
        else {"code": item.problem.code, "message": item.problem.message},
    }


def _line(item: Item) -> str:
    """`1a2b3c4d  v2  24.1 MB  2026-03-01 09:30  from alice (verified)  photo.jpg`.

    The title comes last: it is whatever its sender wrote, and must not pass for anything that Peerseal says.
    """
    short = item.id[:SHORT_ID]
    if item.problem is not None:
        return f"{short}  said to be from {visible(item.owner)}, not shown: {visible(item.problem.message)}"
    known = "size not known yet" if item.bytes is None else size(item.bytes)
    parts = [short, f"v{item.version}", known, when(item.changed)]
    if not item.mine:
        parts.append(f"from {visible(item.owner)} " + ("(verified)" if item.verified else "(not verified)"))
    if item.recipients:
        parts.append("for " + ", ".join(visible(name) for name in item.recipients))
    if item.links:
        parts.append("1 link" if len(item.links) == 1 else f"{len(item.links)} links")
    if item.arriving:
        parts.append("arriving")
    if item.expires is not None:
        parts.append(f"until {when(item.expires)}")
    parts.append(one_line(item.title) or ("(a text)" if item.text else "(no name)"))
    return "  ".join(parts)
