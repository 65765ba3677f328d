"""`peerseal files`: what is stored for you, each as its owner signed it; what does not hold says so."""

from __future__ import annotations

import argparse

from peerseal.cli.member import result
from peerseal.cli.options import Options, Parser
from peerseal.cli.output import Output
from peerseal.cli.phrases import one_line, size
from peerseal.cli.stored import SHORT_ID, desk, when
from peerseal.files.names import visible
from peerseal.transfer.cancel import Cancel
from peerseal.transfer.shelf import Item, shelf
from peerseal.wire.strict_json import JsonObject, JsonValue

YES = "nothing is asked here"


def add_arguments(parser: Parser, options: Options) -> None:
    """Nothing beyond what every command knows."""


def run(arguments: argparse.Namespace, output: Output, cancel: Cancel) -> int:
    """List; returns the exit code. Raises PeersealError."""
    with desk(arguments, output, cancel) as at:
        items = shelf(at.reader)
    rows: list[JsonValue] = [_fields(item) for item in items]
    result(output, arguments, {"files": rows})
    if arguments.json:
        return 0
    if not items:
        output.line("Nothing is stored yet. `peerseal upload PATH` stores something.")
    for item in items:
        output.row(_line(item))
    return 0


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
