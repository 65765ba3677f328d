"""`peerseal history`: the versions of a stored file, oldest first, as a chain its owner signed."""

from __future__ import annotations

import argparse

from peerseal.cli.member import result
from peerseal.cli.options import Options, Parser
from peerseal.cli.output import Output
from peerseal.cli.phrases import one_line, size
from peerseal.cli.stored import desk, when
from peerseal.errors import PeersealError
from peerseal.files.names import visible
from peerseal.transfer.cancel import Cancel
from peerseal.transfer.trust import Owner, Reader
from peerseal.transfer.versions import Heads, history
from peerseal.wire.stored import File
from peerseal.wire.strict_json import JsonObject, JsonValue

YES = "nothing is asked here"


def add_arguments(parser: Parser, options: Options) -> None:
    """The command's own arguments."""
    del options
    parser.add_argument("id", metavar="ID", help="the file's id, or its first digits")


def run(arguments: argparse.Namespace, output: Output, cancel: Cancel) -> int:
    """List; returns the exit code. Raises PeersealError."""
    from peerseal.transfer.shelf import find

    with desk(arguments, output, cancel) as at:
        file = find(at.reader, arguments.id)
        owner = at.reader.owner(file)
        rows = [_fields(at.reader, file, owner, heads) for heads in history(at.reader, file, owner)]
    versions: list[JsonValue] = list(rows)
    result(output, arguments, {"id": file.id, "versions": versions})
    if not arguments.json:
        for row in rows:
            output.row(_line(row))
    return 0


def _fields(reader: Reader, file: File, owner: Owner, heads: Heads) -> JsonObject:
    wire = heads.wire
    title, text, problem = "", False, None
    try:
        card = reader.sealed(file, wire, owner).card
        title, text = card.title, card.text
    except PeersealError as error:
        problem = error.message
    return {
        "version": wire.version,
        "title": title,
        "text": text,
        "bytes": wire.content_bytes - 28 * heads.closing.content_records,
        "changed": wire.committed or wire.created,
        "kept": wire.kept,
        "readable": problem is None,
        "problem": problem,
    }


def _line(row: JsonObject) -> str:
    parts = [f"v{row['version']}", size(int(str(row["bytes"]))), when(int(str(row["changed"])))]
    if not row["kept"]:
        parts.append("no longer kept")
    if row["problem"]:
        parts.append(f"not shown: {visible(str(row['problem']))}")
    else:
        parts.append(one_line(str(row["title"])) or ("(a text)" if row["text"] else "(no name)"))
    return "  ".join(parts)
